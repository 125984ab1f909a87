"""A WebSocket as a handler sees it: iterate messages, send, offer, close."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, cast

import msgspec

from ..errors import Problem, SennitError
from ..http.exchange import Exchange, WebSocketClosed, WebSocketStream
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

INVALID_DATA = 1007
"""A message that cannot be what it should be (RFC 6455 §7.4.1)."""


class Rejected(Exception):
    """`ws.reject(status)`: the handshake is answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class WebSocket(Generic[T]):
    """Accepts on first use; `accept` and `reject` decide earlier. A `net.Peer`: one coroutine receives, any number may send.

    `WebSocket[str]` closes 1003 when a binary message comes, `WebSocket[bytes]` on text, plain `WebSocket` takes both.
    Iteration ends when the peer leaves; `recv` and `send` raise WebSocketClosed then, which from sennit's own server is
    a `net.ConnectionClosed`, too.
    """

    __slots__ = ("__weakref__", "_ctx", "_kind", "_stream")

    wire = "websocket"
    """Peers of equal `wire` take the same prepared bytes (`net.Peer`)."""

    def __init__(self, ctx: "Context", kind: type | None = None) -> None:
        self._ctx = ctx
        self._kind = kind
        self._stream: WebSocketStream | None = None

    # -- the handshake -------------------------------------------------------------------------------------------

    @property
    def request(self) -> Request:
        return self._ctx.request

    @property
    def _exchange(self) -> Exchange:
        return self._ctx.exchange or self._ctx.request.exchange

    @property
    def is_accepted(self) -> bool:
        return self._stream is not None

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """What the client offers, in its order of preference."""
        offer = self._exchange.websocket_offer
        return offer.subprotocols if offer else ()

    @property
    def subprotocol(self) -> str | None:
        """What was agreed on."""
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
        self._stream = self._exchange.accept_websocket(
            subprotocol,
            lines,
            max_message=self._ctx.limits.ws_message,
            kind=self._kind,
            deflate=self._ctx.route.options.deflate,
        )

    def reject(self, status: int = 403, detail: str = "") -> NoReturn:
        """Answer the handshake with an error instead; ends the handler."""
        raise Rejected(Problem(status, detail=detail))

    # -- receiving -----------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[T]:
        return cast(AsyncIterator[T], aiter(self.stream))

    async def recv(self, *, timeout_s: float | None = None) -> T:
        """The next message. Raises WebSocketClosed when the peer has left, TimeoutError; a cancelled wait loses nothing."""
        if timeout_s is None:
            return cast(T, await self.stream.receive())
        async with asyncio.timeout(timeout_s):
            return cast(T, await self.stream.receive())

    async def recv_json(self, type: Any = Any, *, timeout_s: float | None = None) -> Any:
        """The next message decoded, and checked against `type`. One that does not fit closes 1007 and raises as a leaver does."""
        message = await self.recv(timeout_s=timeout_s)
        try:
            return msgspec.json.decode(message, type=type)
        except msgspec.DecodeError as error:
            await self.close(INVALID_DATA, str(error))
            raise WebSocketClosed(INVALID_DATA, str(error)) from error

    # -- sending -------------------------------------------------------------------------------------------------

    def send(self, message: T, *more: T) -> Coroutine[Any, Any, None]:
        """Waits while the peer does not read. Raises WebSocketClosed."""
        stream = self._stream or self.stream
        return _send_all(stream, (message, *more)) if more else stream.send(message)

    def send_json(self, value: Any) -> Coroutine[Any, Any, None]:
        return self.stream.send(msgspec.json.encode(value).decode())

    def offer(self, message: T) -> bool:
        """Never waits; False, and nothing queued, when the peer is behind or gone."""
        return self.offer_prepared(self.prepare(message))

    def prepare(self, message: T) -> bytes:
        return self.stream.prepare(message)

    def offer_prepared(self, data: bytes) -> bool:
        return (self._stream or self.stream).offer(data)

    async def ping(self) -> float:
        """Seconds until the peer's answer; connections are kept alive without it. Raises WebSocketClosed."""
        return await self.stream.ping()

    # -- the end -------------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Nothing can be sent any more."""
        return self._stream is not None and self._stream.is_closed

    @property
    def close_code(self) -> int | None:
        """As whoever closed first said it; 1005 without a code, 1006 without a closing handshake, None while it is open."""
        return (self._stream.close_code or None) if self._stream is not None else None

    @property
    def close_reason(self) -> str:
        return self._stream.close_reason if self._stream is not None else ""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """The closing handshake, at most 5 s."""
        await self.stream.close(code, reason)

    def evict(self, limit: str) -> None:
        """Close with 1008 without waiting, because the peer is over a limit."""
        self.stream.evict(limit)

    def abort(self) -> None:
        self._exchange.abort()


async def _send_all(stream: WebSocketStream, messages: tuple[str | bytes, ...]) -> None:
    for message in messages:
        await stream.send(message)
