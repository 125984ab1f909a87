"""Server-sent events through the server: they flow, and a shutdown ends them."""

import asyncio

from sennit import App, Request
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


async def test_silence_is_filled_with_comments_that_browsers_pass_over(serve, dial, request_for):
    async def silent():
        await asyncio.Event().wait()
        yield "never"

    async def handler(exchange):
        await send_response(exchange, EventStream(silent(), ping_s=0.01))

    client = await dial(await serve(handler))
    client.send(request_for())
    for _ in range(4):
        async with asyncio.timeout(10):
            chunk = await client.reader.readuntil(b"\n\n\r\n")
    assert chunk.partition(b"\r\n")[2].startswith(b":")


async def test_a_browser_that_comes_again_says_what_it_has_had(serve, dial):
    """`Last-Event-ID` is the id of the last event of the stream that was cut."""
    app = App()

    @app.get("/")
    async def events(request: Request):
        had = int(request.headers.get("last-event-id", "0"))
        return EventStream({"id": n, "data": f"event {n}"} async for n in counting(had + 1))

    async def counting(first):
        for n in range(first, first + 2):
            yield n

    running = await serve(app.build(app.settings("test", {}, {}), "test").site)
    had = ""
    for expected in ((1, 2), (3, 4), (5, 6)):
        client = await dial(running)
        line = f"Last-Event-ID: {had}\r\n" if had else ""
        answer = await client.ask(f"GET / HTTP/1.1\r\nHost: test\r\n{line}\r\n".encode())
        lines = answer.body.decode().split("\n")
        assert [line for line in lines if line.startswith("data: ")] == [f"data: event {n}" for n in expected]
        had = [line.partition(": ")[2] for line in lines if line.startswith("id: ")][-1]
