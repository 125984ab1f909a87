"""Files out: validators, conditional requests and one range (RFC 9110 §8.8, §13, §14), read in a thread."""

import asyncio
import datetime
import mimetypes
import os
import re
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from ..errors import NotFound
from .request import Request
from .response import BYTES, Response, http_date

PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


class FileResponse(Response):
    """`FileResponse(path, download_as=None, media_type=None)`. A relative path starts at the app's root.

    Answers If-None-Match, If-Modified-Since, Range and If-Range. Raises NotFound when there is no such file.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        download_as: str | None = None,
        media_type: str | None = None,
        status: int = 200,
    ) -> None:
        chosen = media_type or mimetypes.guess_type(str(path))[0] or BYTES
        super().__init__(None, status, media_type=_with_charset(chosen))
        self.path = Path(path)
        self.length: int | None = None
        if download_as is not None:
            self.headers["content-disposition"] = content_disposition(download_as)

    async def prepare(self, request: Request, root: Path) -> None:
        """Opens the file and decides what of it is sent."""
        file, stat = await asyncio.to_thread(_open, root / self.path)
        self.headers.setdefault("etag", f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"')
        modified = datetime.datetime.fromtimestamp(int(stat.st_mtime), datetime.UTC)
        self.headers.setdefault("last-modified", http_date(modified))
        self.headers["accept-ranges"] = "bytes"
        if self.status == 200 and is_not_modified(request, self.headers["etag"], modified):
            self.status = 304
            file.close()
            return
        start, end = self._range(request, stat.st_size, modified)
        self.length = end - start
        self.stream = _pieces(file, start, self.length)

    def _range(self, request: Request, size: int, modified: datetime.datetime) -> tuple[int, int]:
        """The bytes to send, first and one past the last; sets 206 or 416."""
        wanted = request.headers.get("range")
        if wanted is None or request.method != "GET" or self.status != 200 or not self._if_range_holds(request, modified):
            return 0, size
        match = _RANGE.fullmatch(wanted.strip())
        if match is None or not (match[1] or match[2]):
            return 0, size
        if match[1]:
            start, end = (
                int(match[1]),
                min(int(match[2]) + 1 if match[2] else size, size),
            )
        else:
            start, end = max(size - int(match[2]), 0), size
        if start >= size or (match[2] and match[1] and int(match[2]) < start):
            self.status = 416
            self.headers["content-range"] = f"bytes */{size}"
            return 0, 0
        self.status = 206
        self.headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        return start, end

    def _if_range_holds(self, request: Request, modified: datetime.datetime) -> bool:
        condition = request.headers.get("if-range")
        if condition is None:
            return True
        if condition.startswith('"'):
            return condition == self.headers["etag"]
        return _date(condition) == modified


def is_not_modified(request: Request, etag: str, modified: datetime.datetime) -> bool:
    """If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2)."""
    if request.method not in ("GET", "HEAD"):
        return False
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")[:100]}
    since = _date(request.headers.get("if-modified-since", ""))
    return since is not None and modified <= since


def content_disposition(filename: str) -> str:
    """`attachment` with the name in both spellings (RFC 6266 §4.3)."""
    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"\\%;' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _date(text: str) -> datetime.datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _with_charset(media_type: str) -> str:
    text = media_type.startswith("text/") or media_type in (
        "application/javascript",
        "image/svg+xml",
    )
    return f"{media_type}; charset=utf-8" if text and "charset" not in media_type else media_type


def _open(path: Path) -> tuple[IO[bytes], os.stat_result]:
    try:
        file = path.open("rb")
    except (OSError, ValueError):
        raise NotFound from None
    stat = os.fstat(file.fileno())
    return file, stat


async def _pieces(file: IO[bytes], start: int, length: int) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(file.seek, start)
        while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE_BYTES, length))):
            length -= len(piece)
            yield piece
    finally:
        file.close()
