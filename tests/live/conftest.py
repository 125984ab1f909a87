import os
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

import system_parts
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_browser():
    """One Chromium for a whole file: starting one takes longer than most tests."""
    from playwright.async_api import async_playwright

    arguments = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        path = system_parts.PARTS["chromium"].find()
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()
