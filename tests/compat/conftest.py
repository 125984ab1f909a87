"""Apps with something mounted: asked in memory, or over a real socket where it matters who waits for whom."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from sennit import App
from sennit.server import HttpServer
from sennit.testing import Client


@pytest.fixture
async def client() -> AsyncIterator[Callable[..., Any]]:
    """`asked = await client(application, path="/shop")`: a test client of an app with the application mounted."""
    async with AsyncExitStack() as stack:

        async def start(application: Any, path: str = "/shop", **options: Any) -> Client:
            app = App("outer", **options)
            app.mount(path, application)
            return await stack.enter_async_context(Client(app))

        yield start


class Wire:
    """One raw connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    def hang_up(self) -> None:
        self.writer.transport.abort()


@pytest.fixture
async def dial(client: Callable[..., Any]) -> AsyncIterator[Callable[..., Any]]:
    """`wire = await dial(application)`: the same over a socket."""
    async with AsyncExitStack() as stack:

        async def connect(application: Any, **options: Any) -> Wire:
            asked = await client(application, **options)
            server = HttpServer("tcp:0", asked.runtime.site)
            await server.start()
            stack.push_async_callback(server.close)
            wire = Wire(*await asyncio.open_connection(*server.addresses[0]))
            stack.callback(wire.hang_up)
            return wire

        yield connect


@pytest.fixture
def until() -> Callable[..., Any]:
    async def until(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    return until
