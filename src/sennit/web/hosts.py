"""The allowed-hosts check (threat R4): before any handler, so that no URL is ever built from a host that is not ours."""

import re
from collections.abc import Iterable

from ..errors import Misdirected, SennitError

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
MOST_KNOWN = 64
"""Host fields remembered as allowed; further ones are looked at each time."""

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/?#@\\,]+)(?::[0-9]{0,5})?")


class AllowedHosts:
    """Names without port, in any case; `.example.org` allows every subdomain too, `*` allows all."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(ascii_host(name) for name in names)
        self._exact = frozenset(self.names)
        self._suffixes = tuple(name for name in self.names if name.startswith("."))
        self._known: set[str] = set()
        self._last = ""
        """The one that was asked for last, mostly the same again: comparing costs a quarter of looking in a set."""

    def check(self, host: str) -> None:
        """Raises Misdirected (421). An absent Host (HTTP/1.0) passes only where all hosts do."""
        if host == self._last and host:
            return
        if host in self._known or "*" in self._exact:
            self._last = host
            return
        if not self.allows(host_name(host)):
            raise Misdirected(detail=f"this server does not answer for {host[:100]!r}")
        if len(self._known) < MOST_KNOWN:
            self._known.add(host)

    def allows(self, name: str) -> bool:
        return "*" in self._exact or name in self._exact or (bool(name) and name.endswith(self._suffixes or "\0"))

    @property
    def concrete(self) -> tuple[str, ...]:
        """Those that are one host each."""
        return tuple(name for name in self.names if name != "*" and not name.startswith("."))


def host_name(host: str) -> str:
    """`example.org` from `example.org:8000`, empty for what is no host; an IPv6 address keeps its brackets."""
    match = _AUTHORITY.fullmatch(host)
    return match[1].removesuffix(".").lower() if match else ""


def port_part(host: str) -> str:
    """`:8000` from `example.org:8000`."""
    return host[host.rfind(":") :] if re.search(r":[0-9]+$", host) else ""


def ascii_host(name: str) -> str:
    """As it comes in a Host field: lower case, international names in their ASCII form. Raises SennitError route.E015."""
    if name.isascii():
        return name.lower()
    try:
        return ".".join(label and label.encode("idna").decode() for label in name.lower().split("."))
    except UnicodeError as error:
        raise SennitError(
            code="route.E015",
            what=f"{name!r} is no host name: {error}",
            fix="write it as in the browser's address bar, without scheme, port and path: 'api.example.org'",
        ) from None
