"""Server-sent events through the server: they flow, and a shutdown ends them."""

import asyncio

from sennit.web.event_stream import EventStream
from sennit.web.send import send_response


def ticking(closed):
    async def ticks():
        try:
            yield {"event": "tick", "data": 1}
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def handler(exchange):
        await send_response(exchange, EventStream(ticks()))

    return handler


async def test_a_stream_without_an_end_comes_to_one_when_the_server_drains(serve, dial, request_for):
    closed = []
    running = await serve(ticking(closed))
    client = await dial(running)
    client.send(request_for())
    assert b"event: tick\ndata: 1" in await client.reader.readuntil(b"\n\n\r\n")
    running.server.drain()
    assert (await client.rest()).endswith(b"0\r\n\r\n")
    client.writer.close()
    await running.server.drained()
    assert closed == [True]


async def test_one_that_begins_while_the_server_drains_ends_at_once(serve, dial, request_for, until):
    closed, gate = [], asyncio.Event()
    stream = ticking(closed)

    async def late(exchange):
        await gate.wait()
        await stream(exchange)

    running = await serve(late)
    client = await dial(running)
    client.send(request_for())
    await until(lambda: running.server.tasks)
    running.server.drain()
    gate.set()
    assert (await client.rest()).endswith(b"0\r\n\r\n")
    client.writer.close()
    await running.server.drained()


async def test_a_browser_that_leaves_closes_the_generator(serve, dial, request_for, until):
    closed = []
    running = await serve(ticking(closed))
    client = await dial(running)
    client.send(request_for())
    await client.reader.readuntil(b"\n\n\r\n")
    client.writer.transport.abort()
    await until(lambda: not running.server.tasks)
    assert closed == [True]


async def test_a_browser_that_does_not_read_holds_the_generator_back(serve, dial, request_for, until):
    """What is made is what fits into the buffers between, and no more comes while nothing is read."""
    made = []

    async def flood():
        while True:
            made.append(1)
            yield "x" * 100_000

    async def handler(exchange):
        await send_response(exchange, EventStream(flood()))

    running = await serve(handler)
    client = await dial(running)
    client.writer.transport.pause_reading()
    client.send(request_for())
    await until(lambda: made)
    seen = -1
    while seen != len(made):
        seen = len(made)
        for _ in range(200):
            await asyncio.sleep(0)
    assert seen * 100_000 < 64_000_000
    client.writer.transport.abort()
    await until(lambda: not running.server.tasks)
