"""Chromium's WebSocket: what a page sends and hears, with the compression that browsers ask for."""

import asyncio
import os

import pytest

from interop.websocket.meeting import OurServer
from sennit.http import WebSocketClosed

pytestmark = pytest.mark.needs("chromium")

LONGEST_S = 30
OPEN = """([url, protocols]) => new Promise((opened, failed) => {
    const ws = window.ws = new WebSocket(url, protocols);
    window.heard = [];
    ws.binaryType = "arraybuffer";
    ws.onmessage = event => heard.push(typeof event.data === "string" ? event.data : [...new Uint8Array(event.data)]);
    window.ended = new Promise(done => ws.onclose = event => done([event.code, event.reason, event.wasClean]));
    ws.onopen = () => opened([ws.protocol, ws.extensions]);
    ws.onerror = () => failed("refused");
})"""
SEND = "message => ws.send(typeof message === 'string' ? message : new Uint8Array(message))"
HEAR = """count => new Promise(done => {
    const look = () => heard.length < count ? setTimeout(look, 1) : done(heard.splice(0, count));
    look();
})"""


@pytest.fixture
async def page(browser):
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def opened(page, server, protocols=()):
    await page.goto(server.page)
    agreed = await page.evaluate(OPEN, [server.url, list(protocols)])
    return await server.opened(), agreed


async def test_messages_and_pings_travel_both_ways_packed(page):
    async with asyncio.timeout(LONGEST_S), OurServer(("b",)) as server:
        ws, (protocol, extensions) = await opened(page, server, ["a", "b"])
        assert (protocol, ws.subprotocol) == ("b", "b")
        assert extensions.startswith("permessage-deflate")
        for message in ("", "zoë \N{SPOOL OF THREAD}", "strand " * 300_000, b"", os.urandom(70_000)):
            told = list(message) if isinstance(message, bytes) else message
            await page.evaluate(SEND, told)
            assert await ws.recv() == message
            await ws.send(message)
            assert await page.evaluate(HEAR, 1) == [told]
        assert 0 <= await ws.ping() < LONGEST_S
        await page.evaluate("() => { for (let n = 0; n < 1000; n++) ws.send(`${n} ${'x'.repeat(n)}`) }")
        for number in range(1000):
            assert await ws.recv() == f"{number} {'x' * number}"
            ws.send(f"{number}").close()
        assert await page.evaluate(HEAR, 1000) == [str(number) for number in range(1000)]


async def test_each_end_hears_why_the_other_closes(page):
    async with asyncio.timeout(LONGEST_S), OurServer(()) as server:
        for code, reason in ((1000, "bye"), (1011, "zoë"), (4000, "x" * 123)):
            ws, _ = await opened(page, server)
            await ws.close(code, reason)
            assert await page.evaluate("ended") == [code, reason, True]
        for said, told in (("", (1005, "")), ("1000", (1000, "")), ("4999, 'zoë'", (4999, "zoë"))):
            ws, _ = await opened(page, server)
            await page.evaluate(f"() => {{ ws.send('last'); ws.close({said}) }}")
            assert await ws.recv() == "last"
            assert await why_ended(ws) == told
            assert (await page.evaluate("ended"))[2] is True


async def test_a_page_that_is_left_goes_away_and_one_of_another_origin_is_refused(page):
    async with asyncio.timeout(LONGEST_S), OurServer(()) as server, OurServer(()) as other:
        ws, _ = await opened(page, server)
        await page.goto(other.page)
        assert (await why_ended(ws))[0] == 1001
        assert await page.evaluate(f"args => ({OPEN})(args).catch(error => error)", [server.url, []]) == "refused"


async def why_ended(ws):
    with pytest.raises(WebSocketClosed) as caught:
        await ws.recv()
    return caught.value.code, caught.value.reason
