"""Uploaded files: in memory while small, on disk past 64 KiB, gone when the request ends."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import IO

SPOOL_BYTES = 64 * 1024
"""Bytes of a file kept in memory before it goes to disk."""
PIECE_BYTES = 64 * 1024


class File:
    """One file of a multipart form.

    filename: the client's own name, without any folder; never use it as a path. media_type: what the client says.
    size: in bytes.
    """

    def __init__(self, filename: str, media_type: str, spool: IO[bytes], size: int) -> None:
        self.filename = filename
        self.media_type = media_type
        self.size = size
        self._spool = spool

    async def read(self) -> bytes:
        """The whole content."""
        self._spool.seek(0)
        return await asyncio.to_thread(self._spool.read)

    async def stream(self) -> AsyncIterator[bytes]:
        """The content in pieces of 64 KiB."""
        self._spool.seek(0)
        while piece := await asyncio.to_thread(self._spool.read, PIECE_BYTES):
            yield piece

    def close(self) -> None:
        self._spool.close()

    def __repr__(self) -> str:
        return f"File({self.filename!r}, {self.media_type!r}, {self.size} bytes)"


def new_spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)


def base_name(filename: str) -> str:
    """The last part of a client's file name, whatever its separator, without control characters; `file` when nothing is left."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if c.isprintable()).strip(" .")
    return name[:255] or "file"
