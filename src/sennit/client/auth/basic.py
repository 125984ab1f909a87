"""Credentials that go with every request to their origin: basic (RFC 7617) and bearer (RFC 6750)."""

import base64
import re

from ...errors import SennitError
from ...http.fields import check_value
from ..middleware import Next
from ..request import Request, merged
from ..response import Response

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Basic:
    """User and password, as UTF-8. Raises SennitError (client.E037) for what cannot be told apart or carried."""

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
    """RFC 7617 §2: no colon in the user, no control characters in either."""
    if ":" in user or _CONTROL.search(user + password):
        raise SennitError(
            code="client.E037",
            what="the user has a colon, or the user or password a control character, which basic authentication cannot carry",
            where="auth=",
            fix="use another name, or Digest or Bearer if the server knows them",
        )
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


def with_line(request: Request, line: tuple[bytes, bytes]) -> Request:
    """Nothing to anywhere but the origin that the credentials are for."""
    if request.is_at_home:
        request.settle()
        request.lines = merged(request.lines, [line])
    return request
