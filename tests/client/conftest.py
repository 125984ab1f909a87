"""Sites that answer as a test says, and clients that must leave nothing open."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop

from client.answering import Handler, Site
from sennit.client import Client
from sennit.client.place import Place


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def serve_site() -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    """`site = await serve_site(handler)`: `handler(asked)` gives the octets of an answer, None to hang up; it may be async."""
    sites: list[Site] = []

    async def start(handler: Handler, **options: Any) -> Site:
        sites.append(await Site(handler).start(**options))
        return sites[-1]

    yield start
    for site in sites:
        await site.close()


@pytest.fixture
async def open_client() -> AsyncIterator[Callable[..., Client]]:
    """`client = open_client(site.url, **options)`, closed at the end; no connection is in use then."""
    clients: list[Client] = []

    def make(base_url: str = "", **options: Any) -> Client:
        clients.append(Client(base_url, **options))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()
        pool: Any = client._transport
        assert (pool.open, len(pool.connections)) == (0, 0)


def in_use() -> int:
    """Connections, of all clients that are there, that are being opened or have an answer under way."""
    places = [each for each in gc.get_objects() if type(each) is Place]
    return sum(place.open - len(place.idle) for place in places)
