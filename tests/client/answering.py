"""A site whose answers a test writes down: real sockets, one function for each request that comes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from client.wire.scripted import Peer, ScriptedServer

REASONS = {
    200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary", 308: "Permanent", 401: "Unauthorized", 404: "Not Found", 416: "No Range", 417: "Expectation Failed",
    429: "Too Many", 500: "Broken", 502: "Bad Gateway", 503: "Unavailable", 504: "Late",
}  # fmt: skip


@dataclass
class Asked:
    """A request as the site has received it; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    lines: list[tuple[str, str]]
    body: bytes
    peer: Peer

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Handler = Callable[[Asked], Any]


def answer(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """A whole answer; `content_type=` is Content-Type."""
    octets = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'So It Is')}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if status not in (204, 304):
        lines.append(f"content-length: {len(octets)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + octets


async def received(peer: Peer) -> Asked:
    head = (await peer.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    headers = dict(pairs)
    if "expect" in headers:
        return Asked(method, target, headers, pairs, b"", peer)
    return Asked(method, target, headers, pairs, await body_of(peer, headers), peer)


async def body_of(peer: Peer, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await peer.reader.readline(), 16):
            body += await peer.reader.readexactly(size)
            await peer.reader.readexactly(2)
        await peer.reader.readline()
        return body
    return await peer.reader.readexactly(int(headers.get("content-length", 0)))


class Site:
    """`asked`: all requests so far. `url` without a slash at its end. `connections`: how many have been opened."""

    def __init__(self, handler: Handler) -> None:
        self.asked: list[Asked] = []
        self._handler = handler
        self._server = ScriptedServer(self._serve)

    async def start(self, **options: Any) -> "Site":
        await self._server.start(**options)
        self.url = self._server.url.rstrip("/") if not options.get("path") else ""
        return self

    @property
    def connections(self) -> int:
        return len(self._server.peers)

    @property
    def paths(self) -> list[str]:
        return [f"{each.method} {each.target}" for each in self.asked]

    async def _serve(self, peer: Peer) -> None:
        while True:
            asked = await received(peer)
            self.asked.append(asked)
            said = self._handler(asked)
            if isinstance(said, Awaitable):
                said = await said
            if said is None:
                return
            await peer.say(said)

    async def close(self) -> None:
        await self._server.close()


async def never(_: Asked) -> None:
    await asyncio.Event().wait()
