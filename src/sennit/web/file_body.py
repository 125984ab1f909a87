"""The body of an answer that is larger than one write: parts of an open file, text between them."""

import logging
from collections.abc import Sequence
from typing import NamedTuple, cast

from ..http.exchange import Exchange, FileExchange, Lines
from ..http.ranges import ByteRange
from .open_file import OpenFile

log = logging.getLogger("sennit.web")

PIECE_BYTES = 256 * 1024
"""Read and sent at a time where the connection cannot take the file itself."""


class Part(NamedTuple):
    """`before` stands in front of a range of the file."""

    before: bytes
    range: ByteRange


class FileBody:
    """`length` in bytes. Owns the file: `close` when it has been sent, or will not be."""

    def __init__(self, file: OpenFile, parts: Sequence[Part], end: bytes = b"") -> None:
        self._file = file
        self._parts = parts
        self._end = end
        self.length = sum(len(part.before) + part.range.length for part in parts) + len(end)

    async def send(self, exchange: Exchange) -> None:
        """After `start`, before `finish`. Raises EOFError when the file has become shorter meanwhile, Disconnected."""
        for before, part in self._parts:
            if before:
                await exchange.send(before)
            if getattr(exchange, "can_send_files", False):
                await cast(FileExchange, exchange).send_file(self._file.fd, part.start, part.length)
            else:
                await self._copy(exchange, part)
        if self._end:
            await exchange.send(self._end)

    async def whole(self) -> bytes:
        """All of it at once; fewer bytes than `length` when the file has become shorter."""
        pieces: list[bytes] = []
        for before, part in self._parts:
            pieces += before, await self._file.read(part.start, part.length)
        return b"".join((*pieces, self._end))

    async def _copy(self, exchange: Exchange, part: ByteRange) -> None:
        at = part.start
        while at < part.end:
            piece = await self._file.read(at, min(PIECE_BYTES, part.end - at))
            if not piece:
                raise EOFError("the file has become shorter while it was sent")
            at += len(piece)
            await exchange.send(piece)

    def close(self) -> None:
        self._file.close()


async def send_file_body(exchange: Exchange, status: int, lines: Lines, body: FileBody) -> None:
    """A whole answer. What goes wrong after its head cuts the connection: half a file never looks whole."""
    try:
        await exchange.start(status, lines, body.length)
        if exchange.method != "HEAD":
            await body.send(exchange)
        await exchange.finish()
    except ConnectionError:
        pass  # the client has gone: nobody is left to be told
    except (OSError, EOFError) as error:
        log.error("%s %s: a file broke off: %s", exchange.method, exchange.raw_path[:200], error)
        exchange.abort()
    finally:
        body.close()
