"""Two ends of a connection in memory, each of asyncio's transport contract: what carries HTTP without sockets."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from ..net import Address
from ..net.poller import Attached

READ_BYTES = 64 * 1024
"""What one end is given at once, and what waits before the other is told to pause: as sockets have it."""


class MemoryTransport(asyncio.Transport):
    """One end. What is written here the protocol of the other end receives, in a later turn of the loop and while it reads.

    Closed or aborted, the other end receives an end of file; what it writes then resets it.
    """

    def __init__(self, protocol: Attached, here: Address, there: Address) -> None:
        super().__init__({"sockname": tuple(here), "peername": tuple(there)})
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._pending: deque[bytes] = deque()
        self._size = 0
        self._high, self._low = READ_BYTES, READ_BYTES // 4
        self._reads = True
        self._ends = self._has_told_end = self._is_closing = self._is_lost = False
        self._is_scheduled = self._is_told_to_pause = False

    def join(self, other: "MemoryTransport") -> None:
        self._other, other._other = other, self
        other._protocol.connection_made(other)
        self._protocol.connection_made(self)

    # ── the contract ─────────────────────────────────────────────────────────

    def is_closing(self) -> bool:
        return self._is_closing

    def is_reading(self) -> bool:
        return self._reads

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return self._size

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = READ_BYTES if high is None else high
        self._low = self._high // 4 if low is None else low

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        if not self._is_closing:
            self._reads = True
            self._other._schedule()

    def write(self, data: Any) -> None:
        if not data or self._is_lost or self._ends:
            return
        self._pending.append(bytes(data))
        self._size += len(data)
        self._schedule()
        if self._size > self._high and not self._is_told_to_pause:
            self._is_told_to_pause = True
            self._protocol.pause_writing()

    def writelines(self, pieces: Iterable[Any]) -> None:
        self.write(b"".join(pieces))

    def write_eof(self) -> None:
        self._ends = True
        self._schedule()

    def close(self) -> None:
        """What is written already is still delivered."""
        if self._is_closing:
            return
        self._is_closing = True
        self._reads = False
        self.write_eof()
        if not self._pending:
            self._lose(None)

    def abort(self) -> None:
        self._pending.clear()
        self._size = 0
        self.write_eof()
        self._lose(None)

    # ── the way over ─────────────────────────────────────────────────────────

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        """One piece a turn, and behind the last one the end."""
        self._is_scheduled = False
        other = self._other
        if other._is_lost:
            if self._pending:
                self._lose(ConnectionResetError("the other end has gone"))
        elif not other._reads:
            pass  # `resume_reading` comes back
        elif self._pending:
            other._protocol.data_received(self._take())
            self._taken()
        elif self._ends and not self._has_told_end:
            self._has_told_end = True
            if not other._protocol.eof_received():
                other.close()

    def _take(self) -> bytes:
        piece = self._pending.popleft()
        if len(piece) > READ_BYTES:
            self._pending.appendleft(piece[READ_BYTES:])
            piece = piece[:READ_BYTES]
        self._size -= len(piece)
        return piece

    def _taken(self) -> None:
        if self._pending or self._ends:
            self._schedule()
        if self._is_closing and not self._pending:
            self._lose(None)
        if self._is_told_to_pause and self._size <= self._low and not self._is_lost:
            self._is_told_to_pause = False
            self._protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_lost = self._is_closing = True
        self._reads = False
        self._pending.clear()
        self._size = 0
        self._loop.call_soon(self._protocol.connection_lost, error)
