"""aiohttp as a client and as a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, WSMsgType, web

from interop.websocket.end import MOST, Deflate, End, Library, Meet


class AiohttpEnd(End):
    def __init__(self, websocket: Any) -> None:
        super().__init__()
        self._websocket = websocket
        self.subprotocol = websocket.protocol

    async def pump(self) -> None:
        reason = ""
        while True:
            message = await self._websocket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.has_come(message.data)
            elif message.type is WSMsgType.PING:  # pongs are told only where its own are off
                await self._websocket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self.has_ponged(message.data)
            else:
                reason = message.extra if message.type is WSMsgType.CLOSE else ""
                break
        if message.type is not WSMsgType.CLOSING:  # which `close` sends to whoever receives
            self.has_ended(self._websocket.close_code or 1005, reason)  # it tells 0 of a close without a code

    async def send(self, message: str | bytes) -> None:
        send = self._websocket.send_str if isinstance(message, str) else self._websocket.send_bytes
        await send(message)

    async def send_ping(self, payload: bytes) -> None:
        await self._websocket.ping(payload)

    async def close(self, code: int, reason: str) -> None:
        await self._websocket.close(code=code, message=reason.encode())
        self.has_ended(self._websocket.close_code)

    def abort(self) -> None:
        transport = self._websocket.get_extra_info("socket") and self._websocket._writer.transport
        if transport:
            transport.abort()


@asynccontextmanager
async def connect(url: str, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[End]:
    bits = deflate.server_max_window_bits if deflate is not None else 0
    async with ClientSession() as session:
        websocket = await session.ws_connect(
            url, protocols=subprotocols, compress=bits, autoping=False, max_msg_size=MOST
        )
        end = AiohttpEnd(websocket)
        pump = asyncio.create_task(end.pump())
        try:
            yield end
        finally:
            end.abort()
            await pump


@asynccontextmanager
async def listen(met: Meet, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[str]:
    async def handler(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(
            protocols=subprotocols, compress=deflate is not None, autoping=False, max_msg_size=MOST
        )
        await websocket.prepare(request)
        websocket.protocol = websocket.ws_protocol  # type: ignore[attr-defined]  # as its client calls it
        end = AiohttpEnd(websocket)
        met(end)
        await end.pump()
        return websocket

    application = web.Application()
    application.router.add_get("/", handler)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


LIBRARY = Library(connect, listen, fragments=False, tells_answer=False)
