"""What a foreign application answered, as a Response: status, fields as it set them, a body whole or in pieces."""

from collections.abc import AsyncIterator, Iterable

from ..web.response import Response

CONNECTION_FIELDS = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "date",
        "content-length",
    }
)
"""Left out: the server frames the answer itself (RFC 9110 §7.6.1) and writes its own date and length."""


NO_CONTENT = frozenset({204, 304})


class ForeignResponse(Response):
    """`length`: in bytes when the application said so, so that a streamed answer and one to HEAD say so, too.

    Raises SennitError http.E001/E002 for a field that cannot go on the wire.
    """

    def __init__(
        self, status: int, lines: Iterable[tuple[str, str]], body: bytes | AsyncIterator[bytes], *, is_head: bool
    ) -> None:
        super().__init__(None, status)
        self.length: int | None = None
        for name, value in lines:
            if name.lower() == "content-length" and value.isascii() and value.isdigit():
                self.length = int(value)
            elif name.lower() not in CONNECTION_FIELDS:
                self.headers.add(name, value)
        if is_head and self.length is None and isinstance(body, bytes) and body:
            self.length = len(body)
        if is_head or status in NO_CONTENT:
            body = _nothing() if is_head and self.length is not None else b""
        if isinstance(body, bytes):
            self.body = body
        else:
            self.stream = body


async def _nothing() -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece
