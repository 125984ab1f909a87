"""Clients that mean harm to a WebSocket server: each is told the code or cut, costs little, and harms nobody else."""

import asyncio
import os
import socket
import struct
import tracemalloc
import zlib

import pytest

from sennit.http import WebSocketClosed

MOST = 100_000
LONGEST_S = 10
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
HANDSHAKE = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + KEY
END = b"Sec-WebSocket-Version: 13\r\n\r\n"
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
CONTINUATION, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9
MIB = 1024 * 1024


def frame(opcode, payload=b"", fin=True, bits=0):
    size = len(payload)
    length = (
        bytes([0x80 | size])
        if size < 126
        else struct.pack("!BH", 0xFE, size)
        if size < 65536
        else struct.pack("!BQ", 0xFF, size)
    )
    return bytes([0x80 * fin | bits | opcode]) + length + b"\0\0\0\0" + payload


def header(first, length):
    """Of a masked frame that announces `length` octets, in the longest form."""
    return bytes([first, 0xFF]) + struct.pack("!Q", length) + b"mask"


@pytest.fixture
async def running(serve):
    """An echo; `running.ended` has the code that each handler was told."""
    ended = []

    async def handler(exchange):
        if exchange.websocket_offer is None:
            await exchange.respond(400, (), b"no")
            return
        websocket = exchange.accept_websocket(None, (), max_message=MOST)
        try:
            while True:
                await websocket.send(await websocket.receive())
        except WebSocketClosed as closed:
            ended.append(closed.code)

    running = await serve(handler, connections=8)
    running.ended = ended
    return running


@pytest.fixture
def opened(dial):
    """`client = await opened(running)`: past the handshake."""

    async def open(running, extra=b"", then=b""):
        client = await dial(running)
        client.send(HANDSHAKE + extra + END + then)
        assert (await client.answer()).status == 101
        return client

    return open


async def close_code(client):
    """The code of the close frame that ends all; the server hangs up behind it."""
    async with asyncio.timeout(LONGEST_S):
        rest = await client.rest()
    client.writer.close()
    while rest[0] != 0x88:  # answers to what was right
        assert rest[1] < 126
        rest = rest[2 + rest[1] :]
    assert len(rest) == 2 + rest[1]
    return int.from_bytes(rest[2:4], "big")


async def still_serves(running, opened):
    client = await opened(running, then=frame(TEXT, b"a"))
    async with asyncio.timeout(LONGEST_S):
        assert await client.reader.readexactly(3) == b"\x81\x01a"


WRONG = {
    "no mask": (b"\x81\x01a", 1002),
    "first reserved bit": (frame(TEXT, b"a", bits=0x40), 1002),
    "second reserved bit": (frame(TEXT, b"a", bits=0x20), 1002),
    "third reserved bit": (frame(PING, b"a", bits=0x10), 1002),
    "reserved opcode": (b"\x83\x80mask", 1002),
    "reserved control opcode": (b"\x8b\x80mask", 1002),
    "control frame of 126 octets": (b"\x89\xfe\0\x7e", 1002),
    "control frame of 2 to 62 octets": (b"\x8a\xff", 1002),
    "ping in fragments": (b"\x09\x81mask", 1002),
    "nothing to go on with": (frame(CONTINUATION, b"a"), 1002),
    "two messages mixed": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    "2 to 63 octets": (header(0x82, 1 << 63), 1002),
    "2 to 64 octets": (header(0x82, (1 << 64) - 1), 1002),
    "2 to 62 octets": (header(0x82, 1 << 62), 1009),
    "an octet too many": (header(0x82, MOST + 1), 1009),
    "a long form": (header(0x82, 1), 1002),
    "not UTF-8 in a fragment": (frame(TEXT, b"ok\xff", fin=False), 1007),
    "a surrogate that is not ended": (frame(TEXT, b"\xed\xa0", fin=False), 1007),
    "text that ends in a character": (frame(TEXT, b"\xc3"), 1007),
    "close of one octet": (frame(CLOSE, b"\x03"), 1002),
    "close with 1005": (frame(CLOSE, b"\x03\xed"), 1002),
    "close with 0": (frame(CLOSE, b"\0\0"), 1002),
    "close for a reason that is not text": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "HTTP": (b"GET /admin HTTP/1.1\r\nHost: a\r\n\r\n", 1002),
    "empty fragments": (frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 40, 1008),
    "fragments without end": (frame(BINARY, b"x", fin=False) + frame(CONTINUATION, b"x" * 999, fin=False) * 110, 1009),
}


class TestFrames:
    @pytest.mark.parametrize(("data", "code"), WRONG.values(), ids=WRONG)
    async def test_r23_a_wrong_one_ends_the_connection_with_its_code(self, running, opened, until, data, code):
        client = await opened(running, then=frame(PING) + frame(TEXT, b"first") + data)
        assert await close_code(client) == code
        await until(lambda: running.ended)
        assert running.ended == [code]
        await until(lambda: not running.connections)
        await still_serves(running, opened)

    async def test_r23_what_is_announced_is_not_made_room_for(self, running, opened, until):
        """Eight connections that have each begun the largest message: what is held is what has come."""
        tracemalloc.start()
        try:
            for _ in range(8):
                await opened(running, then=header(0x82, MOST) + b"x" * 100)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < MIB


class TestFragments:
    async def test_r23_a_message_that_is_never_ended_stays_within_the_limit_and_pings_are_answered(
        self, running, opened
    ):
        client = await opened(running, then=frame(TEXT, b"x" * (MOST - 1), fin=False))
        for _ in range(100):
            client.send(frame(PING, b"p"))
            assert await client.reader.readexactly(3) == b"\x8a\x01p"
        (connection,) = running.connections
        assert connection.received_bytes > MOST
        client.send(frame(CONTINUATION, b"xx", fin=False))
        assert await close_code(client) == 1009

    async def test_r23_one_octet_at_a_time_costs_the_server_no_more(self, running, opened):
        client = await opened(running)
        client.send(frame(TEXT, b"x", fin=False))
        for _ in range(MOST // 1000 + 1):
            client.send(frame(CONTINUATION, b"x", fin=False) * 1000)
            await asyncio.sleep(0)
        assert await close_code(client) == 1009


class TestBombs:
    async def test_r23_a_gibibyte_in_a_mebibyte_is_stopped_while_it_is_unpacked(self, running, opened, until):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)) * 1024
        assert MIB // 2 < len(bomb) < 2 * MIB
        client = await opened(running, DEFLATE)
        tracemalloc.start()
        try:
            client.send(frame(BINARY, bomb[:MOST], fin=False, bits=0x40))
            client.send(frame(CONTINUATION, bomb[MOST : 2 * MOST], fin=False))
            code = await close_code(client)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert code == 1009
        assert most < 4 * MIB
        await until(lambda: running.ended == [1009])

    async def test_r23_many_small_bombs_wait_for_whoever_takes_them(self, running, opened):
        """Each within the limit: they come one after the other, as fast as the echo is read."""
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(bytes(MOST)) + packer.flush(zlib.Z_SYNC_FLUSH)
        client = await opened(running, DEFLATE)
        client.reader._transport.pause_reading()
        tracemalloc.start()
        try:
            client.send(frame(BINARY, packed[:-4], bits=0x40) * 500)
            for _ in range(300):
                await asyncio.sleep(0)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 16 * MIB


class TestHandshakes:
    @pytest.mark.parametrize(
        "fields",
        [
            b"Content-Length: 5\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Upgrade: h2c\r\n",
            KEY,
            b"Sec-WebSocket-Version: 8\r\n",
            b"Sec-WebSocket-Extensions: permessage-deflate; =\r\n",
        ],
        ids=["a body", "chunks", "another upgrade as well", "two keys", "two versions", "no extension at all"],
    )
    async def test_r23_one_with_something_else_in_it_opens_no_tunnel(self, running, dial, fields):
        """A proxy in front might believe that it did, and hand on whatever comes behind it."""
        client = await dial(running)
        client.send(HANDSHAKE + fields + END)
        client.send(b"0\r\n\r\n" if b"chunked" in fields else b"hello" if b"Length" in fields else b"")
        answer = await client.answer()
        assert (answer.status == 101) is (b"h2c" in fields)  # a list of upgrades: the one that is known is taken
        assert running.ended == []

    async def test_r23_a_request_behind_it_is_never_served(self, running, opened):
        client = await opened(running, then=HANDSHAKE + END)
        assert await close_code(client) == 1002
        assert running.ended == [1002]


PHASES = {
    "within the handshake": HANDSHAKE,
    "with the handshake": HANDSHAKE + END,
    "within a header": HANDSHAKE + END + b"\x81",
    "within a mask": HANDSHAKE + END + b"\x81\x85ma",
    "within a payload": HANDSHAKE + END + b"\x81\x85maskab",
    "between fragments": HANDSHAKE + END + frame(TEXT, b"a", fin=False),
    "within a packed message": HANDSHAKE + DEFLATE + END + frame(TEXT, b"\xaa", fin=False, bits=0x40),
    "behind a message": HANDSHAKE + END + frame(TEXT, b"a"),
    "behind its close": HANDSHAKE + END + frame(CLOSE, b"\x03\xe8"),
    "behind a wrong frame": HANDSHAKE + END + b"\x81\x01",
}


class TestPhases:
    @pytest.mark.parametrize("sent", PHASES.values(), ids=PHASES)
    async def test_r23_a_reset_at_any_time_leaves_nothing(self, running, dial, opened, until, caplog, sent):
        client = await dial(running)
        client.send(sent)
        if sent != HANDSHAKE:
            head, wanted = b"", b"HTTP/1.1 101"
            async with asyncio.timeout(LONGEST_S):
                head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(wanted)
        own = client.writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.writer.transport.abort()
        await until(lambda: not running.connections and not running.server.tasks)
        assert not caplog.records
        await still_serves(running, opened)

    async def test_r23_one_that_is_half_closed_is_1006_at_once(self, running, opened, until):
        client = await opened(running, then=frame(TEXT, b"a", fin=False))
        client.writer.write_eof()
        await until(lambda: running.ended == [1006] and not running.connections)

    async def test_r23_one_that_keeps_silent_for_ever_is_given_up(self, running, opened, until):
        await opened(running, then=frame(TEXT, b"a", fin=False))
        for _ in range(3):
            running.jump(20)
        await until(lambda: running.ended == [1006] and not running.connections)


class TestConnections:
    async def test_r23_over_the_limit_they_are_closed_and_those_before_go_on(self, running, opened, dial):
        clients = [await opened(running) for _ in range(8)]
        for _ in range(20):
            late = await dial(running)
            late.send(HANDSHAKE + END)
            try:
                async with asyncio.timeout(LONGEST_S):
                    assert await late.rest() == b""
            except ConnectionError:
                pass
        for client in clients:
            message = os.urandom(10)
            client.send(frame(BINARY, message))
            assert await client.reader.readexactly(12) == b"\x82\x0a" + message
