"""What a mock answers: one answer, as a test writes it, and as the client receives it (`client.Reply`)."""

from collections.abc import Iterable, Iterator, Mapping
from http.client import responses
from typing import Any

import msgspec

from .. import net
from ..client.errors import ProtocolFailed
from ..client.url import URL
from ..http.fields import MutableFields

NO_BODY = frozenset((204, 304))
Piece = bytes | BaseException


class Answer:
    """`Answer(json=[1, 2])`, `Answer(404)`, `Answer(text="…", headers={...})`, `Answer(body=[b"half", ProtocolFailed("cut")])`.

    body: octets, or pieces of them, in which an exception is raised where it stands. At most one of json, text and body.
    delay_s: seconds that pass for the time-outs of the request and for nobody else.
    """

    def __init__(
        self,
        status: int = 200,
        *,
        json: Any = msgspec.UNSET,
        text: str | None = None,
        body: bytes | Iterable[Piece] = b"",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        delay_s: float = 0.0,
    ) -> None:
        self.status = status
        self.delay_s = delay_s
        self.headers = MutableFields(headers.items() if isinstance(headers, Mapping) else headers)
        if json is not msgspec.UNSET:
            body = msgspec.json.encode(json)
            self.headers.setdefault("content-type", "application/json")
        elif text is not None:
            body = text.encode()
            self.headers.setdefault("content-type", "text/plain; charset=utf-8")
        self.body: bytes | tuple[Piece, ...] = body if isinstance(body, bytes) else tuple(body)

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.body!r:.60})"


class MockReply:
    """Made anew for each request, so that an answer can be given many times."""

    http_version = "1.1"

    def __init__(self, answer: Answer, method: str, url: URL) -> None:
        self.status = answer.status
        self.url = url
        self.fields = MutableFields(answer.headers.lines())
        body = b"" if method == "HEAD" or answer.status in NO_BODY else answer.body
        self.body_at_once = body if isinstance(body, bytes) else None
        self._pieces: Iterator[Piece] = iter((body,) if isinstance(body, bytes) else body)
        if isinstance(answer.body, bytes) and answer.status not in NO_BODY:
            self.fields.setdefault("content-length", str(len(answer.body)))

    @property
    def reason(self) -> str:
        return responses.get(self.status, "")

    @property
    def content_length(self) -> int:
        return int(self.fields.get("content-length", "-1"))

    def field_value(self, name: str) -> str | None:
        return self.fields.get(name)

    async def read_piece(self) -> bytes:
        for piece in self._pieces:
            if isinstance(piece, BaseException):
                raise told_of(piece, self.url)
            if piece:
                return piece
        return b""

    def release(self) -> None:
        self._pieces = iter(())

    def upgrade(self) -> tuple[net.Connection, bytes]:
        raise ProtocolFailed("a mock does not change the protocol", url=self.url)


def told_of(error: BaseException, url: URL) -> BaseException:
    """An error of the client names the URL of the request that it is raised for."""
    if getattr(error, "url", None) == "":
        error.url = error.where = str(url.without_credentials())  # type: ignore[attr-defined]
    return error.with_traceback(None)
