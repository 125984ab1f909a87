"""A call that is given up or takes too long, at every phase: the error says which, and nothing of it is left."""

import asyncio

import pytest

from client.answering import answer, never
from client.conftest import in_use
from client.wire.scripted import ScriptedServer, until
from sennit.client import Backoff, Limits, Retries, TimedOut, Timeouts

LARGE = bytes(64 * 1024 * 1024)


async def silent(peer):
    """Takes the connection, reads nothing, says nothing."""
    await asyncio.Event().wait()


async def pieces_that_stop():
    yield b"a"
    await asyncio.Event().wait()


async def half_a_body(asked):
    await asked.peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
    await asked.peer.gone()


async def half_a_stream(asked):
    await asked.peer.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: a\n\n")
    await asked.peer.gone()


async def leads_nowhere(asked):
    if asked.path == "/there":
        await asked.peer.gone()
        return None
    return answer(302, location="/there")


def of_events(client, tmp_path):
    async def listen():
        async with client.events("/") as events:
            async for _ in events:
                pass

    return listen()


def of_a_websocket(client, tmp_path):
    async def talk():
        async with client.websocket("/") as ws:
            await ws.recv()

    return talk()


PHASES = {
    "head": (never, lambda client, path: client.get("/")),
    "body": (half_a_body, lambda client, path: client.get("/")),
    "stream": (half_a_body, lambda client, path: _streamed(client)),
    "iterator": (lambda asked: answer(), lambda client, path: client.post("/", body=pieces_that_stop())),
    "redirect": (leads_nowhere, lambda client, path: client.get("/", follow_redirects=True)),
    "pause before a retry": (lambda asked: answer(503), lambda client, path: client.get("/")),
    "download": (half_a_body, lambda client, path: client.download("/", path / "file")),
    "events": (half_a_stream, of_events),
    "handshake": (never, of_a_websocket),
}


async def _streamed(client):
    async with client.stream("GET", "/") as response:
        async for _ in response:
            pass


class TestCancelled:
    @pytest.mark.parametrize(("handler", "begin"), PHASES.values(), ids=PHASES.keys())
    async def test_in_any_phase_nothing_is_in_use_afterwards(self, serve_site, open_client, tmp_path, handler, begin):
        site = await serve_site(handler)
        client = open_client(site.url, retries=Retries(backoff=Backoff(first_s=60, most_s=60)))
        task = asyncio.create_task(begin(client, tmp_path))
        await until(lambda: site.connections)
        await asyncio.sleep(0.02)  # into its phase: the test holds wherever it has come to
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert in_use() == 0
        assert not [each for each in asyncio.all_tasks() if "Upload" in repr(each)]

    async def test_while_connecting_with_a_server_that_does_not_shake_hands(self, open_client):
        server = ScriptedServer(silent)
        await server.start()
        client = open_client(server.url.replace("http:", "https:"))
        task = asyncio.create_task(client.get("/"))
        await until(lambda: server.peers)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: in_use() == 0)
        await server.close()

    async def test_in_line_for_a_connection_and_the_line_goes_on(self, serve_site, open_client):
        gate = asyncio.Event()

        async def handler(asked):
            await gate.wait()
            return answer(200, asked.path)

        site = await serve_site(handler)
        client = open_client(site.url, limits=Limits(connections=1, per_host=1))
        first, second, third = (asyncio.create_task(client.get(path)) for path in ("/1", "/2", "/3"))
        await until(lambda: site.asked)
        second.cancel()
        gate.set()
        assert [(await each).text for each in (first, third)] == ["/1", "/3"]
        assert (site.paths, in_use()) == (["GET /1", "GET /3"], 0)

    async def test_while_a_body_waits_for_a_server_that_does_not_read(self, open_client):
        server = ScriptedServer(silent)
        await server.start()
        client = open_client(server.url)
        task = asyncio.create_task(client.post("/", body=LARGE, on_upload=lambda sent: None))
        await until(lambda: server.peers)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: in_use() == 0)
        await server.close()

    async def test_many_at_once(self, serve_site, open_client):
        site = await serve_site(never)
        client = open_client(site.url, limits=Limits(connections=5, per_host=5))
        tasks = [asyncio.create_task(client.get("/")) for _ in range(50)]
        await until(lambda: len(site.asked) == 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: in_use() == 0)


class TestTimedOut:
    @pytest.mark.parametrize(
        ("times", "kind", "phase"),
        [({"read_s": 0.05}, "read", "head"), ({"total_s": 0.05}, "total", "head")],
    )
    async def test_no_answer(self, serve_site, open_client, times, kind, phase):
        site = await serve_site(never)
        with pytest.raises(TimedOut) as caught:
            await open_client(site.url).get("/", timeout_s=Timeouts(**times))
        error = caught.value
        assert (error.kind, error.phase, error.url, error.code) == (kind, phase, f"{site.url}/", "client.E003")
        assert 0.05 <= error.elapsed_s < 5
        assert in_use() == 0

    @pytest.mark.parametrize(("times", "kind"), [({"read_s": 0.05}, "read"), ({"total_s": 0.05}, "total")])
    async def test_half_a_body(self, serve_site, open_client, times, kind):
        site = await serve_site(half_a_body)
        with pytest.raises(TimedOut) as caught:
            await open_client(site.url).get("/", timeout_s=Timeouts(**times))
        assert (caught.value.kind, caught.value.phase, in_use()) == (kind, "body", 0)

    async def test_a_server_that_takes_nothing(self, open_client):
        server = ScriptedServer(silent)
        await server.start()
        with pytest.raises(TimedOut) as caught:
            await open_client(server.url).post("/", body=LARGE, timeout_s=Timeouts(write_s=0.05))
        assert (caught.value.kind, caught.value.phase, in_use()) == ("write", "write", 0)
        await server.close()

    async def test_no_connection_is_free(self, serve_site, open_client):
        site = await serve_site(never)
        client = open_client(site.url, limits=Limits(connections=1, per_host=1))
        first = asyncio.create_task(client.get("/"))
        await until(lambda: site.asked)
        with pytest.raises(TimedOut) as caught:
            await client.get("/", timeout_s=Timeouts(pool_s=0.05))
        assert (caught.value.kind, caught.value.phase) == ("pool", "pool")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert in_use() == 0

    async def test_no_handshake(self, open_client):
        server = ScriptedServer(silent)
        await server.start()
        with pytest.raises(TimedOut) as caught:
            await open_client(server.url.replace("http:", "https:")).get("/", timeout_s=Timeouts(connect_s=0.05))
        assert (caught.value.kind, caught.value.phase, in_use()) == ("connect", "tls", 0)
        await server.close()

    async def test_a_number_is_for_everything_redirects_and_retries_included(self, serve_site, open_client):
        async def handler(asked):
            await asyncio.sleep(0.04)
            return answer(302, location="/")

        site = await serve_site(handler)
        with pytest.raises(TimedOut) as caught:
            await open_client(site.url, follow_redirects=True).get("/", timeout_s=0.2)
        assert caught.value.kind == "total"
        assert 1 < len(site.asked) < 12  # a time-out passes at most 0.2 s late

    async def test_a_program_may_put_its_own_around_it(self, serve_site, open_client):
        site = await serve_site(never)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await open_client(site.url).get("/")
        assert in_use() == 0

    async def test_a_stream_that_the_program_is_slow_with_is_not_the_servers_fault(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(200, bytes(1_000_000)))
        size = 0
        async with open_client(site.url).stream("GET", "/", timeout_s=Timeouts(read_s=0.05, total_s=None)) as response:
            async for piece in response:
                size += len(piece)
                await asyncio.sleep(0.02)
        assert size == 1_000_000
