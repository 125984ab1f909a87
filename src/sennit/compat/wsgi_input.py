"""`wsgi.input`: the request's body, read by a thread while the loop receives it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from ..errors import Problem


class WsgiInput:
    """A file of bytes. A read waits for what the client sends, and holds it back meanwhile: no more than one piece is kept here.

    Raises Problem (413, 400) as the exchange does; `problem` keeps it, whatever the application makes of it.
    """

    def __init__(self, pieces: AsyncIterator[bytes] | None, loop: asyncio.AbstractEventLoop) -> None:
        self._pieces = pieces
        self._loop = loop
        self._held = b""
        self.problem: Problem | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            parts = [self._held, *iter(self._next, b"")]
            self._held = b""
            return b"".join(parts)
        parts, left = [], size
        while left > 0 and (self._held or self._fill()):
            part, self._held = self._held[:left], self._held[left:]
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def readline(self, size: int | None = -1, /) -> bytes:
        parts: list[bytes] = []
        left = size if size is not None and size >= 0 else float("inf")
        while left > 0 and (self._held or self._fill()):
            end = self._held.find(b"\n") + 1 or len(self._held)
            part = self.read(int(min(left, end)))
            parts.append(part)
            left -= len(part)
            if part.endswith(b"\n"):
                break
        return b"".join(parts)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        lines, total = [], 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _fill(self) -> bool:
        self._held = self._next()
        return bool(self._held)

    def _next(self) -> bytes:
        """The next piece, empty at the end."""
        if self._pieces is None:
            return b""
        try:
            piece = asyncio.run_coroutine_threadsafe(_next_of(self._pieces), self._loop).result()
        except Problem as problem:
            self.problem = problem
            raise
        if not piece:
            self._pieces = None
        return piece


async def _next_of(pieces: AsyncIterator[bytes]) -> bytes:
    async for piece in pieces:
        if piece:
            return piece
    return b""
