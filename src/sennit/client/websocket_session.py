"""`async with` around a WebSocket: opened once, or again whenever it is lost, and closed at the end in good order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ..protocols.websocket.close_code import GOING_AWAY, NORMAL
from .backoff import Backoff
from .reconnecting_websocket import ReconnectingWebSocket
from .websocket import WebSocket


@asynccontextmanager
async def websocket_session(
    open: Callable[[], Awaitable[WebSocket]],
    *,
    reconnect: Backoff | None = None,
    on_open: Callable[[WebSocket], Awaitable[None]] | None = None,
) -> AsyncIterator[WebSocket | ReconnectingWebSocket]:
    """`open` makes a connection, and each later one where `reconnect` says how to wait for it.

    on_open: called with each connection before it is used, to log in or subscribe. Closes with 1000, with 1001 where the
    block is left by an exception. Raises ClientError when it cannot be opened.
    """
    websocket: WebSocket | ReconnectingWebSocket
    if reconnect is None:
        websocket = await open()
        if on_open is not None:
            await on_open(websocket)
    else:
        websocket = ReconnectingWebSocket(open, reconnect, on_open)
        await websocket.start()
    try:
        yield websocket
    except BaseException:
        await websocket.close(GOING_AWAY)
        raise
    await websocket.close(NORMAL)
