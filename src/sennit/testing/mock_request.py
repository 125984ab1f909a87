"""A request that a mock has received, for a test to look at."""

from dataclasses import dataclass, field
from typing import Any, TypeVar, overload
from urllib.parse import parse_qsl

import msgspec

from ..client.transport import Call
from ..client.url import URL
from ..http.fields import Fields

T = TypeVar("T")


@dataclass(slots=True)
class MockRequest:
    """`body`: the whole of it, also of one that came in pieces. `captured`: what `{name}` of the route's URL stood for."""

    method: str
    url: URL
    headers: Fields
    body: bytes
    captured: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def params(self) -> dict[str, str]:
        """Of the URL; of a name that comes twice the last value."""
        return dict(parse_qsl(self.url.query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Of an urlencoded body; of a name that comes twice the last value."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: Any = Any) -> Any:
        """Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body, type=type)

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


async def received(call: Call) -> MockRequest:
    """A body in pieces is taken to its end, as a server would."""
    headers = Fields.received([(b"host", call.url.authority.encode()), *call.lines])
    body = call.body or b""
    if not isinstance(body, bytes):
        taken = bytearray()
        async for piece in body:
            taken += piece
            if call.on_upload is not None:
                call.on_upload(len(taken))
        body = bytes(taken)
    elif call.on_upload is not None:
        call.on_upload(len(body))
    return MockRequest(call.method, call.url, headers, body)
