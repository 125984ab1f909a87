"""Tornado as a client and as a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, WebSocketHandler, websocket_connect

from interop.websocket.end import MOST, Deflate, End, Library, Meet


class TornadoEnd(End):
    """`websocket`: a WebSocketHandler or a WebSocketClientConnection; their methods are named alike."""

    def __init__(self, websocket: Any) -> None:
        super().__init__()
        self._websocket = websocket
        self.subprotocol = websocket.selected_subprotocol
        websocket.on_pong = self.has_ponged

    def told(self, message: str | bytes | None) -> None:
        if message is None:
            self.ends()
        else:
            self.has_come(message)

    def ends(self) -> None:
        self.has_ended(self._websocket.close_code or 1005, self._websocket.close_reason)

    async def send(self, message: str | bytes) -> None:
        await self._websocket.write_message(message, binary=isinstance(message, bytes))

    async def send_ping(self, payload: bytes) -> None:
        self._websocket.ping(payload)

    async def close(self, code: int, reason: str) -> None:
        self._websocket.close(code, reason)
        await self.closed()

    def abort(self) -> None:
        protocol = getattr(self._websocket, "protocol", None) or getattr(self._websocket, "ws_connection", None)
        if protocol is not None:
            protocol._abort()


@asynccontextmanager
async def connect(url: str, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[End]:
    told: list[str | bytes | None] = []
    websocket: WebSocketClientConnection = await websocket_connect(
        url,
        subprotocols=list(subprotocols) or None,
        compression_options=None if deflate is None else {},
        on_message_callback=told.append,
        max_message_size=MOST,
    )
    end = TornadoEnd(websocket)
    for message in told:
        end.told(message)
    websocket._on_message_callback = end.told
    try:
        yield end
    finally:
        end.abort()


@asynccontextmanager
async def listen(met: Meet, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[str]:
    class Handler(WebSocketHandler):
        end: TornadoEnd

        def get_compression_options(self) -> dict[str, Any] | None:
            return None if deflate is None else {}

        def select_subprotocol(self, subprotocols_: list[str]) -> str | None:
            return next((name for name in subprotocols_ if name in subprotocols), None)

        def open(self, *args: str, **kwargs: str) -> None:
            self.end = TornadoEnd(self)
            met(self.end)

        def on_message(self, message: str | bytes) -> None:
            self.end.told(message)

        def on_close(self) -> None:
            self.end.ends()

    server = HTTPServer(Application([("/", Handler)], websocket_max_message_size=MOST))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield f"ws://127.0.0.1:{sockets[0].getsockname()[1]}/"
    finally:
        server.stop()
        await server.close_all_connections()
        await asyncio.sleep(0)


LIBRARY = Library(connect, listen, fragments=False)
