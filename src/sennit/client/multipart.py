"""Forms with files (RFC 7578): parts go out one after the other, files straight from the disk, the length known beforehand."""

import mimetypes
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import IO

from .body import Source, source_of
from .pairs import Pairs, pairs_of

FileContent = bytes | str | Path | IO[bytes]
FormFile = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
"""A file: its content, or (file name, content), or (file name, content, media type). A path names itself."""
Files = Mapping[str, FormFile | list[FormFile]]


class Multipart:
    """The body, and `media_type` with the boundary."""

    def __init__(self, form: Pairs, files: Files) -> None:
        self._boundary = secrets.token_hex(16)
        self._parts = [*self._fields(form), *self._files(files)]
        self._end = f"--{self._boundary}--\r\n".encode()
        self.media_type = f"multipart/form-data; boundary={self._boundary}"
        self.length = self._length()

    @property
    def is_repeatable(self) -> bool:
        return all(isinstance(content, bytes) or content.is_repeatable for _, content in self._parts)

    def pieces(self) -> AsyncIterator[bytes]:
        return self._through(
            [(head, content if isinstance(content, bytes) else content.pieces()) for head, content in self._parts]
        )

    async def _through(self, parts: "list[tuple[bytes, bytes | AsyncIterator[bytes]]]") -> AsyncIterator[bytes]:
        for head, content in parts:
            yield head
            if isinstance(content, bytes):
                yield content
            else:
                async for piece in content:
                    yield piece
            yield b"\r\n"
        yield self._end

    def _length(self) -> int | None:
        sizes = [len(content) if isinstance(content, bytes) else content.length for _, content in self._parts]
        known = [size for size in sizes if size is not None]
        if len(known) < len(sizes):
            return None
        return sum(known) + sum(len(head) + 2 for head, _ in self._parts) + len(self._end)

    def _fields(self, form: Pairs) -> "Iterable[tuple[bytes, bytes | Source]]":
        for name, value in pairs_of(form):
            yield self._head(name), value if isinstance(value, bytes) else value.encode()

    def _files(self, files: Files) -> "Iterable[tuple[bytes, bytes | Source]]":
        for name, given in files.items():
            for file in given if isinstance(given, list) else [given]:
                filename, content, media_type = _file(name, file)
                yield self._head(name, filename, media_type), source_of(content)

    def _head(self, name: str, filename: str | None = None, media_type: str = "") -> bytes:
        lines = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{escaped(name)}"'
        if filename is not None:
            lines += f'; filename="{escaped(filename)}"\r\nContent-Type: {escaped(media_type)}'
        return f"{lines}\r\n\r\n".encode()


def _file(name: str, file: FormFile) -> tuple[str, FileContent, str]:
    if not isinstance(file, tuple):
        named = getattr(file, "name", None)
        filename = Path(named).name if isinstance(named, str) else name
        return filename, file, _guessed(filename)
    return file[0], file[1], file[2] if len(file) == 3 else _guessed(file[0])


def _guessed(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def escaped(text: str) -> str:
    """As browsers write a name: what would end it, or the line, is percent-encoded."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
