"""A WebSocket for programs without an event loop: `client.WebSocket`, minus `await`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

from ..http import WebSocketClosed
from ..protocols.websocket.close_code import NORMAL
from .caller import Caller
from .reconnecting_websocket import ReconnectingWebSocket
from .websocket import WebSocket

NewCaller = Callable[[], Caller]


class SyncWebSocket:
    """Made by `client.websocket(url)`: `for message in ws`, `send`, `offer`, `recv`, `ping`, `close`.

    One thread receives, any number may send. `send` waits while the server does not read. Iteration ends when the server
    leaves; `recv` and `send` raise WebSocketClosed then.
    """

    def __init__(self, websocket: WebSocket | ReconnectingWebSocket, caller: NewCaller) -> None:
        self._websocket = websocket
        self._caller = caller

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str | bytes:
        try:
            return self.recv()
        except WebSocketClosed:
            raise StopIteration from None

    def recv(self, *, timeout_s: float | None = None) -> str | bytes:
        """The next message. Raises WebSocketClosed once the server has left, TimeoutError; a wait that ends loses nothing."""
        return self._caller().run(self._websocket.recv(timeout_s=timeout_s))

    def recv_json(self, type: Any = Any, *, timeout_s: float | None = None) -> Any:
        """The next message decoded, and checked against `type`. Raises msgspec.DecodeError for one that does not fit."""
        return self._caller().run(self._websocket.recv_json(type, timeout_s=timeout_s))

    def send(self, message: str | bytes) -> None:
        """Raises WebSocketClosed once it is closed."""
        self._caller().run(self._send(message))

    def send_json(self, value: Any) -> None:
        self._caller().run(self._send_json(value))

    def offer(self, message: str | bytes) -> bool:
        """Never waits for the server; False, and nothing queued, when it is behind or gone."""
        return self._caller().run(self._offer(message))

    def ping(self) -> float:
        """Seconds until the server's pong. Raises WebSocketClosed."""
        return self._caller().run(self._websocket.ping())

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """The closing handshake, at most 5 s."""
        self._caller().run(self._websocket.close(code, reason))

    @property
    def subprotocol(self) -> str | None:
        return self._websocket.subprotocol

    @property
    def is_closed(self) -> bool:
        return bool(self._websocket.is_closed)

    @property
    def close_code(self) -> int:
        """0 while it is open, 1005 none given, 1006 without a close frame."""
        return int(self._websocket.close_code)

    @property
    def close_reason(self) -> str:
        return str(self._websocket.close_reason)

    # A message is written where `send` is called: that has to be in the loop.

    async def _send(self, message: str | bytes) -> None:
        await self._websocket.send(message)

    async def _send_json(self, value: Any) -> None:
        await self._websocket.send_json(value)

    async def _offer(self, message: str | bytes) -> bool:
        return self._websocket.offer(message)


class SyncWebSocketSession:
    """`with` around a WebSocket: closed at the end in good order."""

    def __init__(
        self, session: AbstractAsyncContextManager[WebSocket | ReconnectingWebSocket], caller: NewCaller
    ) -> None:
        self._session = session
        self._caller = caller

    def __enter__(self) -> SyncWebSocket:
        return SyncWebSocket(self._caller().run(self._opened(), drop=_abort), self._caller)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller().run(self._closed(kind, error, trace))

    async def _opened(self) -> WebSocket | ReconnectingWebSocket:
        return await self._session.__aenter__()

    async def _closed(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.__aexit__(kind, error, trace)


def _abort(websocket: WebSocket | ReconnectingWebSocket) -> None:
    websocket.abort()
