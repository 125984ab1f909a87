"""The body of a request: whole, or in pieces from a file or an iterator, never more than a piece of it in memory."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlencode

import msgspec

from .errors import ClientError

PIECE_BYTES = 256 * 1024
"""What is read of a file at once."""

Content = bytes | bytearray | memoryview | str | Path | IO[bytes] | AsyncIterable[bytes] | Iterable[bytes]
"""Text goes as UTF-8; a path or an open binary file is read as it is sent, from where it stands."""


class Source(Protocol):
    """A body in pieces. `length` in bytes; None: nobody knows, it goes in chunks."""

    length: int | None

    def pieces(self) -> AsyncIterator[bytes]:
        """From the beginning, each time. Raises ClientError (client.E023) when it cannot be had again."""
        ...


class Once:
    """What a program's iterator yields: it cannot be sent twice."""

    def __init__(self, iterable: AsyncIterable[bytes] | Iterable[bytes]) -> None:
        self.length: int | None = None
        self._iterable: AsyncIterable[bytes] | Iterable[bytes] | None = iterable

    async def pieces(self) -> AsyncIterator[bytes]:
        iterable, self._iterable = self._iterable, None
        if iterable is None:
            raise ClientError(
                "the body came from an iterator, has been sent, and cannot be sent again",
                phase="write",
                code="client.E023",
                fix="give bytes, a path or an open file where a redirect, a retry or digest authentication may ask twice",
            )
        if isinstance(iterable, AsyncIterable):
            async for piece in iterable:
                yield piece
        else:
            for piece in iterable:
                yield piece


class PathSource:
    """A file by its path; opened when it is sent, and closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.length: int | None = path.stat().st_size

    async def pieces(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            async for piece in read_exactly(file, self.length or 0):
                yield piece


class FileSource:
    """An open binary file, from where it stands to its end. The program closes it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._start = file.tell()
        self.length: int | None = file.seek(0, os.SEEK_END) - self._start
        file.seek(self._start)

    async def pieces(self) -> AsyncIterator[bytes]:
        self._file.seek(self._start)
        async for piece in read_exactly(self._file, self.length or 0):
            yield piece


async def read_exactly(file: IO[bytes], length: int) -> AsyncIterator[bytes]:
    """A file that grows meanwhile is sent as long as it was; one that shrinks ends early, which the transport tells."""
    while length:
        piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, length))
        if not piece:
            return
        length -= len(piece)
        yield piece


def source_of(content: Content) -> bytes | Source:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, (bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, Path):
        return PathSource(content)
    if isinstance(content, (RawIOBase, BufferedIOBase)) or hasattr(content, "seekable"):
        return _of_file(content)
    return Once(content)


def _of_file(file: Any) -> Source:
    if file.seekable():
        return FileSource(file)
    return Once(iter(lambda: file.read(PIECE_BYTES), b""))


def json_body(value: object) -> bytes:
    return msgspec.json.encode(value)


def form_body(form: Mapping[str, object] | Iterable[tuple[str, object]]) -> bytes:
    """`application/x-www-form-urlencoded`; a list as a value stands for its name several times."""
    return urlencode([*form.items()] if isinstance(form, Mapping) else [*form], doseq=True).encode()
