"""Slow clients and slow handlers, on a clock that jumps."""

import asyncio

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
