"""Over a real server and socket: a reader that stops reading costs nothing and gets one difference afterwards."""

import asyncio
import json
import os
import re

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from live.todo_program import Todo, build
from sennit.testing.live_region import MARKERS, LiveRegion


@pytest.fixture
async def runtime(tmp_path):
    app = build(tmp_path)
    runtime = app.build(app.settings("test", os.environ, {"port": 0}), "test")
    await runtime.start()
    async with app.database() as db:
        db.add(*(Todo(text="x" * 500) for _ in range(50)))
    yield runtime
    await runtime.stop(drain_s=1)


async def get(runtime):
    """The page's text by a plain socket."""
    host, port = runtime.http[0].addresses[0][:2]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()
    return text


def socket(runtime, **options):
    url = runtime.addresses[0].replace("http", "ws") + "/-/sennit/live"
    return connect(url, subprotocols=["sennit.1"], **options)


async def test_a_reader_that_stops_reading_gets_one_difference_afterwards(runtime):
    page = await get(runtime)
    regions = {match[1]: LiveRegion(*match.groups()) for match in MARKERS.finditer(page)}
    token = re.search(r'sennit-live" content="([^"]+)"', page)[1]
    async with socket(runtime, max_queue=1) as ws:
        await ws.send(json.dumps(["join", token, [[r.shape, r.digest] for r in regions.values()]]))
        while not any(viewer.seats for viewer in runtime.hub.viewers):
            await asyncio.sleep(0.01)
        await runtime.hub.settled()
        (viewer,) = runtime.hub.viewers
        number = 0
        while not viewer.is_behind:
            number += 1
            assert number < 2000, "the socket takes everything"
            async with runtime.app.database() as db:
                await db.execute(Todo.all().update(text=f"{number}" * 500))
            await runtime.hub.settled()
        frames = runtime.hub.frames
        async with runtime.app.database() as db:
            await db.execute(Todo.all().update(text="last"))
        await runtime.hub.settled()
        assert runtime.hub.frames == frames
        fresh = {match[1]: match[2] for match in MARKERS.finditer(await get(runtime))}
        async with asyncio.timeout(20):
            while any(regions[shape].digest != digest for shape, digest in fresh.items()):
                message = json.loads(await ws.recv())
                if len(message) == 4:
                    regions[message[0]].apply(*message[1:])


async def test_a_socket_from_another_site_is_refused(runtime):
    with pytest.raises(InvalidStatus) as caught:
        async with socket(runtime, origin="https://evil.example"):
            pass
    assert caught.value.response.status_code == 403


async def test_a_socket_that_does_not_speak_the_protocol_is_refused(runtime):
    with pytest.raises(InvalidStatus):
        async with connect(runtime.addresses[0].replace("http", "ws") + "/-/sennit/live"):
            pass
