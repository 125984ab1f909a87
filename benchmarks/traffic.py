"""What clients do to the server of soaked.py: asking well, leaving in the middle of everything, and sending rubbish.

Each is a coroutine function of a port and a source of randomness. Those of WELL raise WrongAnswer when the server does
not do as it must; those of LEAVING end before the server is done with them; those of RUBBISH send what is no HTTP or no
WebSocket, and the server may answer or close as it likes, but must not hold on to them.
"""

import asyncio
import base64
import hashlib
import json
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

from work import BROWSER_FIELDS, ORDER_JSON, POST

ANSWER_S = 30.0
HOST = b"Host: 127.0.0.1\r\n"
HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ACCEPTED = base64.b64encode(hashlib.sha1(b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
TEXT, BINARY, CLOSE = 1, 2, 8

Visit = Callable[[int, Random], Awaitable[None]]


class WrongAnswer(Exception):
    """The server did not do what a well-behaved client may expect."""


class Line:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body."""
        head = await self.head()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return status, await self._chunks()
        length = re.search(rb"content-length: (\d+)", head)
        return status, await self.reader.readexactly(int(length[1])) if length else b""

    async def head(self) -> bytes:
        return (await self.reader.readuntil(b"\r\n\r\n")).lower()

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of one WebSocket frame."""
        first, length = await self.reader.readexactly(2)
        if length > 125:
            extended = await self.reader.readexactly(2 if length == 126 else 8)
            length = int.from_bytes(extended, "big")
        return first & 15, await self.reader.readexactly(length)

    def reset(self) -> None:
        """Cut so that the server gets a reset, not an orderly end."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """A connection; raises WrongAnswer when nothing happens for `ANSWER_S`."""
    try:
        async with asyncio.timeout(ANSWER_S):
            opened = Line(*await asyncio.open_connection("127.0.0.1", port))
            try:
                yield opened
            finally:
                opened.writer.transport.abort()
    except TimeoutError:
        raise WrongAnswer(f"no answer within {ANSWER_S:g} s") from None


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongAnswer(f"{found!r:.100} instead of {wanted!r:.100}")


def get(path: str, fields: bytes = b"") -> bytes:
    return b"GET %b HTTP/1.1\r\n%b%b\r\n" % (path.encode(), HOST, fields)


def frame(opcode: int, payload: bytes, first_bits: int = 0x80) -> bytes:
    """Masked, as clients must; the mask is zero, which is allowed."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    else:
        length = b"\xfe" + size.to_bytes(2, "big") if size < 2**16 else b"\xff" + size.to_bytes(8, "big")
    return bytes([first_bits | opcode]) + length + bytes(4) + payload


# ── well-behaved ─────────────────────────────────────────────────────────────


async def keep_alive(port: int, random: Random) -> None:
    async with line(port) as client:
        for _ in range(random.randint(1, 30)):
            await client.send(get("/", BROWSER_FIELDS))
            expect(await client.answer(), (200, b"Hello, World!"))


async def thread(port: int, random: Random) -> None:
    async with line(port) as client:
        await client.send(get("/thread"))
        expect(await client.answer(), (200, b"from a thread"))


async def post_json(port: int, random: Random) -> None:
    async with line(port) as client:
        for _ in range(random.randint(1, 10)):
            await client.send(POST)
            expect(await client.answer(), (200, b'{"pieces":85}'))


async def pipelined(port: int, random: Random) -> None:
    async with line(port) as client:
        count = random.randint(2, 40)
        await client.send(b"".join(get("/") if number % 5 else POST for number in range(count)))
        for number in range(count):
            expect(await client.answer(), (200, b"Hello, World!" if number % 5 else b'{"pieces":85}'))


async def upload_chunked(port: int, random: Random) -> None:
    async with line(port) as client:
        await client.send(b"POST /upload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        digest = hashlib.sha256()
        for _ in range(random.randint(1, 30)):
            piece = random.randbytes(random.randint(1, 30_000))
            digest.update(piece)
            await client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        await client.send(b"0\r\n\r\n")
        status, body = await client.answer()
        expect((status, json.loads(body)["sha256"]), (200, digest.hexdigest()))


async def upload_form(port: int, random: Random) -> None:
    content = random.randbytes(random.choice([100, 300_000]))
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + content + b"\r\n--b--\r\n"
    fields = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n" % len(body)
    async with line(port) as client:
        await client.send(b"POST /form HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body)
        status, answer = await client.answer()
        expect((status, json.loads(answer)["sha256"]), (200, hashlib.sha256(content).hexdigest()))


async def download_stream(port: int, random: Random) -> None:
    pieces = random.randint(1, 100)
    async with line(port) as client:
        await client.send(get(f"/stream?pieces={pieces}"))
        status, body = await client.answer()
        expect((status, len(body)), (200, 4000 * pieces))


async def download_file(port: int, random: Random) -> None:
    async with line(port) as client:
        await client.send(get("/file"))
        status, body = await client.answer()
        expect((status, len(body)), (200, 2**20))


async def download_range(port: int, random: Random) -> None:
    start = random.randrange(2**20 - 1000)
    async with line(port) as client:
        await client.send(get("/file", b"Range: bytes=%d-%d\r\n" % (start, start + 499)))
        status, body = await client.answer()
        expect((status, len(body)), (206, 500))


async def websocket_echo(port: int, random: Random) -> None:
    async with line(port) as client:
        await shake_hands(client)
        for _ in range(random.randint(1, 20)):
            payload = random.randbytes(random.choice([0, 10, 200, 70_000]))
            await client.send(frame(BINARY, payload))
            expect(await client.frame(), (BINARY, payload))
        await client.send(frame(CLOSE, b"\x03\xe8"))
        expect((await client.frame())[0], CLOSE)


async def websocket_burst(port: int, random: Random) -> None:
    async with line(port) as client:
        await shake_hands(client)
        await client.send(b"".join(frame(TEXT, b"%d" % number) for number in range(16)))
        for number in range(16):
            expect(await client.frame(), (TEXT, b"%d" % number))


async def shake_hands(client: Line) -> None:
    await client.send(HANDSHAKE)
    head = await client.head()
    expect((head[:12], ACCEPTED.lower() in head), (b"http/1.1 101", True))


async def events(port: int, random: Random) -> None:
    async with line(port) as client:
        await client.send(get("/ticks"))
        expect((await client.head())[:12], b"http/1.1 200")
        for _ in range(random.randint(1, 5)):
            await client.reader.readuntil(b"event: tick")


# ── leaving in the middle ────────────────────────────────────────────────────


async def leave_in_head(port: int, random: Random) -> None:
    whole = get("/", BROWSER_FIELDS)
    await leave_after(port, random, whole[: random.randrange(len(whole))])


async def leave_in_body(port: int, random: Random) -> None:
    await leave_after(port, random, POST[: -random.randint(1, len(ORDER_JSON) - 1)])


async def leave_in_upload(port: int, random: Random) -> None:
    fields = b"POST /upload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    await leave_after(port, random, fields + b"ffff\r\n" + random.randbytes(random.randrange(65_000)))


async def leave_in_form(port: int, random: Random) -> None:
    fields = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999999\r\n\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    await leave_after(port, random, b"POST /form HTTP/1.1\r\n" + HOST + fields + part + random.randbytes(100_000))


async def leave_before_answer(port: int, random: Random) -> None:
    await leave_after(port, random, get("/slow"))


async def leave_in_answer(port: int, random: Random) -> None:
    async with line(port) as client:
        await client.send(get(random.choice(["/file", "/stream?pieces=1000", "/ticks"])))
        await client.reader.readexactly(random.randint(1, 3000))
        part(client, random)


async def leave_pipelined(port: int, random: Random) -> None:
    await leave_after(port, random, (get("/") + get("/slow") + POST) * 10)


async def leave_websocket(port: int, random: Random) -> None:
    async with line(port) as client:
        await shake_hands(client)
        message = frame(TEXT, b"x" * 1000)
        await client.send(message[: random.randrange(len(message))])
        part(client, random)


async def leave_websocket_unread(port: int, random: Random) -> None:
    async with line(port) as client:
        await shake_hands(client)
        client.writer.write(frame(BINARY, bytes(50_000)) * 20)
        await asyncio.sleep(random.uniform(0, 0.3))
        part(client, random)


async def leave_idle(port: int, random: Random) -> None:
    async with line(port) as client:
        if random.random() < 0.5:
            await client.send(get("/"))
            await client.answer()
        await asyncio.sleep(random.uniform(0, 1))
        part(client, random)


async def half_close(port: int, random: Random) -> None:
    """Ends its sending side right after an unsafe request; it is answered all the same (a GET would be cancelled)."""
    async with line(port) as client:
        await client.send(POST)
        client.writer.write_eof()
        expect(await client.answer(), (200, b'{"pieces":85}'))
        expect(await client.reader.read(), b"")


async def leave_after(port: int, random: Random, data: bytes) -> None:
    async with line(port) as client:
        client.writer.write(data)
        await asyncio.sleep(random.uniform(0, 0.05))
        part(client, random)


def part(client: Line, random: Random) -> None:
    if random.random() < 0.5:
        client.reset()


# ── rubbish ──────────────────────────────────────────────────────────────────

BROKEN = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\n" + HOST + b"\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: \x00\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 200 + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 100_000,
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST /order HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /order HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    b"POST /order HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
    b"POST /upload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /upload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    b"POST /order HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 5\r\n\r\n[[[[[",
    b"POST /order HTTP/1.1\r\n" + HOST + b"Content-Type: text/x\r\nContent-Length: 2\r\n\r\n{}",
    b"DELETE /nothing HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /%00%ff/../.. HTTP/1.1\r\n" + HOST + b"\r\n",
    b"\r\n" * 500,
]


async def broken_request(port: int, random: Random) -> None:
    async with line(port) as client:
        client.writer.write(random.choice(BROKEN))
        client.writer.write_eof()
        await client.reader.read()


async def noise(port: int, random: Random) -> None:
    """A request with a few octets changed."""
    octets = bytearray(POST if random.random() < 0.5 else get("/stream?pieces=3", BROWSER_FIELDS))
    for _ in range(random.randint(1, 5)):
        octets[random.randrange(len(octets))] = random.randrange(256)
    async with line(port) as client:
        client.writer.write(bytes(octets))
        client.writer.write_eof()
        await client.reader.read()


async def broken_frames(port: int, random: Random) -> None:
    broken = [
        b"\x81\x05hello",  # not masked
        frame(3, b""),  # an opcode that is reserved
        frame(TEXT, b"\xff\xfe"),  # no UTF-8
        frame(9, b"x" * 200),  # a control frame that is too long
        frame(TEXT, b"x", first_bits=0xF0),  # reserved bits
        b"\x82\xff" + (2**40).to_bytes(8, "big") + bytes(4),  # a terabyte announced
        random.randbytes(50),
    ]
    async with line(port) as client:
        await shake_hands(client)
        client.writer.write(random.choice(broken))
        client.writer.write_eof()
        await client.reader.read()


WELL: list[Visit] = [
    keep_alive,
    keep_alive,
    thread,
    post_json,
    pipelined,
    upload_chunked,
    upload_form,
    download_stream,
    download_file,
    download_range,
    websocket_echo,
    websocket_burst,
    events,
    half_close,
]
LEAVING: list[Visit] = [
    leave_in_head,
    leave_in_body,
    leave_in_upload,
    leave_in_form,
    leave_before_answer,
    leave_in_answer,
    leave_pipelined,
    leave_websocket,
    leave_websocket_unread,
    leave_idle,
]
RUBBISH: list[Visit] = [broken_request, broken_request, noise, broken_frames]
