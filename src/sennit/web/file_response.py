"""Files out: media type, validators, conditional requests and ranges (RFC 9110 §8, §13, §14)."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import NotFound
from ..http.conditions import CONDITIONAL, NOT_MODIFIED, check_conditions, if_range_holds
from ..http.content_disposition import content_disposition
from ..http.file_type import file_type, with_charset
from ..http.ranges import ByteRange, content_range, parse_ranges, part_heads, unsatisfied_range
from .file_body import FileBody, Part
from .open_file import OpenFile
from .request import Request
from .response import Response
from .stored_file import StoredFile

log = logging.getLogger("sennit.web")

SMALL_BYTES = 64 * 1024
"""Up to here a body goes out in one write with its head."""


class FileResponse(Response):
    """`FileResponse(path, download_as=None, media_type=None)`. A relative path starts at the app's root.

    Answers all conditional fields and Range; files past 64 KiB go from the kernel's page cache to the socket where that
    is possible. The path is the program's: for names that come from a request use `app.static`.
    download_as: the name under which a browser keeps it. media_type: by the file's name when not given.
    Nothing there, or nothing readable: 404.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        download_as: str | None = None,
        media_type: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        chosen = with_charset(media_type) if media_type else file_type(download_as or str(path))
        super().__init__(None, status, headers, chosen)
        self.file_body: FileBody | None = None
        """Set by `prepare` when the body is larger than one write."""
        if download_as is not None:
            self.headers["content-disposition"] = content_disposition(download_as)

    async def prepare(self, request: Request, root: Path) -> None:
        """Opens the file and decides what of it is sent. Raises NotFound, ServiceUnavailable."""
        try:
            file = OpenFile(str(root / self.path))
        except NotFound:
            log.warning("%s %s: there is no readable file %s", request.method, request.path[:200], self.path)
            raise
        await self.choose(request, StoredFile(str(self.path), file.stat), file)

    async def choose(self, request: Request, stored: StoredFile, file: OpenFile | None) -> None:
        """What of a file is sent. `file` is None only when `stored.content` is there; it belongs to the answer."""
        if self.status != 200:
            await self._send(request, stored, file, [Part(b"", ByteRange(0, stored.size))])
            return
        self.headers.extend_checked(stored.lines)
        asked = _conditional_fields(request)
        changed = check_conditions(request.method, asked, stored.validators) if asked else None
        if changed is not None:
            self._leave_out_body(changed, file)
            return
        ranges = None
        if "range" in asked and request.method == "GET" and if_range_holds(asked, stored.validators):
            ranges = parse_ranges(asked["range"], stored.size)
        if ranges is None:
            await self._send(request, stored, file, [Part(b"", ByteRange(0, stored.size))])
        elif ranges:
            await self._send_ranges(request, stored, file, ranges)
        else:
            self.headers["content-range"] = unsatisfied_range(stored.size)
            self._leave_out_body(416, file)

    async def _send_ranges(
        self, request: Request, stored: StoredFile, file: OpenFile | None, ranges: Sequence[ByteRange]
    ) -> None:
        self.status = 206
        if len(ranges) == 1:
            self.headers["content-range"] = content_range(ranges[0], stored.size)
            await self._send(request, stored, file, [Part(b"", ranges[0])])
            return
        boundary = secrets.token_hex(16)
        heads, end = part_heads(ranges, stored.size, self.media_type or "", boundary)
        self.headers["content-type"] = f"multipart/byteranges; boundary={boundary}"
        await self._send(request, stored, file, [Part(*both) for both in zip(heads, ranges, strict=True)], end)

    async def _send(
        self, request: Request, stored: StoredFile, file: OpenFile | None, parts: Sequence[Part], end: bytes = b""
    ) -> None:
        """At once when it is short, else as the exchange takes it."""
        if file is None:
            self.body = _cut_out(stored.content or b"", parts, end)
            return
        body = FileBody(file, parts, end)
        if body.length <= SMALL_BYTES and request.method != "HEAD":
            self.body = await body.whole()
            if len(self.body) == body.length:
                body.close()
                return
            self.body = b""
        self.file_body = body

    def _leave_out_body(self, status: int, file: OpenFile | None) -> None:
        """A 304 has the fields of the 200, but those of a body (§15.4.5)."""
        self.status = status
        for name in ("content-type", "content-disposition"):
            del self.headers[name]
        if status != NOT_MODIFIED:
            self.headers["cache-control"] = "no-store"
        if file is not None:
            file.close()


def _cut_out(content: bytes, parts: Sequence[Part], end: bytes) -> bytes:
    if len(parts) == 1 and parts[0].range.length == len(content):
        return content
    pieces = [piece for before, part in parts for piece in (before, content[part.start : part.end])]
    return b"".join((*pieces, end))


def _conditional_fields(request: Request) -> dict[str, str]:
    headers = request.headers
    return {name: headers[name] for name in CONDITIONAL if name in headers}
