"""A WebSocket as a handler sees it: iterate messages, send, offer, close."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, cast

import msgspec

from ..errors import Problem, SennitError
from ..http.exchange import WebSocketClosed, WebSocketStream
from .request import Request

if TYPE_CHECKING:
    from .context import Context

if TYPE_CHECKING:
    # A default, so that plain `WebSocket` means both kinds to type checkers too (PEP 696; `typing` has it from 3.13 on).
    from typing_extensions import TypeVar

    T = TypeVar("T", bound=str | bytes, default=str | bytes)
else:
    from typing import TypeVar

    T = TypeVar("T", bound=str | bytes)

CLOSED_BY_TYPE = 1003
"""A message of a kind that the handler cannot take (RFC 6455 §7.4.1)."""


class Rejected(Exception):
    """`ws.reject(status)`: the handshake is answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class WebSocket(Generic[T]):
    """Accepts on first use; `accept` and `reject` decide earlier.

    `WebSocket[str]` closes 1003 when a binary message comes, `WebSocket[bytes]` on text, plain `WebSocket` takes both.
    Iteration ends when the peer leaves; `recv` and `send` raise `net.ConnectionClosed` or WebSocketClosed then.
    """

    def __init__(self, ctx: "Context", kind: type | None = None) -> None:
        self._ctx = ctx
        self._kind = kind
        self._stream: WebSocketStream | None = None
        self.close_code: int | None = None

    @property
    def request(self) -> Request:
        return self._ctx.request

    @property
    def is_accepted(self) -> bool:
        return self._stream is not None

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """What the client offers, in its order of preference."""
        offer = self.request.exchange.websocket_offer
        return offer.subprotocols if offer else ()

    @property
    def subprotocol(self) -> str | None:
        return self.stream.subprotocol

    @property
    def stream(self) -> WebSocketStream:
        """The stream under it; accepts the handshake when nobody has."""
        if self._stream is None:
            self.accept()
        return cast(WebSocketStream, self._stream)

    def accept(self, subprotocol: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Raises SennitError websocket.E002 for a subprotocol that the client did not offer."""
        if self._stream is not None:
            return
        if subprotocol is not None and subprotocol not in self.subprotocols:
            raise SennitError(
                code="websocket.E002",
                what=f"the client did not offer the subprotocol {subprotocol!r}",
                where=self._ctx.route.where,
                fix=f"choose from ws.subprotocols, here {self.subprotocols!r}",
            )
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
        limit = self._ctx.limits.ws_message
        self._stream = self.request.exchange.accept_websocket(subprotocol, lines, max_message=limit)

    def reject(self, status: int = 403, detail: str = "") -> None:
        """Answer the handshake with an error instead; ends the handler."""
        raise Rejected(Problem(status, detail=detail))

    async def recv(self) -> T:
        """The next message. Raises WebSocketClosed when the peer has left."""
        try:
            message = await self.stream.receive()
        except WebSocketClosed as closed:
            self.close_code = closed.code
            raise
        if self._kind is not None and not isinstance(message, self._kind):
            wanted = "text" if self._kind is str else "binary"
            await self.stream.close(CLOSED_BY_TYPE, f"only {wanted} messages here")
            raise WebSocketClosed(CLOSED_BY_TYPE)
        return cast(T, message)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[T]:
        while True:
            try:
                message = await self.recv()
            except WebSocketClosed:
                return
            yield message

    async def send(self, *messages: T) -> None:
        """Waits while the peer does not read. Raises WebSocketClosed."""
        for message in messages:
            await self.stream.send(message)

    async def send_json(self, value: Any) -> None:
        await self.stream.send(msgspec.json.encode(value).decode())

    def offer(self, message: T) -> bool:
        """Never waits; False, and nothing queued, when the peer is behind or gone."""
        return self.stream.offer(self.stream.prepare(message))

    wire = "websocket"
    """Peers of equal `wire` take the same prepared bytes (`net.Peer`)."""

    def prepare(self, message: T) -> bytes:
        return self.stream.prepare(message)

    def offer_prepared(self, data: bytes) -> bool:
        return self.stream.offer(data)

    def evict(self, limit: str) -> None:
        """Cut without waiting, because the peer is over a limit."""
        self.abort()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.stream.close(code, reason)

    def abort(self) -> None:
        self.request.exchange.abort()
