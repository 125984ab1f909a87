"""sennit and another library at the two ends of one real connection."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

from interop.websocket import aiohttp_end, picows_end, tornado_end, websockets_end, wsproto_end
from interop.websocket.end import MOST, Deflate, End, Library
from sennit import App, WebSocket
from sennit.client.websocket_opening import open_websocket
from sennit.server import HttpServer

LIBRARIES = {
    "websockets": websockets_end.LIBRARY,
    "aiohttp": aiohttp_end.LIBRARY,
    "tornado": tornado_end.LIBRARY,
    "wsproto": wsproto_end.LIBRARY,
    "picows": picows_end.LIBRARY,
}
SIDES = ("server", "client")
LONGEST_S = 10
"""For a whole meeting: what waits for ever is a failure that says where."""

Ends = tuple[Any, End]
"""sennit's WebSocket, and the library's end."""


class OurServer:
    """A whole application that takes WebSockets at `url`; what becomes of them is the test's."""

    def __init__(self, known: Sequence[str]) -> None:
        app = App(hosts=["127.0.0.1"], limits={"ws_message": "16M"})
        self._opened: asyncio.Queue[WebSocket] = asyncio.Queue()
        self._over = asyncio.Event()

        @app.get("/")
        async def page() -> str:
            return "<!doctype html><title>of the same origin</title>"

        @app.websocket("/ws")
        async def talk(ws: WebSocket) -> None:
            ws.accept(next((name for name in ws.subprotocols if name in known), None))
            self._opened.put_nowait(ws)
            await self._over.wait()

        self._server = HttpServer("tcp:127.0.0.1:0", app.build(app.settings("test", {}, {}), "test").site)

    async def __aenter__(self) -> Self:
        await self._server.start()
        self.page = f"http://127.0.0.1:{self._server.addresses[0][1]}/"
        self.url = f"ws{self.page[4:]}ws"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._over.set()
        await self._server.close()

    async def opened(self) -> WebSocket:
        """The next one that somebody has opened."""
        return await self._opened.get()

    @asynccontextmanager
    async def meet(
        self, library: Library, *, offered: Sequence[str] = (), deflate: Deflate | None = None
    ) -> AsyncIterator[Ends]:
        async with library.connect(self.url, subprotocols=offered, deflate=deflate) as theirs:
            yield await self.opened(), theirs


@asynccontextmanager
async def meet_theirs(
    library: Library,
    *,
    offered: Sequence[str] = (),
    known: Sequence[str] = (),
    deflate: Deflate | None = None,
    wish: bool | Deflate = True,
) -> AsyncIterator[Ends]:
    """deflate: what the library's server insists on; wish: what sennit's client asks for."""
    met: asyncio.Queue[End] = asyncio.Queue()
    async with library.listen(met.put_nowait, subprotocols=known, deflate=deflate) as url:
        ws = await open_websocket(url, subprotocols=offered, deflate=wish, max_message=MOST)
        try:
            yield ws, await met.get()
        finally:
            ws.abort()


@asynccontextmanager
async def meeting(
    library: Library,
    ours: str,
    *,
    offered: Sequence[str] = (),
    known: Sequence[str] = (),
    deflate: Deflate | None = None,
) -> AsyncIterator[Ends]:
    """ours: the side that sennit plays. offered, known: subprotocols of the client and of the server."""
    async with asyncio.timeout(LONGEST_S):
        if ours == "server":
            async with OurServer(known) as server, server.meet(library, offered=offered, deflate=deflate) as ends:
                yield ends
        else:
            async with meet_theirs(library, offered=offered, known=known, deflate=deflate) as ends:
                yield ends
