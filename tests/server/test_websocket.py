"""WebSockets of the server, spoken to by another implementation and by raw frames."""

import asyncio
import os

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame

from sennit.http import WebSocketClosed, WebSocketOffer
from sennit.net import ConnectionClosed as ConnectionClosedOfNet

MOST = 1 << 20
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True):
    return Frame(opcode, payload, fin).serialize(mask=True)


def accepting(talk, **options):
    async def handler(exchange):
        websocket = exchange.accept_websocket(options.get("subprotocol"), (), max_message=options.get("most", MOST))
        await talk(websocket)

    return handler


async def echo(websocket):
    while True:
        await websocket.send(await websocket.receive())


async def send_all(client, messages):
    for message in messages:
        await client.send(message)


@pytest.fixture
async def open():
    """`websocket = await open(running)`: a client of the `websockets` library."""
    clients = []

    async def connecting(running, **options):
        options.setdefault("compression", None)
        client = await connect(f"ws://127.0.0.1:{running.server.addresses[0].port}/ws", **options)
        clients.append(client)
        return client

    yield connecting
    for client in clients:
        client.transport.abort()


@pytest.fixture
def raw(dial):
    """`client = await raw(running)`: past the handshake, for frames written by hand."""

    async def opened(running, early=b""):
        client = await dial(running)
        client.send(HANDSHAKE + early)
        assert (await client.answer()).status == 101
        return client

    return opened


class TestHandshake:
    async def test_messages_travel_both_ways_after_it(self, serve, open):
        client = await open(await serve(accepting(echo)))
        for message in ("zoë", b"\xff\0", "", b"", "x" * 100_000, os.urandom(200_000)):
            await client.send(message)
            assert await client.recv() == message

    async def test_the_offer_of_the_client_is_told(self, serve, open):
        offers = []

        async def handler(exchange):
            offers.append(exchange.websocket_offer)
            await echo(exchange.accept_websocket("b", ((b"x-extra", b"y"),), max_message=MOST))

        client = await open(await serve(handler), subprotocols=["a", "b"], origin="http://o")
        assert offers == [WebSocketOffer(("a", "b"), "http://o")]
        assert client.subprotocol == "b"
        assert client.response.headers["x-extra"] == "y"

    async def test_an_ordinary_request_offers_nothing_and_cannot_be_accepted(self, serve, dial, request_for, caplog):
        async def handler(exchange):
            assert exchange.websocket_offer is None
            exchange.accept_websocket(None, (), max_message=MOST)

        client = await dial(await serve(handler))
        assert (await client.ask(request_for())).status == 500
        assert "http.E016" in caplog.text

    async def test_it_can_be_refused_with_a_status(self, serve, open):
        running = await serve(lambda exchange: exchange.respond(403, (), b"no"))
        with pytest.raises(InvalidStatus, match="403"):
            await open(running)

    async def test_a_frame_that_comes_with_it_is_not_lost(self, serve, raw):
        client = await raw(await serve(accepting(echo)), early=frame(TEXT, b"early"))
        assert await client.reader.readexactly(7) == b"\x81\x05early"

    async def test_it_may_be_accepted_without_a_task(self, serve, raw):
        opened = []

        def handler(exchange):
            opened.append(exchange.accept_websocket(None, (), max_message=MOST))

        client = await raw(await serve(handler), early=frame(TEXT, b"early"))
        assert await opened[0].receive() == "early"
        await opened[0].send("answer")
        assert await client.reader.readexactly(8) == b"\x81\x06answer"


class TestMessages:
    async def test_all_of_one_read_is_answered_in_one_write(self, serve, raw, until):
        running = await serve(accepting(echo))
        client = await raw(running)
        (connection,) = running.connections
        writes, transport = [], connection._transport

        class Watching:
            def __getattr__(self, name):
                return getattr(transport, name)

            def write(self, data):
                writes.append(data)
                transport.write(data)

        connection._transport = Watching()
        client.send(frame(TEXT, b"x") * 10)
        assert await client.reader.readexactly(30) == b"\x81\x01x" * 10
        assert len(writes) == 1

    async def test_a_handler_that_does_not_receive_holds_the_client_back(self, serve, raw):
        go_on = asyncio.Event()

        async def late(websocket):
            await go_on.wait()
            for _ in range(3000):
                await websocket.receive()
            await websocket.send("done")

        running = await serve(accepting(late))
        client = await raw(running)
        client.send(frame(BINARY, b"x" * 1000) * 3000)
        for _ in range(300):
            await asyncio.sleep(0)
        (connection,) = running.connections
        assert connection.received_bytes < 2_000_000
        go_on.set()
        assert await client.reader.readexactly(6) == b"\x81\x04done"

    async def test_r16_a_client_that_does_not_receive_holds_the_handler_back(self, serve, raw, until):
        sent, offered, woken = [], [], []

        async def flood(websocket):
            websocket.on_writable(lambda: woken.append(True))
            prepared = websocket.prepare(b"x" * 60_000)
            while websocket.offer(prepared):
                offered.append(True)
                await asyncio.sleep(0)
            await websocket.send("more")
            sent.append(True)
            await websocket.receive()

        client = await raw(await serve(accepting(flood)))
        client.reader._transport.pause_reading()
        await until(lambda: offered)
        before = -1
        while before != len(offered):
            before = len(offered)
            for _ in range(100):
                await asyncio.sleep(0)
        assert not sent
        assert not woken
        client.reader._transport.resume_reading()
        reading = asyncio.ensure_future(client.reader.read(-1))
        await until(lambda: sent and woken)
        reading.cancel()

    async def test_r16_a_client_that_pings_and_does_not_read_is_held_back(self, serve, raw, until):
        running = await serve(accepting(echo))
        client = await raw(running)
        client.reader._transport.pause_reading()
        (connection,) = running.connections
        for _ in range(400):
            client.send(frame(PING, b"x" * 125) * 500)
            await asyncio.sleep(0)
        await until(lambda: connection.is_blocked)
        before = connection.received_bytes
        for _ in range(100):
            await asyncio.sleep(0)
        assert connection.received_bytes - before < 1_000_000
        assert connection.buffered < 2_000_000

    async def test_messages_before_a_close_in_one_read_are_answered_before_it(self, serve, raw):
        client = await raw(await serve(accepting(echo)))
        client.send(frame(TEXT, b"last") + frame(CLOSE, b"\x03\xe8"))
        assert await client.rest() == b"\x81\x04last" + b"\x88\x02\x03\xe8"

    async def test_a_message_is_queued_by_the_call_and_waits_for_nothing(self, serve, raw):
        async def talk(websocket):
            websocket.send("a").close()
            await asyncio.create_task(websocket.send("b"))
            await asyncio.gather(websocket.send("c"), websocket.send("d"))
            await websocket.receive()

        client = await raw(await serve(accepting(talk)))
        assert await client.reader.readexactly(12) == b"\x81\x01a\x81\x01b\x81\x01c\x81\x01d"

    async def test_two_sides_that_write_much_and_then_read_do_not_wait_for_each_other(self, serve, open):
        async def talk(websocket):
            for _ in range(50):
                await websocket.send(b"x" * 100_000)
            for _ in range(50):
                await websocket.receive()
            await websocket.send("done")

        client = await open(await serve(accepting(talk)), max_queue=None)
        for _ in range(50):
            await client.send(b"y" * 100_000)
        for _ in range(50):
            assert len(await client.recv()) == 100_000
        assert await client.recv() == "done"

    async def test_the_time_for_a_request_does_not_end_it(self, serve, raw):
        running = await serve(accepting(echo), request_s=5)
        client = await raw(running)
        running.jump(6)
        running.jump(6)
        client.send(frame(TEXT, b"x"))
        assert await client.reader.readexactly(3) == b"\x81\x01x"

    async def test_who_asked_is_known_as_long_as_it_is_open(self, serve, raw):
        async def handler(exchange):
            websocket = exchange.accept_websocket(None, (), max_message=MOST)
            await websocket.receive()
            await websocket.send(f"{exchange.client.host} {exchange.scheme} {exchange.is_draining}")

        client = await raw(await serve(handler))
        client.send(frame(TEXT, b"x"))
        assert b"127.0.0.1 http False" in await client.reader.readexactly(23)

    async def test_a_message_of_another_kind_closes_1003_behind_those_before_it(self, serve, raw):
        async def handler(exchange):
            websocket = exchange.accept_websocket(None, (), max_message=MOST, kind=str)
            async for message in websocket:
                await websocket.send(message)

        client = await raw(await serve(handler))
        client.send(frame(TEXT, b"a") + frame(BINARY, b"b") + frame(TEXT, b"c"))
        answer = await client.reader.readexactly(7)
        assert answer[:4] == b"\x81\x01a\x88" and answer[5:] == (1003).to_bytes(2, "big")

    async def test_leaving_is_a_closed_connection_to_whoever_serves_any_peer(self, serve, raw, until):
        caught = []

        async def listen(websocket):
            try:
                await websocket.receive()
            except ConnectionClosedOfNet as error:
                caught.append((error.code, error.reason))

        client = await raw(await serve(accepting(listen)))
        client.send(frame(CLOSE, b"\x03\xe8bye"))
        await until(lambda: caught)
        assert caught == [(1000, "bye")]

    async def test_r16_a_small_read_that_unpacks_to_much_waits_for_the_handler(self, serve, open, until):
        opened, go_on = [], asyncio.Event()

        async def late(websocket):
            opened.append(websocket)
            await go_on.wait()
            for _ in range(200):
                assert len(await websocket.receive()) == 500_000
            await websocket.send("all")

        running = await serve(accepting(late))
        client = await open(running, compression="deflate")
        sending = asyncio.ensure_future(send_all(client, ["x" * 500_000] * 200))
        await until(lambda: opened and opened[0].waiting)
        for _ in range(300):
            await asyncio.sleep(0)
        assert opened[0].waiting < 20
        go_on.set()
        await sending
        assert await client.recv() == "all"


class TestPings:
    async def test_the_handler_can_ask_how_long_an_answer_takes(self, serve, open, until):
        took = []

        async def ask(websocket):
            took.extend(await asyncio.gather(websocket.ping(), websocket.ping()))

        await open(await serve(accepting(ask)))
        await until(lambda: len(took) == 2)
        assert all(0 <= seconds < 10 for seconds in took)

    async def test_a_ping_that_is_never_answered_ends_with_the_connection(self, serve, raw, until):
        caught = []

        async def ask(websocket):
            try:
                await websocket.ping()
            except WebSocketClosed as closed:
                caught.append(closed.code)

        client = await raw(await serve(accepting(ask)))
        await client.reader.readexactly(10)
        client.writer.transport.abort()
        await until(lambda: caught)
        assert caught == [1006]

    async def test_a_ping_is_answered(self, serve, raw):
        client = await raw(await serve(accepting(echo)))
        client.send(frame(PING, b"abc"))
        assert await client.reader.readexactly(5) == b"\x8a\x03abc"

    async def test_silence_is_pinged_and_more_silence_is_the_end(self, serve, raw, until):
        ended = []

        async def listen(websocket):
            try:
                await websocket.receive()
            except WebSocketClosed as closed:
                ended.append(closed.code)
                raise

        running = await serve(accepting(listen))
        client = await raw(running)
        running.jump(20)
        running.jump(20)
        assert await client.reader.readexactly(2) == b"\x89\x00"
        running.jump(20)
        await until(lambda: ended)
        assert ended == [1006]

    async def test_a_pong_is_a_sign_of_life(self, serve, raw, until):
        running = await serve(accepting(echo))
        client = await raw(running)
        (connection,) = running.connections
        running.jump(20)
        for _ in range(3):
            running.jump(20)
            assert await client.reader.readexactly(2) == b"\x89\x00"
            before = connection.received_bytes
            client.send(frame(PONG))
            await until(lambda: connection.received_bytes > before)  # noqa: B023
            running.jump(20)
        client.send(frame(TEXT, b"x"))
        assert await client.reader.readexactly(3) == b"\x81\x01x"


class TestEviction:
    async def test_a_peer_that_does_not_read_is_closed_with_1008_and_cut_after_five_seconds(self, serve, raw, until):
        opened = []

        async def flood(websocket):
            opened.append(websocket)
            frame = websocket.prepare(b"x" * 60_000)
            while websocket.offer(frame):
                await asyncio.sleep(0)
            websocket.evict("write_buffer")
            assert websocket.is_closed and not websocket.offer(frame)

        running = await serve(accepting(flood))
        client = await raw(running)
        client.reader._transport.pause_reading()
        await until(lambda: opened and opened[0].is_closed)
        assert opened[0].close_code == 1008
        running.jump(5)
        await until(lambda: not running.connections)

    async def test_one_that_reads_again_learns_why(self, serve, open, until):
        async def evicted(websocket):
            websocket.evict("write_buffer")

        client = await open(await serve(accepting(evicted)))
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1008, "over the limit write_buffer")


class TestBroadcast:
    async def test_one_frame_is_made_for_all(self, serve, raw, until):
        room = []

        async def join(websocket):
            room.append(websocket)
            await websocket.receive()

        running = await serve(accepting(join))
        clients = [await raw(running) for _ in range(3)]
        await until(lambda: len(room) == 3)
        assert len({websocket.wire for websocket in room}) == 1
        frame = room[0].prepare("hello")
        assert all(websocket.offer(frame) for websocket in room)
        for client in clients:
            assert await client.reader.readexactly(7) == b"\x81\x05hello"


class TestClosing:
    async def closed_by_server(self, open, running):
        client = await open(running)
        with pytest.raises(ConnectionClosed):
            while True:
                await client.recv()
        return client.close_code, client.close_reason

    async def test_the_handler_closes_with_a_code_and_a_reason(self, serve, open):
        async def bye(websocket):
            await websocket.close(4001, "enough")
            assert websocket.is_closed
            with pytest.raises(WebSocketClosed):
                await websocket.send("late")

        assert await self.closed_by_server(open, await serve(accepting(bye))) == (4001, "enough")

    async def test_the_end_of_the_handler_is_1000(self, serve, open):
        async def once(websocket):
            await websocket.send("one")

        assert await self.closed_by_server(open, await serve(accepting(once))) == (1000, "")

    async def test_an_exception_is_1011(self, serve, open, caplog):
        async def broken(websocket):
            raise ValueError("no")

        assert await self.closed_by_server(open, await serve(accepting(broken))) == (1011, "")
        assert "ValueError" in caplog.text

    async def test_the_client_closes_and_the_handler_is_told_after_what_came_before(self, serve, open, until):
        got = []

        async def listen(websocket):
            try:
                while True:
                    got.append(await websocket.receive())
            except WebSocketClosed as closed:
                got.append((closed.code, closed.reason))

        client = await open(await serve(accepting(listen)))
        await client.send("last")
        await client.close(4002, "bye")
        await until(lambda: len(got) == 2)
        assert got == ["last", (4002, "bye")]
        assert client.close_code == 4002

    async def test_a_close_frame_is_echoed_and_the_connection_closed_by_the_server(self, serve, raw):
        client = await raw(await serve(accepting(echo)))
        client.send(frame(CLOSE, b"\x03\xe8bye"))
        assert await client.rest() == b"\x88\x02\x03\xe8"

    async def test_a_client_that_does_not_answer_the_close_is_cut_after_five_seconds(self, serve, raw, until):
        async def bye(websocket):
            await websocket.close()

        running = await serve(accepting(bye))
        client = await raw(running)
        assert await client.reader.readexactly(4) == b"\x88\x02\x03\xe8"
        running.jump(5)
        await until(lambda: not running.connections and not running.server.tasks)

    async def test_a_client_that_vanishes_is_1006(self, serve, raw, until):
        codes = []

        async def listen(websocket):
            try:
                await websocket.receive()
            except WebSocketClosed as closed:
                codes.append(closed.code)

        running = await serve(accepting(listen))
        client = await raw(running)
        client.writer.transport.abort()
        await until(lambda: codes == [1006] and not running.connections)

    @pytest.mark.parametrize(("ask", "end"), [(True, "cancelled"), (False, "finished")])
    async def test_a_handler_that_awaits_something_else_is_cancelled_only_if_asked(self, serve, raw, until, ask, end):
        steps, gone = [], asyncio.Event()

        async def busy(exchange):
            exchange.cancel_on_disconnect = ask
            exchange.accept_websocket(None, (), max_message=MOST)
            try:
                await gone.wait()
                steps.append("finished")
            except asyncio.CancelledError:
                steps.append("cancelled")
                raise

        running = await serve(busy)
        client = await raw(running)
        client.writer.transport.abort()
        await until(lambda: not running.connections)
        gone.set()
        await until(lambda: steps)
        assert steps == [end]


class TestWrongInput:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"\x81\x01x", 1002),
            (frame(3), 1002),
            (frame(TEXT, b"\xff"), 1007),
            (frame(BINARY, b"x" * 1001), 1009),
            (frame(BINARY, b"x" * 600, fin=False) + frame(0, b"x" * 600), 1009),
        ],
        ids=["no mask", "reserved opcode", "not UTF-8", "long frame", "long message"],
    )
    async def test_it_is_closed_with_the_code_that_says_so_and_the_handler_is_told(self, serve, raw, until, data, code):
        codes = []

        async def listen(websocket):
            try:
                while True:
                    await websocket.receive()
            except WebSocketClosed as closed:
                codes.append(closed.code)

        client = await raw(await serve(accepting(listen, most=1000)))
        client.send(data + frame(TEXT, b"never seen"))
        answer = await client.rest()
        assert answer[0] == 0x88
        assert int.from_bytes(answer[2:4], "big") == code
        await until(lambda: codes == [code])

    async def test_a_large_message_is_refused_by_its_header(self, serve, raw):
        client = await raw(await serve(accepting(echo)))
        client.send(frame(BINARY, b"x" * (MOST + 1))[:1000])
        answer = await client.rest()
        assert answer[:4] == b"\x88" + bytes([len(answer) - 2]) + (1009).to_bytes(2, "big")


class TestDraining:
    @pytest.mark.parametrize("code", [1001, 1012])
    async def test_open_ones_are_closed_with_the_code_of_the_server(self, serve, open, code):
        running = await serve(accepting(echo))
        client = await open(running)
        await client.send("x")
        await client.recv()
        running.server.drain_code = code
        running.server.drain()
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == code
        await running.server.drained()
