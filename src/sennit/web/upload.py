"""Uploaded files: in memory while small, on disk past 64 KiB, gone when the request ends."""

import asyncio
import errno
import logging
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import IO

from ..errors import Problem, ServiceUnavailable

log = logging.getLogger("sennit.web")

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
        close_spool(self._spool)

    def __repr__(self) -> str:
        return f"File({self.filename!r}, {self.media_type!r}, {self.size} bytes)"


def new_spool() -> IO[bytes]:
    """Its file on disk has no name (or loses it at once), so that nothing stays behind even when the process is killed."""
    return tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)


def close_spool(spool: IO[bytes]) -> None:
    with suppress(OSError):  # what a full disk did not take is thrown away with the rest
        spool.close()


async def write_spools(pieces: Sequence[tuple[IO[bytes], bytes]]) -> None:
    """Append each piece to its spool; in a thread when one of them goes to disk.

    Raises a Problem: 507 when the disk is full, 503 when it cannot be written to.
    """
    try:
        if all(spool.tell() + len(piece) <= SPOOL_BYTES for spool, piece in pieces):
            _write(pieces)
        else:
            await _to_the_end(asyncio.ensure_future(asyncio.to_thread(_write, pieces)))
    except OSError as error:
        log.error("an upload could not be stored: %s", error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Problem(507, detail="There is no room for the upload.") from error
        raise ServiceUnavailable(detail="The upload could not be stored.") from error


def _write(pieces: Sequence[tuple[IO[bytes], bytes]]) -> None:
    for spool, piece in pieces:
        spool.write(piece)
    for spool in {spool for spool, _ in pieces}:
        spool.flush()  # a full disk is told here, not when the file is closed


async def _to_the_end(writing: "asyncio.Future[None]") -> None:
    """Cancelled or not, the thread is done with the spools when this returns: whoever cancels closes them."""
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait({writing})
        raise


def base_name(filename: str) -> str:
    """The last part of a client's file name, whatever its separator, without control characters; `file` when nothing is left."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if c.isprintable()).strip(" .")
    return name[:255] or "file"
