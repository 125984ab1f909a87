from contextlib import asynccontextmanager

import pytest

from sennit.testing.client import Client
from sennit.testing.live import Live


@pytest.fixture
def opened():
    """`async with opened(app, database=None) as live`: the app running in memory, with its live pages."""

    @asynccontextmanager
    async def open_app(app, database=None):
        async with Client(app, database=database) as client:
            live = Live(client)
            yield live
            await live.close()

    return open_app
