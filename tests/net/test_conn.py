"""The coroutine style."""

import asyncio

import pytest

from sennit import net
from sennit.errors import SennitError


@pytest.fixture
async def serve(listen, dial):
    """`reader, writer, listener = await serve(handler, **options)`"""

    async def start(handler, cancel=False, **options):
        options.setdefault("codec", net.lines(1000))
        listener = await listen(net.per_connection(handler, cancel=cancel), **options)
        reader, writer = await dial(listener)
        return reader, writer, listener

    return start


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def echo(conn):
    async for message in conn:
        await conn.send(message)


async def test_messages_are_iterated_over_and_answered(serve):
    reader, writer, _ = await serve(echo)
    writer.write(b"a\nb\n")
    assert await reader.readexactly(4) == b"a\nb\n"
    writer.write_eof()
    assert await reader.read() == b""


async def test_the_end_of_the_handler_closes_the_connection_and_the_last_words_arrive(serve):
    async def once(conn):
        await conn.send(await conn.recv())

    reader, writer, _ = await serve(once)
    writer.write(b"x\n" * 1000)
    assert await reader.read() == b"x\n"


async def test_batches_give_what_is_there(serve):
    batches = []

    async def collect(conn):
        async for batch in conn.batches(max=2):
            batches.append(batch)

    reader, writer, _ = await serve(collect)
    writer.write(b"1\n2\n3\n")
    writer.write_eof()
    await reader.read()
    assert batches == [["1", "2"], ["3"]]


async def test_receiving_from_a_peer_that_has_gone_raises(serve):
    caught = []

    async def two(conn):
        caught.append(await conn.recv())
        try:
            await conn.recv()
        except net.ConnectionClosed as error:
            caught.append(str(error.reason))

    reader, writer, _ = await serve(two)
    writer.write(b"one\n")
    writer.write_eof()
    await reader.read()
    assert caught == ["one", "clean"]


async def test_waiting_for_a_message_has_a_time_limit_and_loses_nothing(serve):
    async def patient(conn):
        with pytest.raises(TimeoutError):
            await conn.recv(timeout_s=0.01)
        await conn.send("late")
        await conn.send(await conn.recv(timeout_s=5))

    reader, writer, _ = await serve(patient)
    assert await reader.readline() == b"late\n"
    writer.write(b"here\n")
    assert await reader.read() == b"here\n"


async def test_sending_waits_while_the_peer_does_not_read(serve):
    sent = []

    async def flood(conn):
        while len(sent) < 1000:
            await conn.send("x" * 65536)
            sent.append(1)

    reader, _, _ = await serve(flood)
    reader._transport.pause_reading()
    for _ in range(2000):
        await asyncio.sleep(0)
    assert len(sent) < 500
    reader._transport.resume_reading()
    while await reader.read(1 << 20):
        pass
    assert len(sent) == 1000


async def test_offering_refuses_where_sending_would_wait(serve):
    refused = asyncio.Event()

    async def flood(conn):
        while conn.offer("x" * 65536):
            await asyncio.sleep(0)
        refused.set()
        await conn.closed

    reader, writer, _ = await serve(flood)
    reader._transport.pause_reading()
    await refused.wait()
    writer.transport.abort()


async def test_a_handler_that_does_not_receive_pauses_the_peer(serve):
    conns = []

    async def lazy(conn):
        conns.append(conn)
        await conn.closed

    _, writer, listener = await serve(lazy, limits=net.Limits(read_buffer=1000))
    writer.write(b"x" * 100 + b"\n")
    for _ in range(200):
        writer.write(b"line\n" * 1000)
        await asyncio.sleep(0)
    (connection,) = listener.connections
    await until(lambda: writer.transport.get_write_buffer_size() > 0 or connection.received_bytes < 1_000_000)
    before = connection.received_bytes
    for _ in range(50):
        await asyncio.sleep(0)
    assert connection.received_bytes == before < 1_000_000


async def test_an_exception_cuts_one_connection_and_is_logged_once(serve, caplog):
    async def broken(conn):
        await conn.recv()
        raise ValueError("no")

    _reader, writer, listener = await serve(broken)
    writer.write(b"x\n")
    await until(lambda: caplog.records)
    await until(lambda: not listener.connections)
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_a_framing_error_can_be_answered_by_the_handler(serve):
    async def strict(conn):
        try:
            async for line in conn:
                await conn.send(line)
        except net.ProtocolError as error:
            await conn.send(f"554 {error.message}")

    reader, writer, _ = await serve(strict, codec=net.lines(3))
    writer.write(b"ok\n" + b"x" * 1_000_000)
    assert await reader.read() == b"ok\n554 a line is longer than 3 bytes\n"


async def test_two_receivers_are_told_apart_at_once(serve):
    errors = []

    async def greedy(conn):
        first = asyncio.ensure_future(conn.recv())
        await asyncio.sleep(0)
        try:
            await conn.recv()
        except SennitError as error:
            errors.append(error.code)
        await first

    reader, writer, _ = await serve(greedy)
    await until(lambda: errors)
    writer.write(b"x\n")
    assert await reader.read() == b""
    assert errors == ["net.E005"]


class TestPeersThatLeave:
    async def test_the_handler_goes_on(self, serve):
        done = asyncio.Event()

        async def slow(conn):
            await conn.send(await conn.recv())
            await conn.closed
            await asyncio.sleep(0)
            done.set()

        reader, writer, _ = await serve(slow)
        writer.write(b"x\n")
        await reader.readline()
        writer.transport.abort()
        await done.wait()

    async def test_the_handler_is_cancelled_when_it_asked_for_it(self, serve):
        cancelled = asyncio.Event()

        async def slow(conn):
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        _, writer, listener = await serve(slow, cancel=True)
        await until(lambda: listener.connections)
        writer.transport.abort()
        await cancelled.wait()


class TestDraining:
    async def test_iteration_ends_after_what_is_in_hand(self, serve):
        got, began = [], asyncio.Event()

        async def slow(conn):
            async for line in conn:
                got.append(line)
                began.set()
                while not conn.draining:
                    await asyncio.sleep(0)
            await conn.send("bye")

        reader, writer, listener = await serve(slow)
        writer.write(b"1\n2\n3\n")
        await began.wait()
        listener.drain()
        assert await reader.read() == b"bye\n"
        assert got == ["1", "2", "3"]
        writer.close()
        await listener.drained()

    async def test_a_waiting_iteration_is_woken(self, serve):
        reader, writer, listener = await serve(echo)
        writer.write(b"x\n")
        await reader.readline()
        listener.drain()
        assert await reader.read() == b""


class TestBroadcast:
    async def test_a_message_is_encoded_once_for_all_of_one_wire(self, serve, dial):
        room, encoded = set(), []

        class Counting:
            wire = "counting"
            pending = 0

            def feed(self, data):
                return [data]

            def eof(self):
                return []

            def encode(self, message):
                encoded.append(message)
                return message

        async def join(conn):
            room.add(conn)
            await conn.closed

        reader, _, listener = await serve(join, codec=Counting)
        second, _ = await dial(listener)
        await until(lambda: len(room) == 2)
        assert net.broadcast(room, b"hi") == 2
        assert await reader.readexactly(2) == await second.readexactly(2) == b"hi"
        assert encoded == [b"hi"]

    async def test_a_slow_peer_misses_it_or_is_put_out(self, serve):
        room = []

        async def join(conn):
            room.append(conn)
            reason = await conn.closed
            room.append(reason)

        reader, _, _ = await serve(join)
        reader._transport.pause_reading()
        await until(lambda: room)
        while net.broadcast(room, "x" * 65536, slow="drop"):
            await asyncio.sleep(0)
        assert not room[0].is_closed
        net.broadcast(room, "x", slow="close")
        await until(lambda: len(room) == 2)
        assert room[1] == net.Evicted("write_buffer")
