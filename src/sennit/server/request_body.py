"""The body of a request on its way from the wire to the handler."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from ..errors import BadRequest, TooLarge
from ..protocols.http1 import BodyReader, LocalProtocolError, RemoteProtocolError

HELD = 64 * 1024
"""Octets received and not taken by the handler: above, reading pauses."""
DRAINED = 256 * 1024
"""Octets of an unread body that are read to nowhere, so that the connection can go on."""


class Flow(Protocol):
    """The connection, as a body sees it."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def send_continue(self) -> None: ...


class RequestBody:
    """`length` as announced, -1 when chunked."""

    __slots__ = (
        "_discarding",
        "_error",
        "_flow",
        "_held",
        "_pieces",
        "_reader",
        "_taken",
        "_waiter",
        "length",
        "received",
        "wants_continue",
    )

    def __init__(self, flow: Flow, reader: BodyReader, length: int, wants_continue: bool) -> None:
        self._flow = flow
        self._reader = reader
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._taken = self._discarding = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.length = length
        self.received = 0
        self.wants_continue = wants_continue

    # ── the wire's side ──────────────────────────────────────────────────────

    @property
    def is_complete(self) -> bool:
        return self._reader.is_complete

    @property
    def is_flowing(self) -> bool:
        """Nothing but the client holds it up."""
        return self._held <= HELD and not self.wants_continue

    @property
    def can_be_drained(self) -> bool:
        """The rest is short enough to be read to nowhere; a client that waits for 100 may never send it."""
        return self.is_complete or not (
            self._error or self.wants_continue or self._reader.least_left > DRAINED or self.received > DRAINED
        )

    def receive(self, data: bytes, start: int) -> int:
        """Take octets of the body; returns the offset behind them. Raises RemoteProtocolError, and so will `read`."""
        self.wants_continue = False  # the client did not wait
        try:
            piece, end = self._reader.receive_data(data, start)
        except RemoteProtocolError as error:
            self.fail(BadRequest(detail=error.what))
            raise
        self.received += len(piece)
        if self._discarding:
            return end
        if piece:
            self._pieces.append(piece)
            self._held += len(piece)
            if self._held > HELD and not self.is_complete:
                self._flow.pause()
        self._wake()
        return end

    def fail(self, error: Exception) -> None:
        """Whoever reads is told, once what came before has been taken."""
        if not self.is_complete:
            self._error = self._error or error
            self._wake()

    def discard(self) -> None:
        """Nobody will read it."""
        self._discarding = self._taken = True
        self._pieces.clear()
        self._held = 0
        self._flow.resume()

    # ── the handler's side ───────────────────────────────────────────────────

    def read_at_once(self, limit: int) -> bytes | None:
        """A body that is here already, in one piece and within the limit; None for every other."""
        if self._taken or not self._reader.is_complete or len(self._pieces) != 1 or self._held > limit:
            return None
        self._take(limit)
        self._held = 0
        return self._pieces.popleft()

    async def read(self, limit: int) -> bytes:
        whole = self.read_at_once(limit)
        if whole is not None:
            return whole
        pieces = [piece async for piece in self.stream(limit)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def stream(self, limit: int) -> AsyncIterator[bytes]:
        self._take(limit)
        left = limit
        while piece := await self._next():
            left -= len(piece)
            if left < 0:
                raise _too_large(limit)
            yield piece

    def _take(self, limit: int) -> None:
        if self._taken:
            raise LocalProtocolError(
                code="http.E014",
                what="the body of the request has been read already",
                fix="read it once and keep what it gave",
            )
        self._taken = True
        if self.length > limit:
            raise _too_large(limit)
        if self.wants_continue:
            self.wants_continue = False
            self._flow.send_continue()

    async def _next(self) -> bytes:
        """The next piece, empty at the end."""
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self.is_complete:
                return b""
            await self._wait()
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._held <= HELD // 4:
            self._flow.resume()
        return piece

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(detail=f"the body of the request has more than {limit} bytes")
