"""A connection as a coroutine handler sees it: `async for message in conn`."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from typing import Generic

from ..errors import SennitError
from .address import Address
from .connection import Connection
from .errors import ConnectionClosed, ProtocolError
from .protocol import In, Out
from .reason import Clean, CloseReason, Evicted

MOST_MESSAGES = 1024
FAIR_SHARE = 256
"""Messages after which a busy coroutine lets others run: asyncio never would."""
CLOSE_S = 5.0


class Conn(Generic[In, Out]):
    """Messages of one peer. Made by `per_connection`.

    Iteration ends when the peer ends or shutdown begins; `recv` and `send` raise ConnectionClosed once it has gone.
    `state` is the handler's own. Reading pauses above 1024 messages or `limits.read_buffer` bytes not taken.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.state: dict[str, object] = {}
        self._inbox: deque[In] = deque()
        self._taken_bytes = 0
        self._paused = False
        self._ended = False
        self._draining = False
        self._in_hand = 0
        self._error: ProtocolError | None = None
        self._reason: CloseReason | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._closed: asyncio.Future[CloseReason] | None = None
        self._turns = 0

    @property
    def id(self) -> int:
        return self.connection.id

    @property
    def peer(self) -> Address:
        return self.connection.peer

    @property
    def local(self) -> Address:
        return self.connection.local

    @property
    def draining(self) -> bool:
        """Shutdown has begun: iteration ends at the next message boundary."""
        return self._draining

    @property
    def is_closed(self) -> bool:
        return self._reason is not None

    @property
    def closed(self) -> Awaitable[CloseReason]:
        """Await it to learn why the connection ended; cancelling the wait harms nobody.

        A peer that has ended its side counts as gone for whoever waits here: the connection is closed then.
        """
        if self._closed is None:
            self._closed = asyncio.get_running_loop().create_future()
            if self._reason is not None:
                self._closed.set_result(self._reason)
            elif self.connection.has_eof:
                self.connection.close()
        return asyncio.shield(self._closed)

    async def recv(self, *, timeout_s: float | None = None) -> In:
        """The next message. Raises ConnectionClosed, ProtocolError, TimeoutError; a cancelled wait loses nothing."""
        if not self._inbox:
            async with asyncio.timeout(timeout_s):
                while not (self._inbox or self._ended):
                    await self._wait_input()
        await self._be_fair()
        return self._take()

    def __aiter__(self) -> "Conn[In, Out]":
        return self

    async def __anext__(self) -> In:
        """Raises ProtocolError where the framing broke; a peer that is gone and a shutdown end the iteration."""
        while not (self._inbox or self._ended or self._draining):
            await self._wait_input()
        if self._draining and self._in_hand <= 0:
            raise StopAsyncIteration
        await self._be_fair()
        self._in_hand -= 1
        try:
            return self._take()
        except ConnectionClosed:
            raise StopAsyncIteration from None

    async def batches(self, max: int = MOST_MESSAGES) -> AsyncIterator[list[In]]:
        """All messages that are there, at least one and at most `max`, as often as there are some."""
        async for first in self:
            yield [first, *(self._take() for _ in range(min(max - 1, len(self._inbox))))]

    async def send(self, *messages: Out) -> None:
        """Queue messages, all or none, then wait while the peer is behind. Raises ConnectionClosed."""
        if self.connection.is_closing:
            raise ConnectionClosed(self._reason or Clean())
        for data in [self.connection.encode(message) for message in messages]:
            self.connection.write(data)
        await self._be_fair()
        while self.connection.is_blocked and self._reason is None:
            await self._wait_writable()

    def offer(self, message: Out) -> bool:
        """Queue a message without waiting; False, and nothing queued, when the peer is behind or gone."""
        return self.offer_prepared(self.prepare(message))

    @property
    def wire(self) -> object:
        """Peers of equal `wire` take the same prepared bytes; None when that is not known."""
        return self.connection.wire

    def prepare(self, message: Out) -> bytes:
        return self.connection.encode(message)

    def offer_prepared(self, data: bytes) -> bool:
        if self.connection.is_closing or self.connection.is_blocked:
            return False
        self.connection.write(data)
        return True

    async def close(self) -> None:
        """Send what is queued, close, and wait until it is; after 5 s cut."""
        self.connection.linger(CLOSE_S)
        if self._reason is None:
            await self.closed

    def abort(self) -> None:
        self.connection.abort()

    def evict(self, limit: str) -> None:
        """Cut without waiting, because the peer is over a limit."""
        self.connection.abort(Evicted(limit))

    # ── what the connection tells, through `per_connection` ──────────────────

    def take_in(self, messages: list[In]) -> None:
        self._inbox.extend(messages)
        held = self.connection.received_bytes - self._taken_bytes
        if len(self._inbox) > MOST_MESSAGES or held > self.connection.limits.read_buffer:
            self._paused = True
            self.connection.pause_reading()
        _wake(self._reader)

    def end_input(self, error: ProtocolError | None = None) -> None:
        self._ended = True
        self._error = self._error or error
        _wake(self._reader)
        if self._closed is not None and self.connection.has_eof:
            self.connection.close()

    def begin_draining(self) -> None:
        """What has come is in hand and still iterated over; what comes after it is not."""
        self._draining = True
        self._in_hand = len(self._inbox)
        _wake(self._reader)

    def catch_up(self) -> None:
        for writer in self._writers:
            _wake(writer)
        self._writers.clear()

    def end(self, reason: CloseReason) -> None:
        self._reason = reason
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(reason)
        self.end_input()
        self.catch_up()

    # ── inside ───────────────────────────────────────────────────────────────

    def _take(self) -> In:
        if not self._inbox:
            raise self._error or ConnectionClosed(self._reason or Clean())
        message = self._inbox.popleft()
        if not self._inbox:
            self._taken_bytes = self.connection.received_bytes
        if self._paused and len(self._inbox) <= MOST_MESSAGES // 4:
            self._paused = False
            self.connection.resume_reading()
        return message

    async def _wait_input(self) -> None:
        if self._reader is not None:
            raise SennitError(
                code="net.E005",
                what="two coroutines receive from one connection",
                where=f"the connection from {self.peer}",
                fix="receive in one coroutine and hand the messages on; sending from many is fine",
            )
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    async def _wait_writable(self) -> None:
        writer = asyncio.get_running_loop().create_future()
        self._writers.append(writer)
        await writer

    async def _be_fair(self) -> None:
        self._turns += 1
        if self._turns >= FAIR_SHARE:
            self._turns = 0
            await asyncio.sleep(0)


def _wake(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
