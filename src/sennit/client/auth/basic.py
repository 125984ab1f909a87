"""Credentials that go with every request to their origin: basic (RFC 7617) and bearer (RFC 6750)."""

import base64

from ...http.fields import check_value
from ..middleware import Next
from ..request import Request, merged
from ..response import Response


class Basic:
    """User and password, as UTF-8."""

    def __init__(self, user: str, password: str) -> None:
        self._line = (b"authorization", basic_value(user, password))

    async def __call__(self, request: Request, next: Next) -> Response:
        return await next(with_line(request, self._line))


class Bearer:
    def __init__(self, token: str) -> None:
        self._line = (b"authorization", b"Bearer " + check_value("authorization", token).encode("latin-1"))

    async def __call__(self, request: Request, next: Next) -> Response:
        return await next(with_line(request, self._line))


def basic_value(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


def with_line(request: Request, line: tuple[bytes, bytes]) -> Request:
    """Nothing to anywhere but the origin that the credentials are for."""
    if request.is_at_home:
        request.settle()
        request.lines = merged(request.lines, [line])
    return request
