"""Proxies that do as they are asked, and keep what they have heard."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Greet = Callable[["Relay", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Streams | None]]


class Relay:
    """`greet` talks with the client and opens the way; from then on octets go both ways. `asked`: what it was asked for.

    to: where every way leads, whatever was asked for.
    """

    def __init__(self, greet: Greet, to: tuple[str, int]) -> None:
        self._greet = greet
        self._tasks: set[asyncio.Task[Any]] = set()
        self.to = to
        self.asked: list[str] = []
        self.heard = b""
        self.port = 0

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def way(self) -> Streams:
        return await asyncio.open_connection(*self.to)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        beyond: Streams | None = None
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            beyond = await self._greet(self, reader, writer)
            if beyond is not None:
                await asyncio.gather(self._carry(reader, beyond[1], heard=True), self._carry(beyond[0], writer))
        for each in (writer, beyond[1] if beyond else None):
            if each is not None:
                each.close()
        self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bool = False) -> None:
        while data := await reader.read(65536):
            if heard:
                self.heard += data
            writer.write(data)
            await writer.drain()
        writer.close()


async def http(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
    """Opens ways for CONNECT; a request in absolute form goes on as it is, its Proxy-Authorization taken off."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    relay.asked.append(head)
    beyond = await relay.way()
    if head.startswith("CONNECT "):
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return beyond
    lines = [line for line in head.split("\r\n") if not line.lower().startswith("proxy-authorization:")]
    beyond[1].write("\r\n".join(lines).encode())
    return beyond


def socks(user: str = "", password: str = "") -> Greet:
    """SOCKS 5, with the one user that it lets in, or without any."""

    async def greet(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
        count = (await reader.readexactly(2))[1]
        methods = await reader.readexactly(count)
        wanted = 2 if user else 0
        if wanted not in methods:
            writer.write(b"\5\xff")
            return None
        writer.write(bytes([5, wanted]))
        if user:
            given = [(await reader.readexactly((await reader.readexactly(n))[-1])).decode() for n in (2, 1)]
            is_right = given == [user, password]
            writer.write(b"\1\0" if is_right else b"\1\1")
            if not is_right:
                return None
        kind = (await reader.readexactly(4))[3]
        size = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        host = await reader.readexactly(size)
        port = int.from_bytes(await reader.readexactly(2), "big")
        relay.asked.append(f"{host.decode() if kind == 3 else host.hex()}:{port}")
        beyond = await relay.way()
        writer.write(b"\5\0\0\1\0\0\0\0\0\0")
        return beyond

    return greet
