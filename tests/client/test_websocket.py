"""WebSockets of the client, against another implementation's server, our own, and servers written by hand."""

import asyncio
import os

import pytest
from websockets.asyncio.server import serve as serve_other
from websockets.frames import Frame

from sennit import net
from sennit.client import Client
from sennit.client.backoff import Backoff
from sennit.client.errors import ConnectFailed, ProtocolFailed, TimedOut
from sennit.client.websocket_call import HandshakeFailed
from sennit.client.websocket_opening import open_websocket
from sennit.client.websocket_session import websocket_session
from sennit.errors import SennitError
from sennit.http import WebSocketClosed
from sennit.server import HttpServer

MOST = 1 << 20
MESSAGES = ("zoë", b"\xff\0", "", b"", "x" * 100_000, os.urandom(200_000), "ab" * 200_000)


@pytest.fixture
async def other():
    """`url = await other(handler, **options)`: a server of the `websockets` library."""
    servers = []

    async def start(handler, **options):
        server = await serve_other(handler, "127.0.0.1", 0, **options)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/path?q=1"

    yield start
    for server in servers:
        server.close(close_connections=False)
        for connection in server.connections:
            connection.transport.abort()


@pytest.fixture
async def ours():
    """`url = await ours(talk)`: a server of sennit's own; `talk(websocket)`."""
    servers = []

    async def start(talk, endpoint="tcp:0", **options):
        async def handler(exchange):
            await talk(exchange.accept_websocket(None, (), max_message=MOST, **options))

        server = HttpServer(endpoint, handler)
        await server.start()
        servers.append(server)
        host, port = server.addresses[0]
        return f"ws://127.0.0.1:{port}/path" if port else f"ws+unix://{host.replace('/', '%2F')}/path"

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def by_hand():
    """`url = await by_hand(answer)`: `answer(head, reader, writer)` for each connection, on plain streams."""
    servers = []

    async def start(answer):
        async def talk(reader, writer):
            try:
                await answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def accepting(head, *lines):
    from sennit.protocols.websocket.handshake import accept_of

    key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split(b": ")[1]
    own = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    return b"\r\n".join([*own, b"Sec-WebSocket-Accept: " + accept_of(key), *lines, b"", b""])


class TestMessages:
    @pytest.mark.parametrize("deflate", [True, False], ids=["deflate", "plain"])
    async def test_they_travel_both_ways_to_another_server(self, other, deflate):
        async with websocket_session(await_open(await other(echo, max_size=None), deflate=deflate)) as ws:
            for message in MESSAGES:
                await ws.send(message)
                assert await ws.recv(timeout_s=10) == message

    @pytest.mark.parametrize("deflate", [True, False], ids=["deflate", "plain"])
    async def test_and_to_our_own(self, ours, deflate):
        async with websocket_session(await_open(await ours(echo), deflate=deflate)) as ws:
            for message in MESSAGES:
                await ws.send(message)
                assert await ws.recv(timeout_s=10) == message

    async def test_over_a_unix_socket(self, ours, tmp_path):
        async with websocket_session(await_open(await ours(echo, f"unix:{tmp_path}/s"))) as ws:
            await ws.send("a")
            assert await ws.recv() == "a"

    async def test_json(self, ours):
        async with websocket_session(await_open(await ours(echo))) as ws:
            await ws.send_json({"n": [1, None]})
            assert await ws.recv_json(dict[str, list[int | None]]) == {"n": [1, None]}

    async def test_iteration_ends_when_the_server_leaves(self, ours):
        async def two(websocket):
            await websocket.send("a")
            await websocket.send("b")
            await websocket.close(4001, "enough")

        async with websocket_session(await_open(await ours(two))) as ws:
            assert [message async for message in ws] == ["a", "b"]
            assert (ws.close_code, ws.close_reason) == (4001, "enough")
            for attempt in (ws.recv, lambda: ws.send("late"), ws.ping):
                with pytest.raises(WebSocketClosed) as caught:
                    await attempt()
                assert isinstance(caught.value, net.ConnectionClosed)
            assert not ws.offer("late")

    async def test_what_comes_with_the_answer_is_not_lost(self, by_hand):
        async def answer(head, reader, writer):
            writer.write(accepting(head) + b"\x81\x05early")
            await reader.read()

        ws = await open_websocket(await by_hand(answer))
        assert await ws.recv(timeout_s=5) == "early"
        ws.abort()

    async def test_a_time_out_loses_nothing(self, ours):
        async with websocket_session(await_open(await ours(echo))) as ws:
            with pytest.raises(TimeoutError):
                await ws.recv(timeout_s=0.001)
            await ws.send("a")
            assert await ws.recv(timeout_s=5) == "a"

    async def test_a_larger_message_than_allowed_closes_1009(self, other):
        ended = []

        async def large(websocket):
            await websocket.send(b"x" * 2000)
            await websocket.wait_closed()
            ended.append(websocket.close_code)

        ws = await open_websocket(await other(large), max_message=1000, deflate=False)
        with pytest.raises(WebSocketClosed) as caught:
            await ws.recv()
        assert caught.value.code == 1009
        await until(lambda: ended)
        assert ended == [1009]

    async def test_pings_are_answered_and_measured(self, other):
        async def talk(websocket):
            await (await websocket.ping())
            await websocket.send("heard")
            await websocket.wait_closed()

        async with websocket_session(await_open(await other(talk))) as ws:
            assert await ws.recv() == "heard"
            assert 0 <= await ws.ping() < 10

    async def test_a_room_takes_it_as_any_peer(self, ours):
        async with websocket_session(await_open(await ours(echo))) as ws:
            assert net.broadcast([ws], "hello") == 1
            assert await ws.recv() == "hello"


class TestHandshake:
    async def test_the_request_is_as_asked(self, other):
        seen = []

        async def look(websocket):
            seen.append((websocket.request.path, websocket.request.headers))
            await websocket.wait_closed()

        url = await other(look, subprotocols=["b"])
        options = {"subprotocols": ["a", "b"], "origin": "http://o", "headers": {"X-Token": "t"}}
        async with websocket_session(await_open(url, **options)) as ws:
            assert ws.subprotocol == "b"
            assert "date" in ws.headers
            await until(lambda: seen)
        path, headers = seen[0]
        assert path == "/path?q=1"
        assert (headers["origin"], headers["x-token"]) == ("http://o", "t")

    async def test_a_refusal_tells_its_status(self, by_hand):
        async def refuse(head, reader, writer):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        with pytest.raises(HandshakeFailed, match="403") as caught:
            await open_websocket(await by_hand(refuse))
        assert (caught.value.code, caught.value.status, caught.value.is_passing) == ("client.E030", 403, False)

    async def test_a_refusal_to_a_client_shows_what_the_server_says_of_it(self, by_hand):
        async def refuse(head, reader, writer):
            writer.write(
                b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nmembers only"
            )

        async with Client() as client:
            with pytest.raises(HandshakeFailed, match="refused the WebSocket with 403: members only") as caught:
                async with client.websocket(await by_hand(refuse)):
                    pass
            assert (caught.value.status, caught.value.response.text) == (403, "members only")

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", "fit"),
            (b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\n\r\n", "Upgrade"),
            (b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n", "Connection"),
        ],
        ids=["wrong accept", "no upgrade", "no connection"],
    )
    async def test_an_answer_that_is_none_is_refused(self, by_hand, answer, told):
        async def send(head, reader, writer):
            writer.write(answer)
            await reader.read()

        with pytest.raises(HandshakeFailed, match=told) as caught:
            await open_websocket(await by_hand(send))
        assert caught.value.code == "client.E031"

    @pytest.mark.parametrize(
        "line",
        [b"Sec-WebSocket-Protocol: c", b"Sec-WebSocket-Extensions: x-other"],
        ids=["subprotocol", "extension"],
    )
    async def test_what_was_not_offered_is_refused(self, by_hand, line):
        async def send(head, reader, writer):
            writer.write(accepting(head, line))
            await reader.read()

        with pytest.raises(HandshakeFailed, match="not offered") as caught:
            await open_websocket(await by_hand(send), subprotocols=["a"])
        assert caught.value.code == "client.E031"

    async def test_garbage_silence_and_an_early_end_are_told_apart(self, by_hand):
        async def garbage(head, reader, writer):
            writer.write(b"SSH-2.0-x\r\n\r\n")
            await reader.read()

        async def end(head, reader, writer):
            writer.close()

        async def silence(head, reader, writer):
            await reader.read()

        for answer in (garbage, end):
            with pytest.raises(ProtocolFailed):
                await open_websocket(await by_hand(answer))
        with pytest.raises(TimedOut):
            await open_websocket(await by_hand(silence), timeout_s=0.02)

    async def test_nobody_there_is_a_failed_connection(self, unused_tcp_port):
        with pytest.raises(ConnectFailed):
            await open_websocket(f"ws://127.0.0.1:{unused_tcp_port}/")

    @pytest.mark.parametrize("url", ["http2://a/", "ws:///x", "ws://u:p@a/", "ws://a:99999/", "a"])
    async def test_what_is_no_address_is_refused(self, url):
        with pytest.raises(SennitError) as caught:
            await open_websocket(url)
        assert caught.value.code == "client.E032"

    async def test_a_header_cannot_smuggle_a_line(self, by_hand):
        with pytest.raises(SennitError) as caught:
            await open_websocket("ws://127.0.0.1:1/", headers={"x": "a\r\nb: c"})
        assert caught.value.code == "http.E012"


class TestWrongInput:  # R23
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (Frame(1, b"x").serialize(mask=True), 1002),
            (b"\x83\x00", 1002),
            (b"\xc1\x00", 1002),
            (b"\x81\x01\xff", 1007),
            (b"\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00", 1009),
        ],
        ids=["masked", "reserved opcode", "reserved bit", "not UTF-8", "a GiB announced"],
    )
    async def test_r23_a_server_that_breaks_the_rules_is_told_the_code(self, by_hand, data, code):
        answered = asyncio.get_running_loop().create_future()

        async def send(head, reader, writer):
            writer.write(accepting(head) + data)
            answered.set_result(await reader.read())

        ws = await open_websocket(await by_hand(send), deflate=False)
        with pytest.raises(WebSocketClosed) as caught:
            await ws.recv()
        assert caught.value.code == code
        frame = await answered
        assert frame[0] == 0x88 and frame[1] & 0x80
        assert bytes(a ^ b for a, b in zip(frame[6:8], frame[2:4], strict=True)) == code.to_bytes(2, "big")


class TestClosing:
    async def test_the_block_closes_with_1000_and_an_exception_with_1001(self, other):
        codes = []

        async def listen(websocket):
            await websocket.wait_closed()
            codes.append(websocket.close_code)

        url = await other(listen)
        async with websocket_session(await_open(url)):
            pass
        with pytest.raises(ZeroDivisionError):
            async with websocket_session(await_open(url)):
                raise ZeroDivisionError
        await until(lambda: len(codes) == 2)
        assert codes == [1000, 1001]

    async def test_a_server_that_vanishes_is_1006(self, by_hand):
        async def vanish(head, reader, writer):
            writer.write(accepting(head))
            await writer.drain()
            writer.transport.abort()

        ws = await open_websocket(await by_hand(vanish))
        with pytest.raises(WebSocketClosed) as caught:
            await ws.recv()
        assert caught.value.code == 1006


class TestReconnecting:
    backoff = Backoff(first_s=0.001, most_s=0.002, tries=3)

    async def test_iteration_goes_on_over_a_restart_and_ends_when_the_server_means_it(self, ours):
        openings = []

        async def talk(websocket):
            openings.append(websocket)
            assert await websocket.receive() == "subscribe"
            await websocket.send(f"from {len(openings)}")
            await websocket.close(1012 if len(openings) < 3 else 1000)

        async def subscribe(websocket):
            await websocket.send("subscribe")

        opening = await_open(await ours(talk))
        async with websocket_session(opening, reconnect=self.backoff, on_open=subscribe) as ws:
            assert [message async for message in ws] == ["from 1", "from 2", "from 3"]
            assert ws.openings == 3
            assert ws.is_closed and ws.close_code == 1000

    async def test_sending_waits_for_the_next_connection(self, ours):
        openings = []

        async def talk(websocket):
            openings.append(websocket)
            if len(openings) == 1:
                await websocket.close(1012)
            else:
                await echo(websocket)

        async with websocket_session(await_open(await ours(talk)), reconnect=self.backoff) as ws:
            await until(lambda: ws._there.is_closed)
            await ws.send("a")
            assert await ws.recv() == "a"

    async def test_it_is_given_up_after_so_many_failures_in_a_row(self, by_hand):
        answers = []

        async def answer(head, reader, writer):
            answers.append(head)
            writer.write(accepting(head) if len(answers) == 1 else b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")

        async with websocket_session(await_open(await by_hand(answer)), reconnect=self.backoff) as ws:
            with pytest.raises(HandshakeFailed, match="503"):
                await ws.recv()
            assert len(answers) == 1 + self.backoff.tries
            assert ws.is_closed

    async def test_a_refusal_that_is_meant_is_not_tried_again(self, by_hand):
        answers = []

        async def answer(head, reader, writer):
            answers.append(head)
            writer.write(accepting(head) if len(answers) == 1 else b"HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n")

        async with websocket_session(await_open(await by_hand(answer)), reconnect=self.backoff) as ws:
            with pytest.raises(HandshakeFailed, match="403"):
                await ws.recv()
        assert len(answers) == 2

    async def test_closing_is_for_good(self, ours):
        ws_session = websocket_session(await_open(await ours(echo)), reconnect=self.backoff)
        async with ws_session as ws:
            await ws.close()
            with pytest.raises(WebSocketClosed):
                await ws.recv()
            assert [message async for message in ws] == []


class TestBackoff:
    def test_the_wait_grows_up_to_its_bound_and_a_part_of_it_is_random(self):
        backoff = Backoff(first_s=1, most_s=5, factor=2, jitter=0.5)
        for attempt, whole in ((1, 1), (2, 2), (3, 4), (4, 5), (1000, 5)):
            assert whole / 2 <= backoff.delay_s(attempt) <= whole
        assert len({backoff.delay_s(3) for _ in range(10)}) > 1

    def test_a_value_that_is_none_is_refused(self):
        with pytest.raises(SennitError) as caught:
            Backoff(first_s=0)
        assert caught.value.code == "client.E010"


def await_open(url, **options):
    return lambda: open_websocket(url, **options)
