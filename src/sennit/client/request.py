"""A request as middleware, authentication and redirects see it: a `Call` with headers that can be changed.

Compiled where that is possible, from this very file.
"""

import re
from collections.abc import Mapping

from ..errors import SennitError
from ..http.fields import Fields, MutableFields, check_name, check_value
from .body import Source, Whole
from .call import Call, Lines
from .timeouts import Timeouts
from .url import URL

Headers = Mapping[str, str] | list[tuple[str, str]]

_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"))
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS = frozenset((b"host", b"content-length", b"transfer-encoding", b"connection"))
"""Said by the transport, and by nobody else: two that differ are how requests are smuggled."""


class Request(Call):
    """`method`, `url` and `headers` may be set. `source`: a body in pieces, made anew for each try.

    `home`: the origin that the program's credentials are for. `began`: when, as `time.monotonic` counts.
    """

    __slots__ = ("began", "changed", "home", "source")

    def __init__(self, method: str, url: URL, lines: Lines, timeouts: Timeouts) -> None:
        Call.__init__(self, method, url, lines, None, None, timeouts)
        self.source: Source | None = None
        self.home = ("", "", 0)
        self.began = 0.0
        self.changed: MutableFields | None = None

    @property
    def headers(self) -> MutableFields:
        if self.changed is None:
            self.changed = MutableFields(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in self.lines
            )
        return self.changed

    @property
    def is_at_home(self) -> bool:
        return self.url.origin == self.home

    @property
    def body_text(self) -> bytes | None:
        """The body if it is whole: what digests and signatures are made of."""
        if isinstance(self.source, Whole):
            return self.source.content
        return self.body if isinstance(self.body, bytes) else None

    @property
    def has_known_body(self) -> bool:
        """None, or one in memory."""
        return self.body_text is not None or (self.source is None and self.body is None)

    def again(self, method: str, url: URL) -> "Request":
        """A copy for another place. The headers of the two are apart."""
        self.settle()
        copy = Request(method, url, self.lines, self.timeouts)
        copy.body, copy.length, copy.source = self.body, self.length, self.source
        copy.trace, copy.on_upload = self.trace, self.on_upload
        copy.due, copy.began, copy.home = self.due, self.began, self.home
        copy.upgrade, copy.expects_continue = self.upgrade, self.expects_continue
        return copy

    def settle(self) -> None:
        """What was done to `headers` becomes the lines that are sent."""
        if self.changed is not None:
            self.lines = encoded(self.changed)
            self.changed = None

    def without_body(self) -> None:
        self.body, self.source, self.length, self.expects_continue = None, None, None, False
        self.drop(BODY_FIELDS)

    def drop(self, names: frozenset[bytes]) -> None:
        self.settle()
        self.lines = tuple(line for line in self.lines if line[0] not in names)


BODY_FIELDS = frozenset(
    (b"content-type", b"content-encoding", b"content-language", b"content-location", b"digest", b"content-digest")
)


def encoded(headers: Fields) -> Lines:
    return tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.lines())


def lines_of(headers: Headers) -> Lines:
    """Checked, names in lower case. Raises SennitError for CR, LF, NUL (http.E001, http.E002) and for client.E021."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = [(check_name(name).encode("ascii"), check_value(name, value).encode("latin-1")) for name, value in pairs]
    for name, _ in lines:
        if name in _OURS:
            raise SennitError(
                code="client.E021",
                what=f"the header {name.decode()!r} is not the program's to set",
                where="headers=",
                fix="leave it out: it is made from the URL and the body",
            )
    return lines


def merged(lines: Lines, more: Lines) -> Lines:
    """A name that stands in `more` replaces all lines of it."""
    names = {name for name, _ in more}
    return (*(line for line in lines if line[0] not in names), *more)


def check_method(method: str) -> str:
    """In upper case. Raises SennitError (client.E022) for what is not a token (RFC 9110 §9.1)."""
    if method in _METHODS:
        return method
    if not _TOKEN.fullmatch(method) or method.upper() == "CONNECT":
        raise SennitError(
            code="client.E022",
            what=f"{method[:40]!r} is not a method to ask with",
            where="client.request(method, ...)",
            fix="use letters and hyphens; for CONNECT give the client a proxy",
        )
    return method.upper()
