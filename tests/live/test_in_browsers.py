"""Real browsers on a real server: two pages, no scripts, a cut line, a restart."""

import os
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from live.todo_program import Todo, build

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="module")]

SOON_MS = 10_000


class Server:
    """The to-do program on a port of its own, which it keeps when it is started again."""

    def __init__(self, folder):
        self.folder = folder
        self.port = 0
        self.runtime = None

    async def start(self):
        self.app = build(self.folder)
        settings = self.app.settings("test", os.environ, {"port": self.port})
        self.runtime = self.app.build(settings, "test")
        await self.runtime.start()
        self.port = self.runtime.http[0].addresses[0].port

    async def stop(self):
        await self.runtime.stop(drain_s=1)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def database(self):
        return self.app.database()


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path):
    server = Server(tmp_path)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def opened_page(browser, url, *, has_scripts=True):
    context = await browser.new_context(java_script_enabled=has_scripts)
    page = await context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.set_default_timeout(SOON_MS)
    await page.goto(url)
    yield page
    await context.close()
    assert page.errors == []


async def test_two_pages_stay_in_step(shared_browser, server):
    async with opened_page(shared_browser, server.url) as ann, opened_page(shared_browser, server.url) as bob:
        await ann.fill("[name=text]", "milk <b>")
        await ann.click("text=Add")
        await bob.wait_for_selector("li >> text=milk <b>")
        assert await ann.input_value("[name=text]") == "" and await bob.inner_text("p") == "1 left"
        await bob.click("li button")
        await ann.wait_for_selector("li.done")


async def test_the_same_page_works_without_scripts(shared_browser, server):
    async with opened_page(shared_browser, server.url, has_scripts=False) as plain:
        await plain.fill("[name=text]", "bread")
        await plain.click("text=Add")
        await plain.wait_for_selector("li >> text=bread")
        await plain.click("li button")
        await plain.wait_for_selector("li.done")


async def test_what_was_missed_while_the_line_was_cut_is_caught_up(shared_browser, server):
    async with opened_page(shared_browser, server.url) as ann:
        await ann.wait_for_function("!document.documentElement.className.includes('live-offline')")
        await ann.evaluate("sennit.drop()")
        async with server.database() as db:
            db.add(Todo(text="unseen"))
        await ann.evaluate("sennit.connect()")
        await ann.wait_for_selector("li >> text=unseen")


async def test_a_restarted_server_is_found_again_with_what_it_has_now(shared_browser, server):
    async with opened_page(shared_browser, server.url) as ann:
        await ann.fill("[name=text]", "first")
        await ann.click("text=Add")
        await ann.wait_for_selector("li >> text=first")
        await ann.evaluate("window.same = true")
        await server.stop()
        await ann.wait_for_selector("html.live-offline", state="attached")
        await server.start()
        async with server.database() as db:
            db.add(Todo(text="after"))
        await ann.wait_for_selector("li >> text=after")
        assert await ann.evaluate("window.same") and await ann.inner_text("p") == "2 left"
