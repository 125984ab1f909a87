"""Requests and answers of one connection."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from sennit.errors import BadRequest
from sennit.http import Disconnected

TEXT = ((b"content-type", b"text/plain"),)
CORPUS_FILE = Path(__file__).parents[1] / "protocols" / "http1" / "corpus.jsonl"
CORPUS = [json.loads(line) for line in CORPUS_FILE.read_text().splitlines()]


def hello(exchange):
    exchange.respond(200, TEXT, b"hello " + exchange.raw_path.encode())


async def slowly(exchange):
    await asyncio.sleep(0)
    hello(exchange)


class TestAnswers:
    @pytest.mark.parametrize("handler", [hello, slowly])
    async def test_a_get_is_answered(self, serve, dial, request_for, handler):
        client = await dial(await serve(handler))
        answer = await client.ask(request_for("/x"))
        assert (answer.status, answer.body) == (200, b"hello /x")
        assert re.fullmatch(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.lines[b"date"])
        assert set(answer.lines) == {b"content-type", b"date", b"content-length"}

    async def test_the_connection_is_kept_for_the_next_request(self, serve, dial, request_for):
        client = await dial(await serve(slowly))
        for path in ("/1", "/2", "/3"):
            assert (await client.ask(request_for(path))).body == b"hello " + path.encode()

    async def test_a_request_may_come_in_pieces_cut_anywhere(self, serve, dial, request_for):
        client = await dial(await serve(hello))
        data = request_for("/cut")
        for cut in range(1, len(data)):
            client.send(data[:cut])
            await asyncio.sleep(0)
            assert (await client.ask(data[cut:])).body == b"hello /cut"

    async def test_all_of_the_request_can_be_asked_for(self, serve, dial, request_for):
        seen = {}

        def look(exchange):
            names = ("method", "raw_path", "query_string", "http_version", "scheme", "host", "has_body")
            seen.update(
                {name: getattr(exchange, name) for name in names}, client=exchange.client, x=exchange.fields["x"]
            )
            exchange.respond(204, (), b"")

        client = await dial(await serve(look))
        await client.ask(request_for("/a%20b?c=d", x="y"))
        assert seen.pop("client").host == "127.0.0.1"
        assert seen == {
            "method": "GET",
            "raw_path": "/a%20b",
            "query_string": "c=d",
            "http_version": "1.1",
            "scheme": "http",
            "host": "a.example",
            "has_body": False,
            "x": "y",
        }

    async def test_head_has_the_lines_of_get_without_a_body(self, serve, dial, request_for):
        client = await dial(await serve(hello))
        answer = await client.ask(request_for(method="HEAD"), "HEAD")
        assert answer.lines[b"content-length"] == b"7"
        assert (await client.ask(request_for())).body == b"hello /"

    @pytest.mark.parametrize("status", [204, 304])
    async def test_some_statuses_have_no_body_and_no_length(self, serve, dial, request_for, status):
        client = await dial(await serve(lambda exchange: exchange.respond(status, (), b"ignored")))
        answer = await client.ask(request_for())
        assert (answer.status, set(answer.lines)) == (status, {b"date"})
        assert (await client.ask(request_for())).status == status

    async def test_a_unix_socket_is_served(self, serve, dial, request_for, tmp_path):
        seen = []

        def look(exchange):
            seen.append(exchange.client)
            hello(exchange)

        client = await dial(await serve(look, f"unix:{tmp_path}/s"))
        assert (await client.ask(request_for())).status == 200
        assert seen[0].port == 0


class TestEnds:
    async def test_a_client_that_asks_for_it_is_closed(self, serve, dial, request_for):
        client = await dial(await serve(slowly))
        answer = await client.ask(request_for(connection="close"))
        assert answer.closes
        assert await client.rest() == b""

    async def test_http_1_0_is_closed_unless_it_asks_to_be_kept(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        answer = await client.ask(request_for(version="1.0", connection="keep-alive"))
        assert answer.lines[b"connection"] == b"keep-alive"
        assert (await client.ask(request_for(version="1.0"))).closes
        assert await client.rest() == b""

    async def test_a_client_that_ends_its_side_gets_all_that_it_asked_for(self, serve, dial, request_for):
        client = await dial(await serve(slowly))
        client.send(request_for("/1") + request_for("/2"))
        client.writer.write_eof()
        assert (await client.answer()).body == b"hello /1"
        assert (await client.answer()).body == b"hello /2"
        assert await client.rest() == b""

    async def test_nothing_is_answered_to_a_client_that_says_nothing(self, serve, dial):
        client = await dial(await serve(hello))
        client.writer.write_eof()
        assert await client.rest() == b""


class TestPipelining:
    async def test_answers_keep_the_order_of_the_requests(self, serve, dial, request_for):
        async def first_is_slow(exchange):
            for _ in range(20 if exchange.raw_path == "/1" else 0):
                await asyncio.sleep(0)
            hello(exchange)

        client = await dial(await serve(first_is_slow))
        client.send(b"".join(request_for(f"/{n}") for n in range(1, 6)))
        for n in range(1, 6):
            assert (await client.answer()).body == f"hello /{n}".encode()

    async def test_one_request_at_a_time_is_in_hand(self, serve, dial, request_for):
        running_now, most = set(), []

        async def count(exchange):
            running_now.add(exchange)
            most.append(len(running_now))
            await asyncio.sleep(0)
            running_now.discard(exchange)
            hello(exchange)

        client = await dial(await serve(count))
        client.send(request_for() * 10)
        for _ in range(10):
            await client.answer()
        assert set(most) == {1}

    async def test_all_of_one_read_is_answered_in_one_write(self, serve, dial, request_for, until):
        running = await serve(hello)
        client = await dial(running)
        await client.ask(request_for())
        (connection,) = running.connections
        writes, write = [], connection._transport.write

        class Watching:
            def __getattr__(self, name):
                return getattr(transport, name)

            def write(self, data):
                writes.append(data)
                write(data)

        transport, connection._transport = connection._transport, Watching()
        client.send(request_for() * 10)
        for _ in range(10):
            await client.answer()
        assert len(writes) == 1

    async def test_after_sixteen_others_get_their_turn(self, serve, dial, request_for):
        client = await dial(await serve(hello, pipelined=16))
        client.send(request_for() * 100)
        for _ in range(100):
            assert (await client.answer()).status == 200

    async def test_a_client_that_does_not_read_is_held_back(self, serve, dial, request_for, until):
        asked = []

        def large(exchange):
            asked.append(1)
            exchange.respond(200, TEXT, b"x" * 100_000)

        running = await serve(large)
        client = await dial(running)
        client.reader._transport.pause_reading()
        client.send(request_for() * 1000)
        before = -1
        while before != len(asked):
            before = len(asked)
            for _ in range(200):
                await asyncio.sleep(0)
        (connection,) = running.connections
        assert len(asked) < 500
        assert connection.buffered < 2_000_000
        client.reader._transport.resume_reading()
        for _ in range(1000):
            assert len((await client.answer()).body) == 100_000

    async def test_requests_behind_one_in_hand_are_held_as_bytes_and_bounded(self, serve, dial, request_for, until):
        go_on = asyncio.Event()

        async def wait(exchange):
            await go_on.wait()
            hello(exchange)

        running = await serve(wait)
        client = await dial(running)
        client.send(request_for() * 20_000)
        for _ in range(300):
            await asyncio.sleep(0)
        (connection,) = running.connections
        assert connection.received_bytes < 600_000
        go_on.set()
        for _ in range(20_000):
            assert (await client.answer()).status == 200


class TestHandlersThatFail:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_an_exception_is_a_500_and_one_entry_in_the_log(self, serve, dial, request_for, caplog, is_async):
        async def later(exchange):
            raise ValueError("secret")

        def now(exchange):
            raise ValueError("secret")

        client = await dial(await serve(later if is_async else now))
        answer = await client.ask(request_for())
        assert answer.status == 500
        assert b"secret" not in answer.body
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]
        assert (await client.ask(request_for())).status == 500

    async def test_a_problem_has_its_status(self, serve, dial, request_for):
        async def picky(exchange):
            raise BadRequest(detail="no")

        client = await dial(await serve(picky))
        assert (await client.ask(request_for())).status == 400

    async def test_no_answer_is_a_500(self, serve, dial, request_for, caplog):
        async def forgetful(exchange):
            pass

        client = await dial(await serve(forgetful))
        assert (await client.ask(request_for())).status == 500
        assert "server.E001" in caplog.text

    async def test_a_line_that_would_split_the_answer_is_a_500(self, serve, dial, request_for, caplog):
        client = await dial(await serve(lambda exchange: exchange.respond(200, [(b"x", b"a\r\nb: c")], b"")))
        assert (await client.ask(request_for())).status == 500
        assert "http.E012" in caplog.text

    async def test_answering_twice_is_an_error_of_the_handler_and_sends_one_answer(
        self, serve, dial, request_for, caplog
    ):
        async def twice(exchange):
            hello(exchange)
            hello(exchange)

        client = await dial(await serve(twice))
        assert (await client.ask(request_for())).status == 200
        assert (await client.ask(request_for())).status == 200
        assert "http.E010" in caplog.text


class TestMalformedRequests:
    @pytest.mark.parametrize(
        ("data", "status", "says"),
        [
            (b"NOT HTTP\r\n\r\n", 400, b"version"),
            (b"GET / HTTP/1.1\r\n\r\n", 400, b"Host is missing"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, b"Content-Length"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", 431, b"too long"),
            (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, b"too long"),
            (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, b"HTTP/1.1"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, b"chunked"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417, b"100-continue"),
        ],
    )
    async def test_they_get_a_short_text_that_says_what_was_wrong(self, serve, dial, request_for, data, status, says):
        running = await serve(hello)
        client = await dial(running)
        answer = await client.ask(data + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (answer.status, answer.closes) == (status, True)
        assert answer.lines[b"content-type"] == b"text/plain; charset=utf-8"
        assert says in answer.body
        assert await client.rest() == b""
        other = await dial(running)
        assert (await other.ask(request_for())).status == 200

    async def test_good_ones_before_it_are_answered(self, serve, dial, request_for):
        client = await dial(await serve(slowly))
        client.send(request_for("/1") + request_for("/2") + b"BAD\r\n\r\n")
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 400]

    async def test_a_client_that_is_still_sending_can_read_the_answer(self, serve, dial):
        client = await dial(await serve(hello))
        client.send(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 3_000_000)
        assert (await client.answer()).status == 431


@pytest.mark.parametrize("message", CORPUS, ids=lambda message: message["name"])
async def test_no_message_of_the_corpus_makes_the_server_fail(serve, dial, request_for, caplog, message):
    async def echo(exchange):
        exchange.respond(200, TEXT, await exchange.read(1000))

    running = await serve(echo)
    client = await dial(running)
    client.send(message["data"].encode("latin-1"))
    client.writer.write_eof()
    answers = await client.rest()
    assert answers == b"" or answers.startswith(b"HTTP/1.1 ")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert (await (await dial(running)).ask(request_for())).status == 200


class TestClientsThatLeave:
    async def wait_forever(self, exchange, state, ask):
        exchange.cancel_on_disconnect = ask
        state.append("began")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            state.append("cancelled")
            raise

    @pytest.mark.parametrize("how", ["close", "abort"])
    async def test_the_handler_is_cancelled_if_it_asked_for_it(self, serve, dial, request_for, until, how):
        state = []
        running = await serve(lambda exchange: self.wait_forever(exchange, state, True))
        client = await dial(running)
        client.send(request_for())
        await until(lambda: state)
        getattr(client.writer.transport, how)()
        await until(lambda: len(state) == 2)
        assert state[1] == "cancelled"
        await until(lambda: not running.connections)
        assert not running.server.tasks

    async def test_the_handler_finishes_otherwise(self, serve, dial, request_for, until):
        state, gone = [], asyncio.Event()

        async def steadfast(exchange):
            state.append("began")
            await gone.wait()
            hello(exchange)
            state.append("done")

        running = await serve(steadfast)
        client = await dial(running)
        client.send(request_for(method="POST", body=b""))
        await until(lambda: state)
        client.writer.transport.abort()
        for _ in range(20):
            await asyncio.sleep(0)
        gone.set()
        await until(lambda: state == ["began", "done"])

    async def test_who_reads_the_body_is_told(self, serve, dial, request_for, until):
        caught = []

        async def read(exchange):
            try:
                await exchange.read(100)
            except Disconnected as error:
                caught.append(error)
                raise

        running = await serve(read)
        client = await dial(running)
        client.send(request_for(method="POST", body=b"12345")[:-2])
        await until(lambda: running.server.tasks)
        client.writer.transport.close()
        await until(lambda: caught)
        await until(lambda: not running.connections)

    async def test_who_streams_is_told(self, serve, dial, request_for, until):
        caught = []

        async def stream(exchange):
            await exchange.start(200, TEXT)
            try:
                while True:
                    await exchange.send(b"x" * 10_000)
            except Disconnected:
                caught.append(True)
                raise

        running = await serve(stream)
        client = await dial(running)
        client.send(request_for())
        await client.reader.readuntil(b"\r\n\r\n")
        client.writer.transport.abort()
        await until(lambda: caught)
