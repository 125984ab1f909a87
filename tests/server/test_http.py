"""The server as a service: starting, stopping without losing a request."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from sennit import net
from sennit.errors import SennitError

TEXT = ((b"content-type", b"text/plain"),)
SOURCE = Path(__file__).parents[2] / "src"


class Gate:
    """A handler that answers once it is opened."""

    def __init__(self):
        self.opened = asyncio.Event()

    async def __call__(self, exchange):
        await self.opened.wait()
        exchange.respond(200, TEXT, b"late")


def hello(exchange):
    exchange.respond(200, TEXT, b"hello")


async def test_it_tells_where_it_listens(serve):
    running = await serve(hello)
    (address,) = running.server.addresses
    assert address.host == "127.0.0.1"
    assert address.port > 0


async def test_a_taken_port_is_told(serve):
    running = await serve(hello)
    with pytest.raises(SennitError) as caught:
        await serve(hello, f"tcp:{running.server.addresses[0].port}")
    assert caught.value.code == "net.E004"


class TestDraining:
    async def test_every_request_in_hand_is_answered_and_told_of_the_end(self, serve, dial, request_for, until):
        gate = Gate()
        running = await serve(gate)
        clients = [await dial(running) for _ in range(50)]
        for client in clients:
            client.send(request_for())
        await until(lambda: len(running.server.tasks) == 50)
        tree = net.ServiceTree()
        tree._running.append(running.server)
        stopping = asyncio.ensure_future(tree.stop(drain_s=20))
        await until(lambda: running.server.is_draining)
        gate.opened.set()
        for client in clients:
            answer = await client.answer()
            assert (answer.body, answer.closes) == (b"late", True)
            assert await client.rest() == b""
            client.writer.close()
        await stopping

    async def test_requests_that_the_kernel_has_but_nobody_read_are_answered(self, serve, dial, request_for):
        running = await serve(hello)
        clients = [await dial(running) for _ in range(20)]
        for client in clients:
            client.send(request_for())
        running.server.drain()
        for client in clients:
            assert (await client.answer()).closes
            client.writer.close()
        await running.server.drained()

    async def test_an_idle_connection_is_closed_at_once(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        await client.ask(request_for())
        running.server.drain()
        assert await client.rest() == b""
        await running.server.drained()

    async def test_one_that_has_not_asked_yet_has_a_second(self, serve, dial, request_for, until):
        running = await serve(hello)
        client, silent = await dial(running), await dial(running)
        await until(lambda: len(running.connections) == 2)
        running.server.drain()
        while running.server.listener._has_told is False:
            await asyncio.sleep(0.001)
        assert (await client.ask(request_for())).closes
        client.writer.close()
        running.jump(1)
        assert await silent.rest() == b""
        await running.server.drained()

    async def test_pipelined_requests_behind_the_last_answer_are_not_begun(self, serve, dial, request_for, until):
        gate = Gate()
        running = await serve(gate)
        client = await dial(running)
        client.send(request_for() * 3)
        await until(lambda: running.server.tasks)
        running.server.drain()
        gate.opened.set()
        assert (await client.answer()).closes
        assert await client.rest() == b""

    async def test_close_cancels_what_is_left(self, serve, dial, request_for, until):
        running = await serve(Gate())
        client = await dial(running)
        client.send(request_for())
        await until(lambda: running.server.tasks)
        await running.server.close()
        assert not running.server.tasks
        assert not running.connections


PROGRAM = """
import asyncio, signal, sys
from sennit import net
from sennit.server import HttpServer

async def slow(exchange):
    await asyncio.sleep(0.2)
    exchange.respond(200, (), b"answered")

async def main():
    tree, stop = net.ServiceTree(), asyncio.Event()
    server = HttpServer("tcp:0", slow)
    tree.add(server)
    await tree.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(server.addresses[0].port, flush=True)
    await stop.wait()
    await tree.stop(drain_s=20)

if sys.argv[1] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_process_that_gets_sigterm_answers_its_fifty_open_requests_and_ends_with_status_0(loop):
    async def client():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, loop, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(SOURCE)}
        )
        port = int(await process.stdout.readline())
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _, writer in pairs:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*(reader.read() for reader, _ in pairs))
        for _, writer in pairs:
            writer.close()
        return answers, await process.wait()

    answers, status = asyncio.run(client())
    assert all(answer.endswith(b"answered") for answer in answers)
    assert status == 0


class TestHandingOver:
    """Others serve on at the same place: a client is not to notice that this process ends."""

    async def test_an_idle_connection_stays_until_an_answer_has_told_it(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        assert b"connection" not in (await client.ask(request_for())).lines
        running.server.hand_over(24)
        running.server.drain()
        await asyncio.sleep(0.03)  # all connections have been told (net.listener.DRAIN_PAUSE_S)
        assert len(running.connections) == 1
        assert (await client.ask(request_for())).lines[b"connection"] == b"close"
        assert await client.rest() == b""
        client.writer.close()
        await running.server.drained()

    async def test_but_not_for_ever(self, serve, dial, request_for, until):
        running = await serve(hello)
        client = await dial(running)
        await client.ask(request_for())
        running.server.hand_over(24)
        running.server.drain()
        await until(lambda: any(connection.has_deadline("idle") for connection in running.connections))
        await asyncio.sleep(0.03)
        running.jump(25)
        assert await client.rest() == b""
        client.writer.close()
        await running.server.drained()

    async def test_nor_when_the_others_end_too(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        await client.ask(request_for())
        running.server.hand_over(24)
        running.server.drain()
        running.server.hurry()
        assert await client.rest() == b""
        client.writer.close()
        await running.server.drained()

    async def test_an_answer_that_began_before_ends_and_its_connection_with_it(self, serve, dial, request_for, until):
        gate = asyncio.Event()

        async def stream(exchange):
            await exchange.start(200, TEXT)
            await exchange.send(b"begun")
            await gate.wait()
            await exchange.finish()

        running = await serve(stream)
        client = await dial(running)
        client.send(request_for())
        await client.reader.readuntil(b"begun")
        running.server.drain()
        gate.set()
        assert (await client.rest()).endswith(b"0\r\n\r\n")
        client.writer.close()
        await running.server.drained()

    async def test_a_stream_without_an_end_is_asked_for_one(self, serve, dial, request_for):
        async def stream(exchange):
            ending = asyncio.Event()
            exchange.on_draining(ending.set)
            await exchange.start(200, TEXT)
            await exchange.send(b"begun")
            await ending.wait()
            await exchange.finish()

        running = await serve(stream)
        client = await dial(running)
        client.send(request_for())
        await client.reader.readuntil(b"begun")
        running.server.drain()
        assert (await client.rest()).endswith(b"0\r\n\r\n")
        client.writer.close()
        await running.server.drained()

    async def test_requests_are_counted(self, serve, dial, request_for):
        running = await serve(hello)
        client = await dial(running)
        for _ in range(3):
            await client.ask(request_for())
        assert running.server.requests == 3
