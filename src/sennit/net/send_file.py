"""Files to a socket without copying them through the program (sendfile(2)), past the transports of loops and poller.

What stands in front goes out by itself: held back with MSG_MORE it made each MiB 10 % dearer (measured 2026-11).
The socket is written to beside its transport. That is right only while the transport has nothing queued and nothing stands
between it and the wire: `plain_socket` names the transports of which that is known, everything else (TLS) gets -1.
"""

import asyncio
import os
from collections.abc import Callable

SLICE = 1024 * 1024
"""Octets of one system call, and of one turn of the loop: then others get theirs."""

_PLAIN = frozenset(
    (
        ("asyncio.selector_events", "_SelectorSocketTransport"),
        ("uvloop.loop", "TCPTransport"),
        ("uvloop.loop", "UnixTransport"),
        ("sennit.net._poller", "EpollTransport"),
    )
)
_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)
_WARMED_AT_A_TIME = 256 * 1024

Ended = Callable[[Exception | None], None]


def plain_socket(transport: asyncio.BaseTransport) -> int:
    """The descriptor to send files to, or -1 where they must go through `transport.write`."""
    kind = type(transport)
    if not hasattr(os, "sendfile") or (kind.__module__, kind.__name__) not in _PLAIN:
        return -1
    socket = transport.get_extra_info("socket")
    return -1 if socket is None else int(socket.fileno())


class FileSender:
    """`count` octets of the file `file` from `offset` on their way to the socket `target`.

    `start` returns True when the kernel has taken all at once; else `ended(error)` is called later, once: with None, an
    OSError of the socket, or EOFError for a file that has become shorter. `left` octets are still to be taken.
    Both descriptors stay the caller's and must be open until then, or until `stop`.
    """

    __slots__ = (
        "_ended",
        "_file",
        "_is_over",
        "_is_waiting",
        "_is_warm",
        "_loop",
        "_offset",
        "_own",
        "_target",
        "left",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, target: int, file: int, offset: int, count: int, ended: Ended
    ) -> None:
        self._loop = loop
        self._target = target
        self._file = file
        self._offset = offset
        self._ended = ended
        self._own = -1
        self._is_over = self._is_waiting = self._is_warm = False
        self.left = count

    def start(self) -> bool:
        """Raises what else `ended` is called with."""
        return self._send_slice()

    def stop(self) -> None:
        """Send nothing more, and tell nobody."""
        self._is_over = True
        self._stop_waiting()
        own, self._own = self._own, -1
        if own >= 0:
            os.close(own)

    def go_on(self) -> None:
        """The next slice; `ended` after the last."""
        if self._is_over:
            return
        try:
            is_sent = self._send_slice()
        except (OSError, EOFError) as error:
            self._end(error)
        else:
            if is_sent:
                self._end(None)

    def _send_slice(self) -> bool:
        """True when all is sent. Otherwise what comes next is arranged: a writable socket, a warm file, the next turn."""
        count = min(self.left, SLICE)
        if count and not self._is_in_memory(count):
            self._warm(count)
            return False
        try:
            sent = os.sendfile(self._target, self._file, self._offset, count) if count else 0
        except (BlockingIOError, InterruptedError):
            self._wait_writable()
            return False
        if count and not sent:
            raise EOFError("the file has become shorter while it was sent")
        self._offset += sent
        self.left -= sent
        if not self.left:
            return True
        if sent < count:
            self._wait_writable()
        else:
            self._wait_turn()
        return False

    def _end(self, error: Exception | None) -> None:
        self.stop()
        self._ended(error)

    # ── a socket that is full, a turn that is over ───────────────────────────

    def _own_target(self) -> None:
        """A second descriptor of the socket. The first is closed, and its number used again, whenever the peer resets."""
        if self._own < 0:
            self._own = self._target = os.dup(self._target)

    def _wait_writable(self) -> None:
        """Loops refuse to watch a descriptor that belongs to a transport, but not another one of the same socket."""
        self._own_target()
        if not self._is_waiting:
            self._is_waiting = True
            self._loop.add_writer(self._own, self.go_on)

    def _stop_waiting(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            self._loop.remove_writer(self._own)

    def _wait_turn(self) -> None:
        self._own_target()
        self._stop_waiting()
        self._is_warm = False
        self._loop.call_soon(self.go_on)

    # ── a file that is on disk only ──────────────────────────────────────────

    def _is_in_memory(self, count: int) -> bool:
        """Whether the end of a slice is in the page cache (1 µs); True where that cannot be asked."""
        if self._is_warm or not _NO_WAIT:
            return True
        try:
            os.preadv(self._file, [bytearray(1)], self._offset + count - 1, _NO_WAIT)
        except BlockingIOError:
            return False
        except OSError:
            pass
        self._is_warm = True
        return True

    def _warm(self, count: int) -> None:
        """Have a thread wait for the disk: sendfile would hold up the loop."""
        self._own_target()
        self._stop_waiting()
        duplicate = os.dup(self._file)  # the caller may close its own when it stops
        reading = self._loop.run_in_executor(None, _read_to_nowhere, duplicate, self._offset, count)
        reading.add_done_callback(self._warmed)

    def _warmed(self, reading: "asyncio.Future[None]") -> None:
        self._is_warm = True
        if not reading.cancelled() and reading.exception() is None:
            self.go_on()
        elif not self._is_over:
            self._end(OSError("the file could not be read"))


def _read_to_nowhere(file: int, offset: int, count: int) -> None:
    """Closes `file`."""
    try:
        buffer = bytearray(min(count, _WARMED_AT_A_TIME))
        end = offset + count
        while offset < end and (done := os.preadv(file, [buffer], offset)):
            offset += done
    finally:
        os.close(file)
