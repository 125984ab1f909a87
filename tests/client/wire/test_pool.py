"""Connections are kept, shared and counted."""

import asyncio

import pytest

from client.wire.scripted import Peer, call, read_all, until
from sennit.client.errors import ConnectFailed, ProtocolFailed, TimedOut
from sennit.client.limits import Limits
from sennit.client.trace import Trace


async def forever(peer: Peer) -> None:
    while True:
        await peer.answer()


async def test_requests_one_after_the_other_share_a_connection(serve, pool):
    server = await serve(forever)
    for number in range(5):
        reply = await pool.send(call(server.url, trace=(trace := Trace())))
        assert (reply.status, reply.reason, reply.http_version) == (200, "OK", "1.1")
        assert reply.body_at_once == b"ok"
        assert await reply.read_piece() == b"ok"
        assert await reply.read_piece() == b""
        assert trace.reused == (number > 0)
    assert len(server.peers) == 1


async def test_requests_at_the_same_time_have_a_connection_each(serve, pool):
    server = await serve(forever)
    replies = await asyncio.gather(*(pool.send(call(server.url)) for _ in range(50)))
    assert {reply.body_at_once for reply in replies} == {b"ok"}
    assert len(server.peers) == 50
    await asyncio.gather(*(pool.send(call(server.url)) for _ in range(50)))
    assert len(server.peers) == 50, "they are used again"


async def test_no_more_connections_than_allowed_to_one_origin(serve, make_pool):
    pool = make_pool(limits=Limits(per_host=3))
    server = await serve(forever)
    replies = await asyncio.gather(*(pool.send(call(server.url)) for _ in range(60)))
    assert len(replies) == 60
    assert server.most == 3


async def test_no_more_connections_than_allowed_in_all_and_every_origin_has_its_turn(serve, make_pool):
    pool = make_pool(limits=Limits(connections=4))
    servers = [await serve(forever) for _ in range(10)]
    most = 0

    async def ask(url: str) -> None:
        nonlocal most
        for _ in range(5):
            await pool.send(call(url))
            most = max(most, pool.open)

    await asyncio.gather(*(ask(server.url) for server in servers for _ in range(3)))
    assert most == 4


async def test_who_waits_is_served_in_order(serve, make_pool):
    pool = make_pool(limits=Limits(per_host=1))
    server = await serve(forever)
    order: list[int] = []

    async def ask(number: int) -> None:
        await pool.send(call(server.url))
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert order == list(range(20))


async def test_a_wait_in_line_ends_with_its_time_out(serve, make_pool):
    async def silent(peer: Peer) -> None:
        await peer.gone()

    pool = make_pool(limits=Limits(per_host=1))
    server = await serve(silent)
    first = asyncio.ensure_future(pool.send(call(server.url)))
    await until(lambda: len(server.peers) == 1)
    with pytest.raises(TimedOut) as caught:
        await pool.send(call(server.url, times={"pool_s": 0.1}))
    assert (caught.value.kind, caught.value.phase) == ("pool", "pool")
    assert 0.1 <= caught.value.elapsed_s < 0.6
    first.cancel()


async def test_one_who_leaves_the_line_takes_nothing_along(serve, make_pool):
    pool = make_pool(limits=Limits(per_host=1))
    server = await serve(forever)
    requests = [asyncio.ensure_future(pool.send(call(server.url))) for _ in range(20)]
    await asyncio.sleep(0)
    for request in requests[1::2]:
        request.cancel()
    answered = await asyncio.gather(*requests, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in answered) >= 10
    assert (await pool.send(call(server.url))).status == 200
    assert pool.open == 1


class TestStaleConnections:
    async def test_one_that_the_server_closes_is_forgotten_at_once(self, serve, pool):
        async def once(peer: Peer) -> None:
            await peer.answer()

        server = await serve(once)
        await pool.send(call(server.url))
        await until(lambda: pool.open == 0)
        await pool.send(call(server.url, "POST", b"x"))

    async def test_a_request_that_meets_the_close_is_sent_again(self, serve, pool):
        async def first_only(peer: Peer) -> None:
            await peer.answer()
            await peer.head()
            if len(server.peers) == 1:
                return
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

        async def more(peer: Peer) -> None:
            if len(server.peers) == 1:
                await first_only(peer)
            else:
                await forever(peer)

        server = await serve(more)
        await pool.send(call(server.url))
        assert (await pool.send(call(server.url))).status == 200
        assert len(server.peers) == 2

    @pytest.mark.parametrize(("method", "body"), [("POST", b"x"), ("PATCH", None)], ids=["post", "patch"])
    async def test_but_not_one_that_may_have_had_its_effect(self, serve, pool, method, body):
        async def second_is_dropped(peer: Peer) -> None:
            await peer.answer()
            await peer.head()

        server = await serve(second_is_dropped)
        await pool.send(call(server.url))
        with pytest.raises(ProtocolFailed) as caught:
            await pool.send(call(server.url, method, body))
        assert caught.value.nothing_came
        assert len(server.peers) == 1

    async def test_and_on_a_fresh_connection_only_once(self, serve, pool):
        async def deaf(peer: Peer) -> None:
            if len(server.peers) == 1:
                await peer.answer()
            await peer.head()

        server = await serve(deaf)
        await pool.send(call(server.url))
        with pytest.raises(ProtocolFailed):
            await pool.send(call(server.url))
        assert len(server.peers) == 2

    async def test_octets_that_nobody_asked_for_end_a_connection(self, serve, pool):
        async def talkative(peer: Peer) -> None:
            await peer.answer()
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
            await peer.gone()

        server = await serve(talkative)
        await pool.send(call(server.url))
        await until(lambda: pool.open == 0)
        assert (await pool.send(call(server.url))).body_at_once == b"ok"

    async def test_one_that_nobody_uses_is_closed_after_its_idle_time(self, serve, make_pool):
        pool = make_pool(limits=Limits(idle_s=0.1))
        server = await serve(forever)
        await pool.send(call(server.url))
        await until(lambda: pool.open == 0 and server.open == 0)


class TestClosing:
    async def test_whoever_waits_is_told(self, serve, make_pool):
        async def silent(peer: Peer) -> None:
            await peer.gone()

        pool = make_pool(limits=Limits(per_host=1))
        server = await serve(silent)
        requests = [asyncio.ensure_future(pool.send(call(server.url))) for _ in range(3)]
        await until(lambda: len(server.peers) == 1)
        await pool.close()
        errors = await asyncio.gather(*requests, return_exceptions=True)
        assert [(type(error), error.code) for error in errors] == [(ConnectFailed, "client.E011")] * 3
        await until(lambda: server.open == 0)

    async def test_and_so_is_who_comes_later(self, serve, make_pool):
        pool = make_pool()
        await pool.close()
        with pytest.raises(ConnectFailed, match="the client is closed"):
            await pool.send(call("http://127.0.0.1:1/"))


async def test_an_answer_in_pieces_is_put_together(serve, pool):
    async def drip(peer: Peer) -> None:
        await peer.head()
        for octet in b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 3\r\n\r\nabc":
            await peer.say(bytes([octet]))
            await asyncio.sleep(0)

    server = await serve(drip)
    reply = await pool.send(call(server.url))
    assert reply.fields["X-A"] == "1"
    assert await read_all(reply) == b"abc"
