"""Who gets a connection when there are fewer than requests, and what becomes of connections that have gone stale."""

import asyncio

import pytest

from client.wire.scripted import call, read_all, until
from sennit.client.errors import ProtocolFailed, TimedOut
from sennit.client.limits import Limits
from sennit.client.pool import Pool


async def answering(peer):
    while True:
        await peer.answer()


def send(pool: Pool, url: str, **options):
    async def whole():
        return await read_all(await pool.send(call(url, **options)))

    return asyncio.create_task(whole())


async def test_a_busy_origin_does_not_starve_a_quiet_one(serve, make_pool):
    """Two connections in all and a hundred requests to one origin in front: the first that is free is the other's."""
    permits = asyncio.Semaphore(0)

    async def slow(peer):
        while True:
            await permits.acquire()
            await peer.answer()

    busy, quiet = await serve(slow), await serve(answering)
    pool = make_pool(limits=Limits(connections=2))
    crowd = [send(pool, busy.url) for _ in range(100)]
    await until(lambda: len(busy.peers) == 2)
    lone = send(pool, quiet.url)
    await asyncio.sleep(0)  # it stands in line
    permits.release()
    assert await lone == b"ok"
    assert sum(each.done() for each in crowd) == 1
    for _ in range(2 * len(crowd)):  # more than enough: connections that have gone take some along
        permits.release()
    assert await asyncio.gather(*crowd) == [b"ok"] * 100
    assert pool.open <= 2


async def test_an_idle_connection_makes_room_for_another_origin(serve, make_pool):
    first, second = await serve(answering), await serve(answering)
    pool = make_pool(limits=Limits(connections=1))
    for _ in range(3):
        for server in (first, second):
            assert await send(pool, server.url) == b"ok"
    assert (len(first.peers), len(second.peers), pool.open) == (3, 3, 1)


async def test_all_places_are_given_back_by_requests_that_time_out_in_line(serve, make_pool):
    async def silent(peer):
        await peer.gone()

    server = await serve(silent)
    pool = make_pool(limits=Limits(per_host=1))
    holding = send(pool, server.url)
    await until(lambda: len(server.peers) == 1)
    waiting = [send(pool, server.url, times={"pool_s": 0.1}) for _ in range(10)]
    for error in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(error, TimedOut)
        assert (error.kind, error.phase) == ("pool", "pool")
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await until(lambda: pool.open == 0)


@pytest.mark.parametrize("count", [1, 5])
async def test_stale_connections_are_replaced_without_a_word(serve, make_pool, count):
    """All of them, when a server has closed all while nobody looked."""
    stop = asyncio.Event()

    async def script(peer):
        await peer.answer()
        await stop.wait()

    server = await serve(script)
    pool = make_pool()
    await asyncio.gather(*(send(pool, server.url) for _ in range(count)))
    stop.set()
    stop = asyncio.Event()
    stop.set()
    assert await asyncio.gather(*(send(pool, server.url) for _ in range(count))) == [b"ok"] * count
    await until(lambda: pool.open == 0)


async def test_a_post_on_a_stale_connection_is_not_sent_twice(serve, make_pool):
    heard = []

    async def script(peer):
        await peer.answer()
        heard.append(await peer.head())  # takes it and leaves

    server = await serve(script)
    pool = make_pool()
    await send(pool, server.url)
    with pytest.raises(ProtocolFailed):
        await send(pool, server.url, method="POST", body=b"pay")
    assert len(heard) == 1
    await until(lambda: pool.open == 0)


async def test_one_who_leaves_in_the_moment_of_his_turn_passes_it_on(serve, make_pool):
    go = asyncio.Event()

    async def script(peer):
        while True:
            await peer.head()
            await go.wait()
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    server = await serve(script)
    pool = make_pool(limits=Limits(per_host=1))
    first = send(pool, server.url)
    await until(lambda: len(server.peers) == 1)
    waiting = [send(pool, server.url) for _ in range(6)]
    await asyncio.sleep(0)
    first.add_done_callback(lambda done: [each.cancel() for each in waiting[::2]])
    go.set()
    outcomes = await asyncio.gather(first, *waiting, return_exceptions=True)
    assert outcomes[0] == b"ok"
    assert [outcomes[number] for number in (2, 4, 6)] == [b"ok"] * 3
    assert all(isinstance(outcomes[number], (asyncio.CancelledError, bytes)) for number in (1, 3, 5))
    assert pool.open <= 1
