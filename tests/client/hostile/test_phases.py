"""A connection that ends at every octet of an answer, closed or reset, and servers that are hostile to many requests at once."""

import asyncio
import gc
import tracemalloc

import pytest

from client.hostile.test_answers import failing
from client.hostile.ways import END
from client.wire.scripted import ScriptedServer, call, read_all, until
from sennit.client import Client
from sennit.client.errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut
from sennit.client.limits import Limits
from sennit.client.pool import Pool


@pytest.fixture
async def serve():
    """`server = await serve(script)`."""
    servers: list[ScriptedServer] = []

    async def start(script):
        server = ScriptedServer(script)
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


ANSWERS = {
    "with a length": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "in chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "after a 103": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
}


async def send(pool: Pool, url: str, **options) -> bytes:
    return await read_all(await pool.send(call(url, **({"times": {"total_s": 5}} | options))))


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_r9_an_end_at_any_octet_is_an_error(hostile, answer, how):
    """Every cut on a connection of its own, all of one client: which has none left over afterwards."""
    pool = Pool()
    for cut in range(len(answer)):
        server = await hostile(answer[:cut], getattr(END, how))
        error = await failing(send(pool, server.url))
        assert isinstance(error, ProtocolFailed), (cut, error)
        await until(lambda: pool.open == 0)
        await server.close()
    await until(lambda: not pool.connections)
    await pool.close()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_cut_in_two_at_any_octet_is_the_same_answer(hostile, answer):
    pool = Pool()
    for cut in range(1, len(answer)):
        server = await hostile(lambda cut=cut: iter([answer[:cut], answer[cut:]]))
        assert await send(pool, server.url) == b"hello"
        await server.close()
    await pool.close()


HALF = 500_000


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("taken", [0, 1, HALF], ids=["nothing", "an octet", "half"])
async def test_r9_an_end_in_the_middle_of_an_upload_is_an_error(serve, taken, how):
    async def script(peer):
        await peer.reader.readexactly(taken)
        await getattr(END, how)(peer)

    server = await serve(script)

    async def pieces():
        for _ in range(200):
            yield b"x" * 50_000

    pool = Pool()
    error = await failing(send(pool, server.url, method="POST", body=pieces()))
    assert isinstance(error, (ProtocolFailed, ConnectFailed)), error
    await until(lambda: pool.open == 0)
    await pool.close()


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_r9_an_end_while_a_stream_is_read_is_an_error_and_what_came_is_not_lost(hostile, how):
    server = await hostile(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello", getattr(END, how))
    pool = Pool()
    reply = await pool.send(call(server.url))
    with pytest.raises(ProtocolFailed):
        assert await reply.read_piece() == b"hello"
        await reply.read_piece()
    await pool.close()


async def test_r9_hundreds_of_broken_answers_leave_no_memory_and_no_connection(hostile):
    """Half a megabyte of head each, which is thrown away with the request."""
    server = await hostile(b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 60_000, END.closed)
    pool = Pool(limits=Limits(connections=16))

    async def batch():
        for error in await asyncio.gather(*(send(pool, server.url) for _ in range(64)), return_exceptions=True):
            assert isinstance(error, ClientError), error

    await batch()
    server.peers.clear()
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(3):
            await batch()
            server.peers.clear()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
    await until(lambda: pool.open == 0)
    assert len(pool.connections) == 0
    await pool.close()


async def test_r9_a_silent_server_takes_no_place_from_others(hostile, serve):
    """Those who wait for it give their places back when their time is over, and the others go on meanwhile."""

    async def answering(peer):
        while True:
            await peer.answer(b"hello")

    silent, good = await hostile(), await serve(answering)
    pool = Pool(limits=Limits(connections=4, per_host=2))
    waiting = [asyncio.create_task(send(pool, silent.url, times={"read_s": 0.2, "total_s": 5})) for _ in range(4)]
    await until(lambda: len(silent.peers) == 2)
    for _ in range(20):
        assert await send(pool, good.url) == b"hello"
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, TimedOut), outcome
    await until(lambda: pool.open <= 2)
    await pool.close()
    assert pool.open == 0


async def test_r9_requests_that_are_cancelled_in_any_phase_leave_nothing(hostile):
    """In line, while it opens, before the head, in the body."""
    silent = await hostile(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel")
    pool = Pool(limits=Limits(per_host=2))
    client = Client(transport=pool)
    for turns in range(20):
        tasks = [asyncio.create_task(client.get(silent.url)) for _ in range(5)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in outcomes)
        await until(lambda: pool.open == 0)
    await client.close()
    assert len(pool.connections) == 0


KEPT = {
    "HTTP/1.1": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 1),
    "HTTP/1.1, close": (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", 2),
    "HTTP/1.1, Close among others": (b"HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 2\r\n\r\nok", 2),
    "HTTP/1.1, close in a line of its own": (
        b"HTTP/1.1 200 OK\r\nconnection: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        2,
    ),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 2),
    "HTTP/1.0, keep-alive": (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", 1),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", 1),
}


@pytest.mark.parametrize(("answer", "connections"), KEPT.values(), ids=KEPT)
async def test_a_connection_is_kept_as_its_answer_says(serve, answer, connections):
    """RFC 9112 §9.3."""

    async def script(peer):
        while True:
            await peer.head()
            await peer.say(answer)

    server = await serve(script)
    pool = Pool()
    for _ in range(2):
        await send(pool, server.url)
    assert len(server.peers) == connections
    await pool.close()
