"""Slow clients and slow handlers, on a clock that jumps."""

import asyncio
import time

import pytest

from sennit.http.date import http_date

TEXT = ((b"content-type", b"text/plain"),)


def hello(exchange):
    exchange.respond(200, TEXT, b"hello")


async def read(exchange):
    exchange.respond(200, TEXT, await exchange.read(1_000_000))


class TestHeader:
    async def test_a_head_that_does_not_end_is_a_408(self, serve, dial, until):
        running = await serve(hello)
        client = await dial(running)
        client.send(b"GET / HT")
        await until(lambda: any(connection.received_bytes for connection in running.connections))
        running.jump(9)
        client.send(b"TP/1.1\r\nHo")
        await until(lambda: next(iter(running.connections)).received_bytes > 10)
        running.jump(1)
        answer = await client.answer()
        assert (answer.status, answer.closes) == (408, True)
        assert await client.rest() == b""

    async def test_the_time_begins_anew_with_each_request(self, serve, dial, request_for, until):
        running = await serve(hello)
        client = await dial(running)
        for _ in range(3):
            client.send(request_for()[:10])
            await until(lambda: next(iter(running.connections)).has_deadline("header"))
            running.jump(9)
            assert (await client.ask(request_for()[10:])).status == 200

    async def test_a_client_that_says_nothing_is_closed_without_a_word(self, serve, dial, until):
        running = await serve(hello)
        client = await dial(running)
        await until(lambda: running.connections)
        running.jump(10)
        assert await client.rest() == b""


class TestIdle:
    async def test_a_kept_connection_is_closed_after_its_time(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        for _ in range(3):
            await client.ask(request_for())
            running.jump(70)
        running.jump(5)
        assert await client.rest() == b""

    async def test_a_request_in_hand_is_not_idle(self, serve, dial, request_for, until):
        go_on = asyncio.Event()

        async def wait(exchange):
            await go_on.wait()
            hello(exchange)

        running = await serve(wait)
        client = await dial(running)
        client.send(request_for())
        await until(lambda: running.server.tasks)
        for _ in range(3):
            running.jump(76)
        go_on.set()
        assert (await client.answer()).status == 200
        running.jump(74)
        assert (await client.ask(request_for())).status == 200


class TestBody:
    async def test_one_that_is_too_slow_is_a_408(self, serve, dial, request_for, until):
        running = await serve(read)
        client = await dial(running)
        client.send(request_for(method="POST", body=b"x" * 100_000)[:-99_000])
        await until(lambda: running.server.tasks)
        (connection,) = running.connections
        await until(lambda: connection.has_deadline("body"))
        running.jump(10)
        running.jump(5)
        answer = await client.answer()
        assert (answer.status, answer.closes) == (408, True)

    async def test_one_that_keeps_its_rate_is_not(self, serve, dial, request_for, until):
        running = await serve(read)
        client = await dial(running)
        client.send(request_for(method="POST", body=b"x" * 31_000)[:-30_000])
        await until(lambda: running.server.tasks)
        (connection,) = running.connections
        await until(lambda: connection.has_deadline("body"))
        running.jump(10)
        for n in range(1, 6):
            before = connection.received_bytes
            client.send(b"x" * 6000)
            await until(lambda: connection.received_bytes == before + 6000)  # noqa: B023
            if n < 5:
                running.jump(5)
        assert len((await client.answer()).body) == 31_000

    async def test_time_in_which_the_handler_does_not_read_does_not_count(self, serve, dial, request_for, until):
        go_on = asyncio.Event()

        async def late(exchange):
            await go_on.wait()
            await read(exchange)

        running = await serve(late)
        client = await dial(running)
        client.send(request_for(method="POST", body=b"x" * 900_000))
        await until(lambda: running.connections and next(iter(running.connections)).has_deadline("body"))
        for _ in range(50):
            await asyncio.sleep(0)
        for _ in range(10):
            running.jump(5)
        go_on.set()
        assert len((await client.answer()).body) == 900_000

    async def test_a_drain_that_does_not_end_is_cut(self, serve, dial, request_for, until):
        running = await serve(hello)
        client = await dial(running)
        assert (await client.ask(request_for(method="POST", body=b"x" * 100)[:-50])).status == 200
        running.jump(10)
        assert await client.rest() == b""


class TestRequest:
    async def test_a_handler_that_takes_too_long_is_cancelled_and_a_503(self, serve, dial, request_for, until):
        steps = []

        async def stuck(exchange):
            steps.append("began")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                steps.append("cancelled")
                raise

        running = await serve(stuck, request_s=60)
        client = await dial(running)
        client.send(request_for())
        await until(lambda: steps)
        running.jump(59)
        running.jump(1)
        answer = await client.answer()
        assert (answer.status, answer.closes) == (503, True)
        await until(lambda: steps == ["began", "cancelled"] and not running.server.tasks)

    async def test_one_that_has_not_begun_is_never_begun(self, serve, dial, request_for, until):
        begun = []

        async def handler(exchange):
            begun.append(True)

        def lazily(exchange):
            coroutine = handler(exchange)
            exchange.asyncio_task = True
            asyncio.get_running_loop().call_soon(running.jump, 300)
            return coroutine

        running = await serve(lazily)
        client = await dial(running)
        assert (await client.ask(request_for())).status == 503
        await until(lambda: not running.server.tasks)
        assert not begun

    async def test_what_it_answers_late_is_dropped(self, serve, dial, request_for, until, caplog):
        async def stubborn(exchange):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                exchange.respond(200, TEXT, b"late")

        running = await serve(stubborn, request_s=60)
        client = await dial(running)
        client.send(request_for())
        await until(lambda: running.server.tasks)
        running.jump(60)
        assert (await client.answer()).status == 503
        assert await client.rest() == b""

    async def test_the_time_is_that_of_one_request(self, serve, dial, request_for, until):
        async def wait(exchange):
            await go_on.wait()
            hello(exchange)

        running = await serve(wait, request_s=60)
        client = await dial(running)
        for _ in range(3):
            go_on = asyncio.Event()
            client.send(request_for())
            await until(lambda: running.server.tasks)
            running.jump(40)
            go_on.set()
            assert (await client.answer()).status == 200
            await until(lambda: not running.server.tasks)

    async def test_a_stream_may_take_longer(self, serve, dial, request_for):
        go_on = asyncio.Event()

        async def stream(exchange):
            await exchange.start(200, TEXT)
            await exchange.send(b"a")
            await go_on.wait()
            await exchange.finish()

        running = await serve(stream, request_s=60)
        client = await dial(running)
        client.send(request_for())
        await client.reader.readuntil(b"\r\n\r\n")
        running.jump(100)
        go_on.set()
        assert await client._chunks() == b"a"


async def test_a_client_that_does_not_take_its_answer_is_cut(serve, dial, request_for, until):
    running = await serve(lambda exchange: exchange.respond(200, TEXT, b"x" * 20_000_000))
    client = await dial(running)
    client.reader._transport.pause_reading()
    client.send(request_for())
    await until(lambda: running.connections and next(iter(running.connections)).is_blocked)
    for _ in range(100):
        await asyncio.sleep(0)
    running.jump(1)
    running.jump(30)
    await until(lambda: not running.connections)


class TestWallClock:
    @pytest.mark.parametrize("jump", [-3600, 365 * 24 * 3600], ids=["an hour back", "a year on"])
    async def test_r18_a_jump_of_the_wall_clock_drops_no_connection_and_the_date_is_right_after_a_second(
        self, serve, dial, request_for, monkeypatch, jump
    ):
        running = await serve(hello)
        client, partial = await dial(running), await dial(running)
        await client.ask(request_for())
        partial.send(request_for()[:10])
        then = time.time() + jump
        monkeypatch.setattr(time, "time", lambda: then)
        running.jump(1)
        answer = await client.ask(request_for())
        assert answer.lines[b"date"] == http_date(then).encode()
        assert (await partial.ask(request_for()[10:])).status == 200

    async def test_r18_time_outs_are_on_the_monotonic_clock(self, monkeypatch):
        """The clock of a listener is `time.monotonic` unless a test gives another."""
        from sennit import net

        monkeypatch.setattr(time, "time", lambda: 0.0)
        listener = net.Listener("tcp:0", net.Protocol)
        assert abs(listener.deadlines.now - time.monotonic()) < 60


class TestManySlowClients:
    @pytest.mark.parametrize(
        ("sent", "seconds"),
        [(b"", 10), (b"GET / HTTP/1.1\r\nHo", 10), (b"\r\n", 10)],
        ids=["silent", "half a head", "empty lines"],
    )
    async def test_r15_two_hundred_are_dropped_in_time(self, serve, dial, until, sent, seconds):
        running = await serve(hello)
        clients = [await dial(running) for _ in range(200)]
        for client in clients:
            client.send(sent)
        await until(
            lambda: len(running.connections) == 200 and all(c.received_bytes == len(sent) for c in running.connections)
        )
        running.jump(seconds)
        for client in clients:
            assert (await client.rest())[:12] in (b"", b"HTTP/1.1 408")
            client.writer.close()
        await until(lambda: not running.connections)
