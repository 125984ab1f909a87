"""The allowed-hosts check (threat R4): before any handler, so that no URL is ever built from a host that is not ours."""

from collections.abc import Iterable

from ..errors import Misdirected

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class AllowedHosts:
    """Names without port, lower case; `.example.org` allows every subdomain too, `*` allows all."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(name.lower() for name in names)
        self._exact = frozenset(self.names)
        self._suffixes = tuple(name for name in self.names if name.startswith("."))
        self._known: set[str] = set()

    def check(self, host: str) -> None:
        """Raises Misdirected (421). An absent Host (HTTP/1.0) passes only where all hosts do."""
        if host in self._known or "*" in self._exact:
            return
        name = host_name(host)
        if name not in self._exact and not name.endswith(self._suffixes or "\0"):
            raise Misdirected(detail=f"this server does not answer for {host[:100]!r}")
        if len(self._known) < 64:
            self._known.add(host)


def host_name(host: str) -> str:
    """`example.org` from `example.org:8000`; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0].removesuffix(".")
