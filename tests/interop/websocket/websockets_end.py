"""The `websockets` package as a client and as a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import connect as connect_websocket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

from interop.websocket.end import MOST, Deflate, End, Library, Meet


class WebsocketsEnd(End):
    def __init__(self, websocket: Any) -> None:
        super().__init__()
        self._websocket = websocket
        self.subprotocol = websocket.subprotocol

    async def pump(self) -> None:
        try:
            async for message in self._websocket:
                self.has_come(message)
        except ConnectionClosed:
            pass
        self.has_ended(self._websocket.close_code, self._websocket.close_reason)

    async def send(self, message: str | bytes) -> None:
        await self._websocket.send(message)

    async def send_fragments(self, pieces: Sequence[str] | Sequence[bytes]) -> None:
        await self._websocket.send(pieces)

    async def ping(self, payload: bytes) -> bytes:
        await (await self._websocket.ping(payload))  # it has compared the payloads
        return payload

    async def close(self, code: int, reason: str) -> None:
        await self._websocket.close(code, reason)

    def abort(self) -> None:
        self._websocket.transport.abort()


def options_of(factory: Any, deflate: Deflate | None, subprotocols: Sequence[str]) -> dict[str, Any]:
    extensions = []
    if deflate is not None:
        extensions.append(
            factory(
                server_no_context_takeover=deflate.server_no_context_takeover,
                client_no_context_takeover=deflate.client_no_context_takeover,
                server_max_window_bits=deflate.server_max_window_bits,
                client_max_window_bits=deflate.client_max_window_bits,
            )
        )
    own = {"extensions": extensions or None, "compression": None, "max_size": MOST, "ping_interval": None}
    return {**own, "subprotocols": subprotocols or None}


@asynccontextmanager
async def connect(url: str, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[End]:
    options = options_of(ClientPerMessageDeflateFactory, deflate, subprotocols)
    end = WebsocketsEnd(await connect_websocket(url, proxy=None, **options))
    pump = asyncio.create_task(end.pump())
    try:
        yield end
    finally:
        end.abort()
        await pump


@asynccontextmanager
async def listen(met: Meet, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[str]:
    async def handler(websocket: Any) -> None:
        end = WebsocketsEnd(websocket)
        met(end)
        await end.pump()

    options = options_of(ServerPerMessageDeflateFactory, deflate, subprotocols)
    server = await serve(handler, "127.0.0.1", 0, **options)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        for connection in server.connections:
            connection.transport.abort()
        server.close()
        await server.wait_closed()


LIBRARY = Library(connect, listen, parameters=True)
