"""One connection: framing, streaming both ways, and servers that break the rules."""

import asyncio

import pytest

from client.wire.scripted import Peer, call, read_all, until
from sennit.client.errors import ClientError, ProtocolFailed, TimedOut
from sennit.client.limits import Limits
from sennit.client.trace import Trace
from sennit.errors import SennitError


def says(octets: bytes, *, stays: bool = False):
    """A server that answers every connection with these octets, then closes (or waits)."""

    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.say(octets)
        if stays:
            await peer.gone()

    return script


class TestFraming:
    @pytest.mark.parametrize(
        ("answer", "body"),
        [
            (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", b"abc"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nx-t: 1\r\n\r\n", b"abc"),
            (b"HTTP/1.1 200 OK\r\n\r\nabc", b"abc"),
            (b"HTTP/1.0 200 OK\r\n\r\nabc", b"abc"),
            (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
            (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n", b""),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
        ],
        ids=["length", "chunked", "until-close", "until-close-1.0", "204", "304", "after-1xx"],
    )  # fmt: skip
    async def test_every_way_to_end_a_body_is_understood(self, serve, pool, answer, body):
        server = await serve(says(answer))
        assert await read_all(await pool.send(call(server.url))) == body

    async def test_head_has_no_body_whatever_its_length_says(self, serve, pool):
        async def script(peer: Peer) -> None:
            while True:
                await peer.head()
                await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")

        server = await serve(script)
        for _ in range(2):
            reply = await pool.send(call(server.url, "HEAD"))
            assert (reply.content_length, reply.body_at_once) == (10, b"")
        assert len(server.peers) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            b"HTTP/1.1 200 OK\nx: y\n\n",
            b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/2.0 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 40 + b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-le",
            b"",
        ],
        ids=[
            "lengths-differ", "length-and-chunked", "length-negative", "cut-by-length", "cut-in-chunk", "chunk-overflow",
            "chunk-longer", "chunk-no-size", "bare-lf", "folded", "nul", "another-protocol", "http-2", "line-too-long",
            "too-many-lines", "1xx-flood", "switched-unasked", "cut-in-head", "nothing",
        ],
    )  # fmt: skip
    async def test_r9_answers_that_break_the_rules_are_refused(self, serve, pool, answer):
        server = await serve(says(answer))
        with pytest.raises(ProtocolFailed) as caught:
            await read_all(await pool.send(call(server.url.replace("://", "://user:secret@"))))
        assert "secret" not in str(caught.value)
        assert caught.value.url == server.url
        assert caught.value.phase in ("head", "body")
        await until(lambda: pool.open == 0)

    async def test_r9_a_connection_with_octets_left_over_is_not_used_again(self, serve, pool):
        server = await serve(
            says(
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
                stays=True,
            )
        )
        for _ in range(2):
            assert (await pool.send(call(server.url))).body_at_once == b"ok"
        assert len(server.peers) == 2

    async def test_r9_endless_headers_end(self, serve, pool):
        async def endless(peer: Peer) -> None:
            await peer.head()
            await peer.say(b"HTTP/1.1 200 OK\r\n")
            while True:
                await peer.say(b"x" * 10_000)

        server = await serve(endless)
        with pytest.raises(ProtocolFailed):
            await pool.send(call(server.url))

    @pytest.mark.parametrize("at", [0, 10, 40, 60], ids=["before", "status-line", "after-head", "in-body"])
    async def test_a_reset_is_told_whenever_it_comes(self, serve, pool, at):
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n" + b"x" * 50

        async def script(peer: Peer) -> None:
            await peer.head()
            await peer.say(answer[:at])
            peer.reset()

        server = await serve(script)
        with pytest.raises(ProtocolFailed):
            await read_all(await pool.send(call(server.url)))
        assert pool.open == 0


class TestStreaming:
    async def test_a_large_answer_waits_for_its_reader(self, serve, pool):
        sent = 0

        async def script(peer: Peer) -> None:
            nonlocal sent
            await peer.head()
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n")
            for _ in range(500):
                await peer.say(b"x" * 100_000)
                sent += 1
            await peer.answer()

        server = await serve(script)
        reply = await pool.send(call(server.url))
        assert reply.body_at_once is None
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.05)
        assert sent < 400, "the server is held back"
        size = 0
        while piece := await reply.read_piece():
            size += len(piece)
            assert len(piece) < 300_000
        assert size == 50_000_000
        assert (await pool.send(call(server.url))).body_at_once == b"ok"
        assert len(server.peers) == 1

    async def test_an_answer_that_is_given_up_cuts_the_connection(self, serve, pool):
        server = await serve(says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nx", stays=True))
        reply = await pool.send(call(server.url))
        reply.release()
        await until(lambda: pool.open == 0 and server.open == 0)
        with pytest.raises(ClientError):
            await reply.read_piece()

    async def test_what_came_before_a_cut_can_be_read(self, serve, pool):
        server = await serve(says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nabc"))
        reply = await pool.send(call(server.url))
        await until(lambda: pool.open == 0)
        assert await reply.read_piece() == b"abc"
        with pytest.raises(ProtocolFailed, match="inside the body") as caught:
            await reply.read_piece()
        assert caught.value.phase == "body"


async def pieces(count: int, size: int):
    for _ in range(count):
        yield b"x" * size


async def take_chunks(peer: Peer) -> int:
    total = 0
    while size := int(await peer.reader.readline(), 16):
        total += len(await peer.reader.readexactly(size))
        await peer.reader.readexactly(2)
    await peer.reader.readline()
    return total


class TestUploads:
    async def test_octets_go_out_with_their_length(self, serve, pool):
        async def script(peer: Peer) -> None:
            while True:
                head = await peer.head()
                assert "content-length: 5\r\n" in head
                assert await peer.reader.readexactly(5) == b"hello"
                await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

        server = await serve(script)
        told: list[int] = []
        for on_upload in (None, told.append):
            await pool.send(call(server.url, "POST", b"hello", on_upload=on_upload))
        assert told == [5]
        assert len(server.peers) == 1

    @pytest.mark.parametrize("length", [None, 5_000_000], ids=["chunked", "length"])
    async def test_a_stream_is_sent_as_the_server_takes_it(self, serve, pool, length):
        async def script(peer: Peer) -> None:
            while True:
                await peer.head()
                got = await take_chunks(peer) if length is None else len(await peer.reader.readexactly(length))
                await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n%d" % got)

        server = await serve(script)
        for _ in range(2):
            reply = await pool.send(call(server.url, "PUT", pieces(50, 100_000), length=length))
            assert await read_all(reply) == b"5000000"
        assert len(server.peers) == 1

    async def test_a_server_that_takes_nothing_holds_the_stream_back(self, serve, pool):
        async def script(peer: Peer) -> None:
            peer.writer.transport.pause_reading()
            await asyncio.sleep(3600)

        made = 0

        async def endless():
            nonlocal made
            while True:
                made += 1
                yield b"x" * 100_000

        server = await serve(script)
        with pytest.raises(TimedOut) as caught:
            await pool.send(call(server.url, "PUT", endless(), times={"write_s": 0.3}))
        assert (caught.value.kind, caught.value.phase) == ("write", "write")
        assert made < 200

    async def test_an_early_answer_ends_the_upload(self, serve, pool):
        async def script(peer: Peer) -> None:
            await peer.head()
            await peer.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
            await peer.gone()

        ended = False

        async def endless():
            nonlocal ended
            try:
                while True:
                    yield b"x" * 1000
                    await asyncio.sleep(0)
            finally:
                ended = True

        server = await serve(script)
        reply = await pool.send(call(server.url, "PUT", endless()))
        assert (reply.status, await read_all(reply)) == (413, b"no")
        await until(lambda: ended and pool.open == 0)

    async def test_the_error_of_the_programs_stream_comes_back(self, serve, pool):
        async def broken():
            yield b"x"
            raise KeyError("mine")

        async def script(peer: Peer) -> None:
            await peer.gone()

        server = await serve(script)
        with pytest.raises(KeyError, match="mine"):
            await pool.send(call(server.url, "PUT", broken()))
        assert pool.open == 0

    @pytest.mark.parametrize("length", [5, 50], ids=["more", "fewer"])
    async def test_a_stream_of_another_length_than_announced_is_refused(self, serve, pool, length):
        async def script(peer: Peer) -> None:
            await peer.gone()

        server = await serve(script)
        with pytest.raises(SennitError, match="announced") as caught:
            await pool.send(call(server.url, "PUT", pieces(1, 10), length=length))
        assert caught.value.code == "http.E015"

    async def test_a_body_may_wait_until_the_server_wants_it(self, serve, pool):
        async def script(peer: Peer) -> None:
            assert "expect: 100-continue" in await peer.head()
            await peer.say(b"HTTP/1.1 100 Continue\r\n\r\n")
            await peer.reader.readexactly(10)
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

        server = await serve(script)
        assert (await pool.send(call(server.url, "PUT", pieces(1, 10), length=10, expects_continue=True))).status == 200

    @pytest.mark.parametrize(
        "lines",
        [
            [(b"x", b"a\r\nevil: 1")],
            [(b"host", b"other")],
            [(b"content-length", b"9")],
            [(b"a b", b"c")],
            [(b"x", b"\0")],
        ],
        ids=["crlf", "host", "length", "name", "nul"],
    )
    async def test_r9_lines_that_would_split_a_request_never_leave(self, serve, pool, lines):
        async def script(peer: Peer) -> None:
            await peer.answer()

        server = await serve(script)
        with pytest.raises(SennitError):
            await pool.send(call(server.url, lines=lines))
        assert (await pool.send(call(server.url))).status == 200


class TestTime:
    async def test_an_answer_that_does_not_come(self, serve, pool):
        server = await serve(says(b"", stays=True))
        with pytest.raises(TimedOut) as caught:
            await pool.send(call(server.url, times={"read_s": 0.2}))
        assert (caught.value.kind, caught.value.phase) == ("read", "head")
        assert 0.2 <= caught.value.elapsed_s < 1
        await until(lambda: pool.open == 0 and server.open == 0)

    async def test_a_body_that_stops(self, serve, pool):
        server = await serve(says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nx", stays=True))
        reply = await pool.send(call(server.url, times={"read_s": 0.2}))
        with pytest.raises(TimedOut) as caught:
            await read_all(reply)
        assert (caught.value.kind, caught.value.phase) == ("read", "body")

    async def test_a_drip_is_ended_by_the_total_alone(self, serve, pool):
        async def script(peer: Peer) -> None:
            await peer.head()
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n")
            while True:
                await peer.say(b"x")
                await asyncio.sleep(0.02)

        server = await serve(script)
        reply = await pool.send(call(server.url, times={"read_s": 0.2, "total_s": 0.5}))
        with pytest.raises(TimedOut) as caught:
            await read_all(reply)
        assert caught.value.kind == "total"
        assert 0.5 <= caught.value.elapsed_s < 1

    async def test_a_reader_that_takes_its_time_is_not_the_servers_fault(self, serve, pool):
        server = await serve(says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n" + b"x", stays=True))
        reply = await pool.send(call(server.url, times={"read_s": 0.3}))
        await asyncio.sleep(0.6)
        assert await reply.read_piece() == b"x"

    async def test_a_request_that_is_cancelled_leaves_nothing(self, serve, pool):
        server = await serve(says(b"", stays=True))
        request = asyncio.ensure_future(pool.send(call(server.url)))
        await until(lambda: len(server.peers) == 1)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert pool.open == 0
        await until(lambda: server.open == 0)

    async def test_times_are_told_when_they_are_asked_for(self, serve, pool):
        server = await serve(says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))
        trace = Trace()
        await pool.send(call(server.url, trace=trace))
        assert None not in (trace.dns_s, trace.connect_s, trace.first_byte_s, trace.total_s)
        assert trace.tls_s is None
        assert trace.proxy_s is None


async def test_a_switch_of_protocols_hands_over_the_connection_and_what_came_with_it(serve, pool):
    async def script(peer: Peer) -> None:
        assert "connection: upgrade\r\n" in await peer.head()
        await peer.say(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nearly")
        await peer.gone()

    server = await serve(script)
    reply = await pool.send(call(server.url, lines=[(b"upgrade", b"x")], upgrade=True))
    connection, octets = reply.upgrade()
    assert octets == b"early"
    assert pool.open == 0, "it is no connection of HTTP any more"
    connection.abort()
    await until(lambda: server.open == 0)


async def test_the_limit_of_a_head_is_the_clients(serve, make_pool):
    pool = make_pool(limits=Limits(headers=3))
    server = await serve(says(b"HTTP/1.1 200 OK\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\n\r\n"))
    with pytest.raises(ProtocolFailed, match="too many field lines"):
        await pool.send(call(server.url))
