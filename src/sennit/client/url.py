"""URLs of http and https (RFC 9110 §4.2, RFC 3986): taken apart once, in the form in which they go on the wire."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote, unquote, urlencode

from .errors import ClientError, redacted
from .idna import to_ascii
from .pairs import Pairs, pairs_of

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LONGEST = 64 * 1024
"""Characters of a URL."""
LONGEST_KEPT = 1024
"""Longer ones are not kept in the cache of URLs that have been taken apart."""

Params = Pairs | str

_PARTS = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.\-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_\-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_\-]{0,62}))*\.?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_SAFE = "/%!$&'()*+,;=:@~"
_QUERY_SAFE = _PATH_SAFE + "?[]|"


class URL:
    """An absolute URL; never changed once made.

    scheme: http, https, ws or wss. host: ASCII in lower case (IDNA, RFC 5891), an IPv6 address without its brackets.
    target: path and query as they stand in the request line. authority: as it stands in Host. origin: scheme, host and
    port; what connections are kept by. unix: path of the socket of `http+unix://%2Frun%2Fapp.sock/path`, else None.
    user, password: decoded; in no text of the URL.
    """

    __slots__ = (
        "_base", "authority", "fragment", "host", "origin", "password", "port", "scheme", "target", "unix", "user",
    )  # fmt: skip

    def __init__(self, base: "Base", target: str, fragment: str) -> None:
        self._base = base
        self.scheme = base.scheme
        self.host = base.host
        self.port = base.port
        self.authority = base.authority
        self.origin = base.origin
        self.unix = base.unix
        self.user = base.user
        self.password = base.password
        self.target = target
        self.fragment = fragment

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "wss")

    def join(self, reference: str) -> "URL":
        """The URL that a reference means when it stands at this one (RFC 3986 §5.2). Credentials stay within an origin.

        Raises ClientError (client.E020).
        """
        scheme, authority, path, query, fragment = split(reference)
        if scheme is not None or authority is not None:
            return parse_url(reference if scheme is not None else f"{self._base.shown_scheme}:{reference}")
        if not path and query is None:
            return URL(self._base, self.target, encode(fragment or "", _QUERY_SAFE))
        own = self.path
        merged = path if path.startswith("/") else own[: own.rfind("/") + 1] + path if path else own
        return URL(self._base, make_target(merged, query), encode(fragment or "", _QUERY_SAFE))

    def with_params(self, params: Params) -> "URL":
        """With more behind `?`. A list or tuple as a value stands for its name several times; None leaves a name out."""
        text = serialize_params(params)
        if not text:
            return self
        sign = "&" if "?" in self.target else "?"
        return URL(self._base, self.target + sign + text, self.fragment)

    def with_scheme(self, scheme: str) -> "URL":
        """The same place by another scheme: ws for http, wss for https. The port stays."""
        return URL(self._base.with_scheme(scheme), self.target, self.fragment)

    def with_fragment(self, fragment: str) -> "URL":
        return URL(self._base, self.target, fragment)

    def without_credentials(self) -> "URL":
        return self if self.user is None else URL(self._base.without_credentials(), self.target, self.fragment)

    def __str__(self) -> str:
        return self._base.shown + self.target + ("#" + self.fragment if self.fragment else "")

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and (str(self), self.user, self.password) == (
            str(other), other.user, other.password,
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash(str(self))


class Base:
    """Scheme and authority of a URL: everything in front of the target."""

    __slots__ = ("authority", "host", "origin", "password", "port", "scheme", "shown", "shown_scheme", "unix", "user")

    def __init__(
        self, scheme: str, host: str, port: int, unix: str | None, user: str | None, password: str | None
    ) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.unix = unix
        self.user = user
        self.password = password
        bracketed = f"[{host}]" if ":" in host else host
        self.authority = bracketed if port == DEFAULT_PORTS[scheme] else f"{bracketed}:{port}"
        self.origin = (scheme, host if unix is None else f"unix:{unix}", port)
        self.shown_scheme = scheme if unix is None else f"{scheme}+unix"
        self.shown = f"{self.shown_scheme}://{self.authority if unix is None else quote(unix, safe='')}"

    def with_scheme(self, scheme: str) -> "Base":
        return Base(scheme, self.host, self.port, self.unix, self.user, self.password)

    def without_credentials(self) -> "Base":
        return Base(self.scheme, self.host, self.port, self.unix, None, None)


def parse_url(text: str) -> URL:
    """An absolute URL. Raises ClientError (client.E020) for any other text, and for control characters anywhere."""
    return _kept(text) if len(text) <= LONGEST_KEPT else _parse(text)


def _parse(text: str) -> URL:
    scheme, authority, path, query, fragment = split(text)
    if scheme is None or authority is None:
        raise refused(text, "it is not absolute", "begin with https:// or http://, or give the client a base_url")
    base = _base(text, scheme.lower(), authority)
    return URL(base, make_target(path, query), encode(fragment or "", _QUERY_SAFE))


_kept = lru_cache(1024)(_parse)


def split(text: str) -> tuple[str | None, str | None, str, str | None, str | None]:
    """Scheme, authority, path, query and fragment (RFC 3986 appendix B)."""
    if len(text) > LONGEST:
        raise refused(text, f"it is longer than {LONGEST} characters", "send what is so long in a body")
    if _CONTROL.search(text):
        raise refused(text, "it has a control character", "percent-encode it (urllib.parse.quote), or leave it out")
    match = _PARTS.fullmatch(text)
    assert match is not None  # the pattern takes any text
    return match[1], match[2], match[3], match[4], match[5]


def _base(text: str, scheme: str, authority: str) -> Base:
    plain = scheme.removesuffix("+unix")
    if plain not in DEFAULT_PORTS:
        raise refused(text, f"its scheme is {scheme[:40]!r}", "use http, https, ws, wss or http+unix")
    userinfo, at, place = authority.rpartition("@")
    if "@" in userinfo:
        raise refused(text, "there is more than one '@' before the path", "write %40 for one in a user or a password")
    if "\\" in authority:
        raise refused(text, "there is a backslash before the path", "write a slash, or %5C for one in a password")
    user, _, password = userinfo.partition(":")
    name = (unquote(user), unquote(password)) if at else (None, None)
    if plain != scheme:
        return Base(plain, "localhost", DEFAULT_PORTS[plain], _socket_path(text, place), *name)
    return Base(scheme, *_host_and_port(text, scheme, place), None, *name)


def _socket_path(text: str, place: str) -> str:
    path = unquote(place)
    if not path.startswith("/") or "\0" in path:
        raise refused(text, "the path of its socket is not absolute", "write http+unix://%2Frun%2Fapp.sock/path")
    return path


def _host_and_port(text: str, scheme: str, place: str) -> tuple[str, int]:
    host, colon, port = place.rpartition(":") if re.search(r":\d*\Z", place) else (place, "", "")
    return _host(text, host), _port(text, port) if colon and port else DEFAULT_PORTS[scheme]


def _port(text: str, port: str) -> int:
    if not port.isascii() or len(port) > 5 or not 0 < int(port) < 65536:
        raise refused(text, f"its port is {port[:20]!r}", "use a port from 1 to 65535")
    return int(port)


def _host(text: str, host: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        return _ipv6(text, host[1:-1])
    name = host.lower() if host.isascii() else _idna(text, host)
    if not _HOST.fullmatch(name):
        raise refused(text, f"{host[:80]!r} is not a host", "use letters, digits, hyphens and dots")
    return name


def _ipv6(text: str, address: str) -> str:
    try:
        return IPv6Address(address).compressed
    except AddressValueError:
        raise refused(text, f"{address[:80]!r} is not an IPv6 address", "write it as in http://[::1]:8000/") from None


def _idna(text: str, host: str) -> str:
    """What comes out is checked like any other name: some characters turn into a slash or a colon on the way."""
    try:
        return to_ascii(host)
    except UnicodeError:
        raise refused(text, f"{host[:80]!r} cannot be a host", "check how it is written") from None


def make_target(path: str, query: str | None) -> str:
    """Path and query percent-encoded, without `.` and `..`."""
    encoded = encode(path, _PATH_SAFE) or "/"
    if "/." in encoded or "/%2" in encoded:
        encoded = remove_dot_segments(encoded)
    return encoded if query is None else f"{encoded}?{encode(query, _QUERY_SAFE)}"


def encode(text: str, safe: str) -> str:
    """Percent-encode what cannot stand; what is encoded already stays."""
    if "%" in text:
        text = _STRAY_PERCENT.sub("%25", text)
    return quote(text, safe=safe)


def remove_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4; `%2e` is a dot as well."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
        if dots in (".", "..") and place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def serialize_params(params: Params) -> str:
    """`a=1&b=2`; True and False as JSON writes them. A text is taken as it is."""
    if isinstance(params, str):
        return encode(params.removeprefix("?"), _QUERY_SAFE)
    return urlencode([*pairs_of(params)])


def refused(text: str, why: str, fix: str) -> ClientError:
    """Without what may be a password; and what cannot be printed is escaped."""
    shown = redacted(text) if "://" in text else text.rpartition("@")[2]
    return ClientError(
        f"this is not a URL to ask: {why}", url=ascii(shown[:200]).strip("'"), code="client.E020", fix=fix
    )
