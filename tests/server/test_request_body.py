"""Bodies of requests, on a real connection."""

import asyncio

import pytest

TEXT = ((b"content-type", b"text/plain"),)
MOST = 1_000_000


async def echo(exchange):
    exchange.respond(200, TEXT, await exchange.read(MOST))


async def count(exchange):
    sizes = [len(piece) async for piece in exchange.stream(MOST)]
    exchange.respond(200, TEXT, str(sum(sizes)).encode())


def ignore(exchange):
    exchange.respond(404, TEXT, b"no")


async def ignore_later(exchange):
    await asyncio.sleep(0)
    ignore(exchange)


def chunked(*chunks, trailers=b""):
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"


CHUNKED = {"transfer_encoding": "chunked"}


class TestReading:
    @pytest.mark.parametrize("size", [1, 1000, 300_000])
    async def test_a_body_with_a_length_is_read(self, serve, dial, request_for, size):
        client = await dial(await serve(echo))
        body = b"x" * size
        for _ in range(2):
            assert (await client.ask(request_for(method="POST", body=body))).body == body

    async def test_a_chunked_body_is_read(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        data = request_for(method="POST", **CHUNKED) + chunked(b"he", b"llo", trailers=b"X-Sum: 1\r\n")
        for _ in range(2):
            assert (await client.ask(data)).body == b"hello"

    async def test_it_may_come_in_pieces_cut_anywhere(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        data = request_for(method="POST", **CHUNKED) + chunked(b"he", b"llo")
        for cut in range(1, len(data)):
            client.send(data[:cut])
            await asyncio.sleep(0)
            assert (await client.ask(data[cut:])).body == b"hello"

    async def test_pipelined_bodies_belong_to_their_requests(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        client.send(b"".join(request_for(method="POST", body=b"%d" % n) for n in range(20)))
        for n in range(20):
            assert (await client.answer()).body == b"%d" % n

    async def test_no_body_reads_as_empty(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        assert (await client.ask(request_for())).body == b""
        assert (await client.ask(request_for(method="POST", body=b""))).body == b""

    async def test_a_stream_is_followed_as_it_comes(self, serve, dial, request_for):
        client = await dial(await serve(count))
        assert (await client.ask(request_for(method="PUT", body=b"x" * 500_000))).body == b"500000"

    async def test_reading_twice_is_an_error_of_the_handler(self, serve, dial, request_for, caplog):
        async def twice(exchange):
            await exchange.read(MOST)
            await exchange.read(MOST)

        client = await dial(await serve(twice))
        assert (await client.ask(request_for(method="POST", body=b"x"))).status == 500
        assert "http.E014" in caplog.text

    async def test_a_handler_that_does_not_read_holds_the_client_back(self, serve, dial, request_for):
        go_on = asyncio.Event()

        async def late(exchange):
            await go_on.wait()
            await count(exchange)

        running = await serve(late)
        client = await dial(running)
        client.send(request_for(method="POST", body=b"x" * 900_000))
        for _ in range(200):
            await asyncio.sleep(0)
        (connection,) = running.connections
        assert connection.received_bytes < 600_000
        go_on.set()
        assert (await client.answer()).body == b"900000"


class TestLimits:
    @pytest.mark.parametrize("handler", [echo, count])
    async def test_a_length_over_the_limit_is_refused_at_once(self, serve, dial, request_for, handler):
        client = await dial(await serve(handler))
        client.send(request_for(method="POST", content_length=str(MOST + 1)))
        answer = await client.answer()
        assert (answer.status, answer.closes) == (413, True)

    @pytest.mark.parametrize("handler", [echo, count])
    async def test_chunks_over_the_limit_are_refused_on_the_way(self, serve, dial, request_for, handler):
        client = await dial(await serve(handler))
        client.send(request_for(method="POST", **CHUNKED) + chunked(*[b"x" * 100_000] * 11))
        assert (await client.answer()).status == 413

    async def test_broken_chunks_are_one_400_and_the_end(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        client.send(request_for(method="POST", **CHUNKED) + b"5\r\nhelloXX" + request_for("/smuggled"))
        answer = await client.answer()
        assert (answer.status, answer.closes) == (400, True)
        assert await client.rest() == b""

    async def test_broken_chunks_that_nobody_reads_end_the_connection_too(self, serve, dial, request_for):
        client = await dial(await serve(ignore))
        client.send(request_for(method="POST", **CHUNKED) + b"zz\r\n" + request_for("/smuggled"))
        assert (await client.answer()).status == 404
        assert await client.rest() == b""


class TestUnreadBodies:
    @pytest.mark.parametrize("handler", [ignore, ignore_later])
    async def test_a_short_one_is_drained_and_the_connection_goes_on(self, serve, dial, request_for, handler):
        client = await dial(await serve(handler))
        for body in (b"x" * 10, b"GET / HTTP/1.1\r\n\r\n", b"x" * 100_000):
            answer = await client.ask(request_for(method="POST", body=body))
            assert (answer.status, answer.closes) == (404, False)
        data = request_for(method="POST", **CHUNKED) + chunked(b"x" * 1000)
        assert (await client.ask(data)).status == 404
        assert (await client.ask(request_for())).status == 404

    @pytest.mark.parametrize("handler", [ignore, ignore_later])
    async def test_a_long_one_closes_and_the_answer_can_be_read(self, serve, dial, request_for, handler):
        client = await dial(await serve(handler))
        client.send(request_for(method="POST", body=b"x" * 3_000_000))
        answer = await client.answer()
        assert (answer.status, answer.closes) == (404, True)
        assert await client.rest() == b""

    async def test_endless_chunks_are_given_up(self, serve, dial, request_for):
        client = await dial(await serve(ignore_later))
        client.send(request_for(method="POST", **CHUNKED) + b"%x\r\n" % 2_000_000 + b"x" * 1_000_000)
        assert (await client.answer()).status == 404
        assert await client.rest() == b""


class TestExpect:  # RFC 9110 §10.1.1
    async def test_100_goes_out_once_when_the_body_is_asked_for(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        data = request_for(method="POST", body=b"hello", expect="100-continue")
        client.send(data[:-5])
        assert (await client.answer()).status == 100
        assert (await client.ask(b"hello")).body == b"hello"
        assert (await client.ask(request_for())).status == 200

    async def test_a_client_that_does_not_wait_gets_none(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        answer = await client.ask(request_for(method="POST", body=b"hello", expect="100-continue"))
        assert (answer.status, answer.body) == (200, b"hello")

    async def test_a_refusal_comes_without_100_and_closes(self, serve, dial, request_for):
        client = await dial(await serve(ignore_later))
        client.send(request_for(method="POST", body=b"hello", expect="100-continue")[:-5])
        answer = await client.answer()
        assert (answer.status, answer.closes) == (404, True)

    async def test_too_large_a_body_is_refused_before_it_is_sent(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        client.send(request_for(method="POST", expect="100-continue", content_length=str(MOST + 1)))
        assert (await client.answer()).status == 413

    async def test_it_is_ignored_in_1_0(self, serve, dial, request_for):
        client = await dial(await serve(echo))
        data = request_for(method="POST", body=b"hello", version="1.0", expect="100-continue")
        client.send(data[:-5])
        await asyncio.sleep(0)
        assert (await client.ask(b"hello")).body == b"hello"
