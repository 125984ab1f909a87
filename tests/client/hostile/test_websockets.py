"""Servers that break every rule of the WebSocket: the client says what is wrong, hangs on nothing and keeps nothing."""

import asyncio
import struct
import tracemalloc
import zlib

import pytest

from sennit.client.errors import ClientError, ProtocolFailed, TimedOut
from sennit.client.websocket_call import HandshakeFailed
from sennit.client.websocket_opening import open_websocket
from sennit.http import WebSocketClosed
from sennit.protocols.websocket.handshake import accept_of

LONGEST_S = 10
MOST = 100_000
MIB = 1024 * 1024
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def frame(opcode, payload=b"", fin=True, bits=0):
    size = len(payload)
    length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
    return bytes([0x80 * fin | bits | opcode]) + length + payload


def accepting(*lines, key=None):
    """The head of a 101; the accept line fits `key`."""
    own = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    return b"\r\n".join([*own, b"Sec-WebSocket-Accept: " + accept_of(key), *lines, b"", b""])


@pytest.fixture
async def server():
    """`url = await server(say)`: `say(key)` gives what is answered to the handshake; then the connection is held."""
    servers, talks = [], []

    async def start(say):
        async def talk(reader, writer):
            talks.append(asyncio.current_task())
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                key = next(line for line in head.split(b"\r\n") if line.startswith(b"sec-websocket-key")).split(b": ")[
                    1
                ]
                for piece in say(key):
                    writer.write(piece)
                    await writer.drain()
                await reader.read()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        servers.append(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for listener in servers:
        listener.close()
    for task in talks:
        task.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


NO_ANSWERS = {
    "another accept": lambda key: [accepting(key=b"AAAAAAAAAAAAAAAAAAAAAA==")],
    "an extension that was not offered": lambda key: [accepting(b"Sec-WebSocket-Extensions: x-webkit", key=key)],
    "the extension twice": lambda key: [
        accepting(b"Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate", key=key)
    ],
    "a parameter that is none": lambda key: [
        accepting(b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", key=key)
    ],
    "a subprotocol that was not offered": lambda key: [accepting(b"Sec-WebSocket-Protocol: other", key=key)],
    "200": lambda key: [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    "garbage": lambda key: [b"\x81\x05hello\r\n\r\n"],
    "a head of megabytes": lambda key: [b"HTTP/1.1 101 S\r\n", *[b"X: " + b"y" * 1000 + b"\r\n"] * 5000],
    "a line without an end": lambda key: [b"HTTP/1.1 101 S\r\nX: ", *[b"y" * 1000] * 5000],
    "many lines": lambda key: [b"HTTP/1.1 101 S\r\n", *[b"X: y\r\n"] * 5000],
    "a bare CR in the head": lambda key: [b"HTTP/1.1 101 S\r\nX: y\rZ: a\r\n\r\n"],
}

WRONG = {
    "a mask": (b"\x81\x81mask" + b"a", 1002),
    "a mask on a ping": (b"\x89\x80mask", 1002),
    "a reserved opcode": (b"\x83\x00", 1002),
    "a reserved bit": (frame(TEXT, b"a", bits=0x20), 1002),
    "packed, which was not agreed on": (frame(TEXT, b"a", bits=0x40), 1002),
    "a control frame of 126 octets": (b"\x89\x7e\0\x7e", 1002),
    "2 to 63 octets": (b"\x82\x7f\x80" + b"\0" * 7, 1002),
    "2 to 62 octets": (b"\x82\x7f\x40" + b"\0" * 7, 1009),
    "not UTF-8": (frame(TEXT, b"\xff", fin=False), 1007),
    "fragments without end": (frame(BINARY, b"x", fin=False) + frame(0, b"x" * 999, fin=False) * 110, 1009),
    "empty fragments": (frame(BINARY, fin=False) + frame(0, fin=False) * 40, 1008),
    "close with 1006": (frame(CLOSE, b"\x03\xee"), 1002),
    "HTTP": (b"HTTP/1.1 200 OK\r\n\r\n", 1002),
}


class TestHandshake:
    @pytest.mark.parametrize("say", NO_ANSWERS.values(), ids=NO_ANSWERS)
    async def test_r23_what_is_no_acceptance_is_told_and_the_connection_cut(self, server, say):
        url = await server(say)
        async with asyncio.timeout(LONGEST_S):
            with pytest.raises((HandshakeFailed, ProtocolFailed)) as caught:
                await open_websocket(url, subprotocols=["a"])
        assert isinstance(caught.value, ClientError) and caught.value.code and url in str(caught.value)

    async def test_r23_a_head_that_never_ends_takes_no_longer_than_the_time_limit(self, server):
        url = await server(lambda key: [b"HTTP/1.1 101 S\r\nUpgrade: web"])
        async with asyncio.timeout(LONGEST_S):
            with pytest.raises(TimedOut):
                await open_websocket(url, timeout_s=0.05)


class TestFrames:
    @pytest.mark.parametrize(("data", "code"), WRONG.values(), ids=WRONG)
    async def test_r23_a_wrong_frame_of_a_server_ends_it_with_its_code(self, server, data, code):
        url = await server(lambda key: [accepting(key=key) + frame(TEXT, b"first") + data])
        async with asyncio.timeout(LONGEST_S):
            ws = await open_websocket(url, deflate=False, max_message=MOST)
            assert await ws.recv() == "first"
            with pytest.raises(WebSocketClosed) as caught:
                await ws.recv()
        assert (caught.value.code, ws.close_code) == (code, code)
        ws.abort()

    async def test_r23_a_gibibyte_in_a_mebibyte_of_a_server_is_stopped_while_it_is_unpacked(self, server):
        packer = zlib.compressobj(9, zlib.DEFLATED, -12)
        bomb = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)) * 1024
        first = frame(BINARY, bomb[:50_000], fin=False, bits=0x40)
        agreed = b"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_max_window_bits=12"
        url = await server(lambda key: [accepting(agreed, key=key), first])
        tracemalloc.start()
        try:
            async with asyncio.timeout(LONGEST_S):
                ws = await open_websocket(url, max_message=MOST)
                with pytest.raises(WebSocketClosed) as caught:
                    await ws.recv()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert caught.value.code == 1009
        assert most < 4 * MIB
        ws.abort()

    async def test_r23_a_server_that_pings_without_end_and_does_not_read_is_held_back(self, server):
        url = await server(lambda key: [accepting(key=key), *[frame(PING, b"x" * 125) * 500] * 2000])
        async with asyncio.timeout(LONGEST_S):
            ws = await open_websocket(url, deflate=False)
            while not ws.connection.is_blocked:
                await asyncio.sleep(0)
            before = ws.connection.received_bytes
            for _ in range(100):
                await asyncio.sleep(0)
            assert ws.connection.received_bytes - before < MIB
            assert ws.connection.buffered < 2 * MIB
        ws.abort()


class TestClosing:
    async def test_r23_a_server_that_never_answers_a_close_is_cut(self, server):
        url = await server(lambda key: [accepting(key=key)])
        async with asyncio.timeout(LONGEST_S):
            ws = await open_websocket(url, deflate=False)
            closing = asyncio.ensure_future(ws.close(4000, "bye"))
            await asyncio.sleep(0)
            ws.connection.deadline("close", 0.01)  # for the 5 s that it has set
            await closing
        assert (ws.is_closed, ws.close_code, ws.connection.is_lost) == (True, 4000, True)
