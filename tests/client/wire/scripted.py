"""A server that says what a script tells it, octet for octet, and the shortest way to call it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from sennit.client.timeouts import Timeouts
from sennit.client.transport import Call
from sennit.client.url import parse_url


class Peer:
    """One connection that a scripted server has accepted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self) -> str:
        """The head of the next request, in lower case but for the request line."""
        return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def say(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def answer(self, body: bytes = b"ok", more: str = "") -> str:
        """Take a request and answer it."""
        head = await self.head()
        await self.say(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body)
        return head

    async def gone(self) -> None:
        """Until the client has closed."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass

    def reset(self) -> None:
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


class ScriptedServer:
    """`port`, `url`, and the `peers` that have come so far."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._tasks: set[asyncio.Task[Any]] = set()
        self.peers: list[Peer] = []
        self.open = 0
        self.most = 0

    async def start(self, context: ssl.SSLContext | None = None, path: str = "") -> None:
        if path:
            self._server = await asyncio.start_unix_server(self._serve, path, limit=2**20)
            return
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=2**20, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https://localhost' if context else 'http://127.0.0.1'}:{self.port}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = Peer(reader, writer)
        self.peers.append(peer)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self._script(peer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def call(url: str, method: str = "GET", body: Any = None, **more: Any) -> Call:
    """A request with no more than it needs."""
    timeouts = more.pop("timeouts", None) or Timeouts(**more.pop("times", {}))
    lines = more.pop("lines", [])
    return Call(method, parse_url(url), lines, body, more.pop("length", None), timeouts, **more)


async def read_all(reply: Any) -> bytes:
    pieces = []
    while piece := await reply.read_piece():
        pieces.append(piece)
    return b"".join(pieces)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Turns of the loop until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)
