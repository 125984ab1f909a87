"""Answers in the content coding that the client wants (RFC 9110 §8.4, §12.5.3): whole ones, and streams piece by piece."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from ...http.content_coding import IDENTITY, choose_coding
from ...http.media_type import essence
from ...http.vary import add_vary
from ..coders import Coder, Coding, codings_named, codings_there
from ..context import Context
from ..entity_tag import marked
from ..event_stream import MEDIA_TYPE as EVENTS
from ..file_response import FileResponse
from ..request import Request
from ..response import Response

log = logging.getLogger("sennit.web")

LEAST_BYTES = 1024
"""Below it an answer fits one packet with or without compression."""

_COMPRESSIBLE = frozenset(
    "application/json application/javascript application/xml application/wasm application/manifest+json "
    "application/problem+json application/x-ndjson application/sql application/rtf application/x-javascript "
    "image/svg+xml image/bmp image/x-icon image/vnd.microsoft.icon font/ttf font/otf application/vnd.ms-fontobject".split()
)


class Compress:
    """`Compress()`, on an app, router, controller or route.

    codings: in the order offered; None means all that are installed of zstd, br and gzip. least_bytes: smaller answers go as
    they are. secrets: also answers that bear a session or set a cookie. What an attacker can write into such a page tells, by
    the length of the answer, what else stands in it (BREACH), so it is off; allow it for a route whose page holds no secret, or
    for an answer by `response.compress = True`. events: also server-sent events, each flushed by itself.

    Raises SennitError web.E033 for a coding that is unknown or not installed.
    """

    __presets__ = ("next",)

    def __init__(
        self,
        *,
        codings: Sequence[str] | None = None,
        least_bytes: int = LEAST_BYTES,
        secrets: bool = False,
        events: bool = False,
    ) -> None:
        self._codings = codings_there() if codings is None else codings_named(codings)
        self._offered = tuple(self._codings)
        self._least = least_bytes
        self._secrets = secrets
        self._events = events

    def __call__(self, request: Request, next: Callable[[Request], Awaitable[Response]]) -> Awaitable[Response]:
        request.before_sending(self._finish)
        return next(request)

    async def _finish(self, request: Request, response: Response) -> Response | None:
        if not self._may(request, response):
            return None
        add_vary(response.headers, "accept-encoding")
        name = choose_coding(request.headers.get("accept-encoding"), self._offered)
        if name == IDENTITY:
            return None
        response = _tell(response, name)
        coding = self._codings[name]
        if response.stream is not None:
            response.stream = _coded(response.stream, coding, request.context)
        else:
            response.body = await _whole(response.body, coding, request.context)
        return response

    def _may(self, request: Request, response: Response) -> bool:
        """Whether some client could get it compressed; then the answer varies by what the client accepts."""
        headers = response.headers
        if response.compress is False or response.status in (204, 206, 304, 416) or response.status < 200:
            return False
        if response.stream is None and len(response.body) < self._least:
            return False
        if "content-encoding" in headers or "content-range" in headers:
            return False
        if "no-transform" in headers.get("cache-control", "") or not self._is_compressible(response.media_type or ""):
            return False
        return self._secrets or response.compress is True or not _bears_secrets(request, response)

    def _is_compressible(self, media_type: str) -> bool:
        kind = essence(media_type)
        if kind == EVENTS:
            return self._events
        return kind in _COMPRESSIBLE or kind.startswith("text/") or kind.endswith(("+json", "+xml", "+text"))


def _bears_secrets(request: Request, response: Response) -> bool:
    """What a browser sends by itself to whoever makes it ask: a session, a cookie being set, Basic credentials."""
    basic = request.headers.get("authorization", "")[:6].lower() == "basic "
    return request.has_session or "set-cookie" in response.headers or basic


def _tell(response: Response, coding: str) -> Response:
    """The fields of the coded answer. Of a file it is another answer: no length, no ranges of the coded bytes."""
    headers = response.headers
    headers["content-encoding"] = coding
    tag = headers.get("etag")
    if isinstance(response, FileResponse):
        if tag is not None and not tag.startswith("W/"):
            headers["etag"] = f"W/{tag}"
        headers["accept-ranges"] = "none"
        plain = Response(response.stream or response.body, response.status)
        plain.headers = headers
        return plain
    if tag is not None:
        headers["etag"] = marked(tag, coding)
    return response


async def _whole(body: bytes, coding: Coding, ctx: Context) -> bytes:
    if len(body) <= coding.inline_bytes:
        return _encode(coding, body)
    encoded: bytes = await ctx.site.in_thread(lambda: _encode(coding, body))
    return encoded


def _encode(coding: Coding, body: bytes) -> bytes:
    coder = coding.make()
    return coder.write(body) + coder.finish()


async def _coded(stream: AsyncIterator[str | bytes], coding: Coding, ctx: Context) -> AsyncIterator[str | bytes]:
    """Each piece is flushed, so that the client can show it before the next one is there."""
    coder = coding.make()
    try:
        async for piece in stream:
            octets = piece.encode() if isinstance(piece, str) else piece
            if len(octets) <= coding.inline_bytes:
                yield _piece(coder, octets)
            else:
                yield await ctx.site.in_thread(lambda octets=octets: _piece(coder, octets))  # type: ignore[misc]
        yield coder.finish()
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _piece(coder: Coder, octets: bytes) -> bytes:
    return coder.write(octets) + coder.flush() if octets else b""
