"""Long polls through the server: who leaves ends them, and so does a shutdown."""

import asyncio

import pytest

from sennit import App, Request, long_poll


@pytest.fixture
async def polled(serve, dial, until):
    """`client, running, ended = await polled()`: a client that waits for what never comes."""
    ended: list[str] = []
    app = App()

    async def never():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    @app.get("/")
    async def poll(request: Request):
        return await long_poll(request, never())

    async def start():
        running = await serve(app.build(app.settings("test", {}, {}), "test").site)
        client = await dial(running)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        await until(lambda: running.server.tasks)
        return client, running, ended

    return start


async def test_a_shutdown_answers_204_at_once(polled):
    client, running, ended = await polled()
    running.server.drain()
    answer = await client.answer()
    assert (answer.status, answer.closes, ended) == (204, True, ["cancelled"])
    client.writer.close()
    await running.server.drained()


async def test_a_client_that_leaves_cancels_what_it_waited_for(polled, until):
    client, running, ended = await polled()
    client.writer.transport.abort()
    await until(lambda: not running.server.tasks)
    assert ended == ["cancelled"]
