"""The body of a request: whole, or in pieces from a file or an iterator, never more than a piece of it in memory."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from io import TextIOBase
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlencode

import msgspec

from ..errors import SennitError
from .errors import ClientError
from .pairs import Pairs, pairs_of

PIECE_BYTES = 256 * 1024
"""What is read of a file at once."""

Pieces = AsyncIterable[bytes] | Iterable[bytes]
Content = bytes | bytearray | memoryview | str | Path | IO[bytes] | Pieces | Callable[[], Pieces]
"""Text goes as UTF-8; a path or an open binary file is read as it is sent, from where it stands. An iterator can be sent once, what
a function makes as often as it is asked."""


class Source(Protocol):
    """A body in pieces. `length` in bytes; None: nobody knows, it goes in chunks. `is_repeatable`: it can be had again."""

    length: int | None

    @property
    def is_repeatable(self) -> bool: ...
    def pieces(self) -> AsyncIterator[bytes]:
        """From the beginning, each time. Raises ClientError (client.E023) at once when it cannot be had again."""
        ...


class Whole:
    """Bytes that go piece by piece: they wait until the server has said that it wants them."""

    is_repeatable = True

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.length: int | None = len(content)

    async def pieces(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), PIECE_BYTES):
            yield self.content[start : start + PIECE_BYTES]


class Once:
    """What a program's iterator yields. It can be sent again until its first piece has been taken."""

    def __init__(self, iterable: Pieces) -> None:
        self.length: int | None = None
        self._iterable: Pieces | None = iterable

    @property
    def is_repeatable(self) -> bool:
        return self._iterable is not None

    def pieces(self) -> AsyncIterator[bytes]:
        if self._iterable is None:
            raise ClientError(
                "the body came from an iterator, has been sent, and cannot be sent again",
                phase="write",
                code="client.E023",
                fix="give bytes, a path, an open file or a function that makes the iterator, where a redirect, a retry or "
                "digest authentication may ask twice",
            )
        return self._taken(self._iterable)

    async def _taken(self, iterable: Pieces) -> AsyncIterator[bytes]:
        self._iterable = None
        async for piece in _checked(iterable):
            yield piece


class Made:
    """What a function of the program makes, anew for each try."""

    is_repeatable = True

    def __init__(self, make: Callable[[], Pieces]) -> None:
        self.length: int | None = None
        self._make = make

    def pieces(self) -> AsyncIterator[bytes]:
        return _checked(self._make())


async def _checked(iterable: Pieces) -> AsyncIterator[bytes]:
    if isinstance(iterable, AsyncIterable):
        async for piece in iterable:
            yield _bytes(piece)
    else:
        for piece in iterable:
            yield _bytes(piece)


def _bytes(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, (bytearray, memoryview)):
        return bytes(piece)
    raise _no_body(
        f"the body's iterator yielded {type(piece).__name__}", "yield bytes: `text.encode()` makes them of a text"
    )


def _no_body(what: str, fix: str) -> SennitError:
    return SennitError(code="client.E036", what=what, where="body= or files=", fix=fix)


class PathSource:
    """A file by its path; opened when it is sent, and closed."""

    is_repeatable = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.length: int | None = path.stat().st_size

    async def pieces(self) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(self._path.open, "rb") as file:
            async for piece in read_exactly(file, self.length or 0):
                yield piece


class FileSource:
    """An open binary file, from where it stands to its end. The program closes it."""

    is_repeatable = True

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
    """Raises SennitError (client.E036) for what has no bytes in it."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, (bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, Path):
        return PathSource(content)
    if hasattr(content, "read") and not isinstance(content, AsyncIterable):  # a Response is both, and no file
        return _of_file(content)
    return _of_pieces(content)


def _of_pieces(content: Any) -> Source:
    if isinstance(content, (AsyncIterable, Iterable)) and not isinstance(content, Mapping):
        return Once(content)
    if callable(content):
        return Made(content)
    raise _no_body(
        f"{type(content).__name__} is not a body",
        "give json= or form= for values; body= takes bytes, text, a file or pieces",
    )


def _of_file(file: Any) -> Source:
    if isinstance(file, TextIOBase):
        raise _no_body("the file is open as text", 'open it with "rb"')
    if file.seekable():
        return FileSource(file)
    return Once(iter(lambda: file.read(PIECE_BYTES), b""))


def begun(source: Source, url: object) -> AsyncIterator[bytes]:
    """The pieces of one try. Raises ClientError (client.E023) before anything is sent."""
    try:
        return source.pieces()
    except ClientError as error:
        raise ClientError(error.what, url=url, phase="write", code=error.code, fix=error.fix) from None


def json_body(value: object) -> bytes:
    return msgspec.json.encode(value)


def form_body(form: Pairs) -> bytes:
    """`application/x-www-form-urlencoded`, written as params are."""
    return urlencode([*pairs_of(form)]).encode()
