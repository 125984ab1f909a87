"""Servers that break every rule, on real sockets and both loops; nothing of a request may be left once it has failed."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import uvloop

from client.hostile.ways import END, Ending, Say
from client.wire.scripted import Peer, ScriptedServer, call, read_all
from sennit.client.limits import Limits
from sennit.client.pool import Pool


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def hostile() -> AsyncIterator[Callable[..., Awaitable[ScriptedServer]]]:
    """`server = await hostile(say, ending)`: says that to every request, then does that with the connection."""
    servers: list[ScriptedServer] = []

    async def start(
        say: Say = b"", ending: Ending = END.held, after_request: bool = True, **options: Any
    ) -> ScriptedServer:
        async def script(peer: Peer) -> None:
            if after_request:
                await peer.head()
            for piece in [say] if isinstance(say, bytes) else say():
                await peer.say(piece)
            await ending(peer)

        server = ScriptedServer(script)
        await server.start(**options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def fetch() -> Callable[..., Awaitable[bytes]]:
    """`body = await fetch(url, **of_call)`: by a client of its own, which leaves no task, connection or descriptor behind."""

    async def fetch(url: str, *, limits: Limits | None = None, pool_options: Any = None, **options: Any) -> bytes:
        pool = Pool(limits=limits, **(pool_options or {}))
        try:
            return await read_all(await pool.send(call(url, **({"times": {"total_s": 5}} | options))))
        finally:
            await pool.close()
            assert (pool.open, len(pool.connections)) == (0, 0)

    return fetch


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """Descriptors and tasks are as many as before; the loop is warm by then."""
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    await _turns()
    before = _open_descriptors()
    yield
    async with asyncio.timeout(5):
        while _open_descriptors() > before:
            gc.collect()
            await asyncio.sleep(0.002)
    assert len(asyncio.all_tasks()) <= 1


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def _open_descriptors() -> int:
    """Sockets alone: uvloop keeps one of /dev/null in reserve from its first server on."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            links.append(os.readlink(f"/proc/self/fd/{name}"))
    return sum(link.startswith("socket:") for link in links)
