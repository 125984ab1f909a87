"""A connection as a coroutine handler sees it: `async for message in conn`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any, Generic

from .address import Address
from .connection import Connection
from .errors import ConnectionClosed, ProtocolError
from .inbox import Inbox
from .protocol import In, Out
from .reason import Clean, CloseReason, Evicted

MOST_MESSAGES = 1024
CLOSE_S = 5.0


class Conn(Inbox, Generic[In, Out]):
    """Messages of one peer. Made by `per_connection`.

    Iteration ends when the peer ends or shutdown begins; `recv` and `send` raise ConnectionClosed once it has gone.
    `state` is the handler's own. Reading pauses above 1024 messages or `limits.read_buffer` bytes not taken.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(MOST_MESSAGES, connection.limits.read_buffer)
        self.connection = connection
        self.state: dict[str, object] = {}
        self._heard_bytes = 0
        self._error: ProtocolError | None = None
        self._reason: CloseReason | None = None
        self._closed: asyncio.Future[CloseReason] | None = None

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
        return self.is_draining

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
        message: In
        if timeout_s is None or self.waiting:
            message = await self.receive()
        else:
            async with asyncio.timeout(timeout_s):
                message = await self.receive()
        return message

    def __aiter__(self) -> "Conn[In, Out]":
        return self

    def __anext__(self) -> Awaitable[In]:
        """Raises ProtocolError where the framing broke; a peer that is gone and a shutdown end the iteration."""
        return self.next()

    async def batches(self, max: int = MOST_MESSAGES) -> AsyncIterator[list[In]]:
        """All messages that are there, at least one and at most `max`, as often as there are some."""
        async for first in self:
            yield [first, *(self.take() for _ in range(min(max - 1, self.waiting)))]

    def send(self, *messages: Out) -> Coroutine[Any, Any, None]:
        """Queue messages, all or none, then wait while the peer is behind. Raises ConnectionClosed."""
        if self.connection.is_closing:
            raise ConnectionClosed(self._reason or Clean())
        for data in [self.connection.encode(message) for message in messages]:
            self.connection.write(data)
        return self.sent()

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
        heard, self._heard_bytes = self._heard_bytes, self.connection.received_bytes
        self.put(messages, self._heard_bytes - heard)

    def input_ended(self, error: ProtocolError | None = None) -> None:
        self._error = self._error or error
        self.end_input()
        if self._closed is not None and self.connection.has_eof:
            self.connection.close()

    def end(self, reason: CloseReason) -> None:
        self._reason = reason
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(reason)
        self.input_ended()
        self.catch_up()

    def why_ended(self) -> Exception:
        return self._error or ConnectionClosed(self._reason or Clean())
