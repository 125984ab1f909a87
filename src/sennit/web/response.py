"""The answer to a request: status, fields, body or a stream of pieces."""

import datetime
from collections.abc import AsyncIterator, Mapping
from email.utils import format_datetime

from ..http.cookies import SameSite, serialize_set_cookie
from ..http.fields import MutableFields
from .entity_tag import entity_tag

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
PROBLEM = "application/problem+json"
BYTES = "application/octet-stream"


class Response:
    """`Response(body, status=200, headers={}, media_type=None)`.

    body: text (UTF-8, HTML unless media_type says otherwise), bytes, None, or an async iterator of either, which is
    streamed with back-pressure. Raises SennitError http.E001/E002 for a field that cannot go on the wire.
    """

    is_conditional = False
    """Whether it has a validator that the request's conditions are compared with."""
    compress: bool | None = None
    """True: may be compressed although it bears secrets. False: goes as it is. None: as the middleware `Compress` finds."""

    def __init__(
        self,
        body: str | bytes | AsyncIterator[str | bytes] | None = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        self.status = status
        self.headers = MutableFields()
        self.stream: AsyncIterator[str | bytes] | None = None
        self.body = b""
        if isinstance(body, str):
            self.body = body.encode()
        elif isinstance(body, bytes | bytearray | memoryview):
            self.body = bytes(body)
        elif body is not None:
            self.stream = body
        chosen = media_type or _media_type_of(body)
        if chosen and not _has_no_content(status):
            self.headers["content-type"] = chosen
        for name, value in (headers or {}).items():
            self.headers[name] = value

    @property
    def media_type(self) -> str | None:
        return self.headers.get("content-type")

    def set_cookie(
        self,
        name: str,
        value: str,
        *,
        max_age_s: int | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        http_only: bool = True,
        same_site: SameSite = "Lax",
    ) -> None:
        """Add a cookie: HttpOnly and SameSite=Lax unless asked otherwise. Raises SennitError http.E003."""
        attributes = {
            "Max-Age": max_age_s,
            "Path": path,
            "Domain": domain,
            "Secure": secure or same_site == "None",
            "HttpOnly": http_only,
            "SameSite": same_site,
        }
        self.headers.add("set-cookie", serialize_set_cookie(name, value, attributes))

    def delete_cookie(self, name: str, *, path: str = "/", domain: str | None = None) -> None:
        self.set_cookie(name, "", max_age_s=0, path=path, domain=domain)

    def set_etag(self, value: str, *, weak: bool = False) -> None:
        """Name this state of the target; a client that has it already gets a 304 (RFC 9110 §8.8.3).

        weak: other bytes may bear the same tag. Raises SennitError web.E034 for a space, a double quote or a control character.
        """
        self.headers["etag"] = entity_tag(value, weak)
        self.is_conditional = True

    def set_last_modified(self, moment: datetime.datetime) -> None:
        """When this state began, to the second; a client that has it already gets a 304. Without a zone it counts as UTC."""
        self.headers["last-modified"] = http_date(moment.replace(tzinfo=moment.tzinfo or datetime.UTC))
        self.is_conditional = True

    def wire_lines(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.lines()]


def _has_no_content(status: int) -> bool:
    return status in (204, 304) or status < 200


def _media_type_of(body: object) -> str | None:
    if isinstance(body, str):
        return HTML
    if body is None or body == b"":
        return None
    return BYTES if isinstance(body, bytes | bytearray | memoryview) else TEXT


def http_date(moment: datetime.datetime) -> str:
    """IMF-fixdate (RFC 9110 §5.6.7)."""
    return format_datetime(moment.astimezone(datetime.UTC), usegmt=True)
