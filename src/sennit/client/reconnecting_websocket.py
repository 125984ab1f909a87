"""A WebSocket that is opened again when it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import msgspec

from ..http import WebSocketClosed
from ..protocols.websocket.close_code import (
    ABNORMAL,
    GOING_AWAY,
    INTERNAL_ERROR,
    NORMAL,
    SERVICE_RESTART,
    TRY_AGAIN_LATER,
)
from .backoff import Backoff
from .errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut
from .websocket import WebSocket
from .websocket_call import HandshakeFailed

BAD_GATEWAY = 1014
PASSING = frozenset({GOING_AWAY, ABNORMAL, INTERNAL_ERROR, SERVICE_RESTART, TRY_AGAIN_LATER, BAD_GATEWAY})
"""Codes after which the same address may serve again; any other is meant, or would come again."""

Open = Callable[[], Awaitable[WebSocket]]


class ReconnectingWebSocket:
    """The surface of `client.WebSocket`; what is lost with a connection is lost, and `on_open` says anew what the server must
    know of us.

    Whoever receives or sends waits while it is opened again, after each failure for longer. Iteration ends when the
    server closes on purpose (1000, 1008 …) or this side does; once `backoff.tries` have failed in a row the last error
    is raised. `openings` counts the connections so far.
    """

    wire = None

    def __init__(
        self, open: Open, backoff: Backoff, on_open: Callable[[WebSocket], Awaitable[None]] | None = None
    ) -> None:
        self._open = open
        self._backoff = backoff
        self._on_open = on_open
        self._current: WebSocket | None = None
        self._opening = asyncio.Lock()
        self._is_closed = False
        self.openings = 0

    async def start(self) -> None:
        """The first connection; it is not tried twice. Raises ClientError."""
        await self._use(await self._open())

    # -- receiving -------------------------------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.recv()
        except WebSocketClosed:
            raise StopAsyncIteration from None

    async def recv(self, *, timeout_s: float | None = None) -> str | bytes:
        async with asyncio.timeout(timeout_s):
            while True:
                websocket = await self._ready()
                try:
                    return await websocket.recv()
                except WebSocketClosed:
                    if not self._comes_back(websocket):
                        raise

    async def recv_json(self, type: Any = Any, *, timeout_s: float | None = None) -> Any:
        return msgspec.json.decode(await self.recv(timeout_s=timeout_s), type=type)

    # -- sending ---------------------------------------------------------------------------------------------------

    async def send(self, message: str | bytes) -> None:
        """Waits while it is opened again. Raises WebSocketClosed once it is closed for good, ClientError when given up."""
        await (await self._ready()).send(message)

    async def send_json(self, value: Any) -> None:
        await self.send(msgspec.json.encode(value).decode())

    def offer(self, message: str | bytes) -> bool:
        return self._there.offer(message)

    def prepare(self, message: str | bytes) -> bytes:
        return self._there.prepare(message)

    def offer_prepared(self, data: bytes) -> bool:
        return self._there.offer_prepared(data)

    async def ping(self) -> float:
        return await (await self._ready()).ping()

    # -- the end ---------------------------------------------------------------------------------------------------

    @property
    def subprotocol(self) -> str | None:
        return self._there.subprotocol

    @property
    def is_closed(self) -> bool:
        """For good."""
        return self._is_closed or (self._there.is_closed and not self._comes_back(self._there))

    @property
    def close_code(self) -> int:
        return int(self._there.close_code)

    @property
    def close_reason(self) -> str:
        return str(self._there.close_reason)

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        self._is_closed = True
        await self._there.close(code, reason)

    def evict(self, limit: str) -> None:
        self._is_closed = True
        self._there.evict(limit)

    def abort(self) -> None:
        self._is_closed = True
        self._there.abort()

    # -- inside ----------------------------------------------------------------------------------------------------

    @property
    def _there(self) -> WebSocket:
        assert self._current is not None, "start() makes the first connection"
        return self._current

    def _comes_back(self, websocket: WebSocket) -> bool:
        return not self._is_closed and websocket.close_code in PASSING

    async def _ready(self) -> WebSocket:
        """The open one, or the last one, from which messages can still be taken."""
        current = self._there
        if not current.is_closed or current.waiting or not self._comes_back(current):
            return current
        async with self._opening:
            if self._current is current:
                await self._open_again()
        return self._there

    async def _open_again(self) -> None:
        for attempt in range(1, self._backoff.tries + 1):
            await asyncio.sleep(self._backoff.delay_s(attempt))
            if self._is_closed:
                return
            try:
                await self._use(await self._open())
                return
            except (ClientError, WebSocketClosed) as error:
                if attempt == self._backoff.tries or not _is_passing(error):
                    self._is_closed = True
                    raise

    async def _use(self, websocket: WebSocket) -> None:
        self._current = websocket
        self.openings += 1
        if self._on_open is not None:
            await self._on_open(websocket)


def _is_passing(error: ClientError | WebSocketClosed) -> bool:
    if isinstance(error, WebSocketClosed):
        return error.code in PASSING
    return (
        error.is_passing
        if isinstance(error, HandshakeFailed)
        else isinstance(error, (ConnectFailed, TimedOut, ProtocolFailed))
    )
