"""Real servers on free ports, on both loops, with a clock that jumps; raw clients."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import uvloop

from sennit.http import Limits
from sennit.server import HttpServer

TEXT = ((b"content-type", b"text/plain"),)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Running:
    """A server with a clock that `jump` moves."""

    def __init__(self, handler: Any, limits: dict[str, Any], endpoint: str, trusted: Sequence[str]) -> None:
        self.now = 1000.0
        self.server = HttpServer(endpoint, handler, limits=Limits(**limits), clock=lambda: self.now, trusted=trusted)

    def jump(self, seconds: float) -> None:
        self.now += seconds
        self.server.listener.deadlines.sweep()

    @property
    def connections(self) -> set[Any]:
        return self.server.listener.connections


class Client:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, method: str = "GET") -> "Answer":
        """The next answer, framed by Content-Length, chunks, or the end of the connection."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, lines = parse_head(head)
        if method == "HEAD" or status in (100, 101, 204, 304):
            body = b""
        elif b"content-length" in lines:
            body = await self.reader.readexactly(int(lines[b"content-length"]))
        elif b"transfer-encoding" in lines:
            body = await self._chunks()
        else:
            body = await self.reader.read()
        return Answer(status, lines, body)

    async def rest(self) -> bytes:
        """All until the server closes."""
        return await self.reader.read()

    async def ask(self, data: bytes, method: str = "GET") -> "Answer":
        self.send(data)
        return await self.answer(method)

    async def _chunks(self) -> bytes:
        pieces = []
        while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
            pieces.append(await self.reader.readexactly(size))
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readline() == b"\r\n"
        return b"".join(pieces)


class Answer:
    def __init__(self, status: int, lines: dict[bytes, bytes], body: bytes) -> None:
        self.status, self.lines, self.body = status, lines, body

    @property
    def closes(self) -> bool:
        return self.lines.get(b"connection") == b"close"


def parse_head(head: bytes) -> tuple[int, dict[bytes, bytes]]:
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    match = re.fullmatch(rb"HTTP/1\.1 (\d{3}) .*", first)
    assert match is not None, first
    pairs = [line.split(b": ", 1) for line in lines]
    assert len({name for name, _ in pairs}) == len(pairs), "a field line stands there twice"
    return int(match[1]), dict(pairs)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """`running = await serve(handler, **limits)`"""
    started: list[Running] = []

    async def start(handler: Any, endpoint: str = "tcp:0", trusted: Sequence[str] = (), **limits: Any) -> Running:
        running = Running(handler, limits, endpoint, trusted)
        await running.server.start()
        started.append(running)
        return running

    yield start
    for running in started:
        await running.server.close()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[..., Any]]:
    """`client = await dial(running)`"""
    clients: list[Client] = []

    async def connect(running: Running) -> Client:
        host, port = running.server.addresses[0]
        opening = asyncio.open_connection(host, port) if port else asyncio.open_unix_connection(host)
        client = Client(*await opening)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.writer.transport.abort()


@pytest.fixture
def until() -> Callable[..., Any]:
    async def until(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0)

    return until


@pytest.fixture
def request_for() -> Callable[..., bytes]:
    """`request_for("/path", method="POST", body=b"…", version="1.1", **fields)`"""

    def build(
        path: str = "/", method: str = "GET", body: bytes | None = None, version: str = "1.1", **fields: str
    ) -> bytes:
        lines = [f"{method} {path} HTTP/{version}", "Host: a.example"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    return build
