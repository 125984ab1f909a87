"""Where an end of a connection is."""

from functools import lru_cache
from typing import NamedTuple


class Address(NamedTuple):
    """Of a peer or of this end. A Unix socket has its path as host and port 0."""

    host: str
    port: int

    def __str__(self) -> str:
        if not self.port:
            return self.host or "unnamed"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_near(self) -> bool:
        """Loopback or Unix: a peer on this machine, exempt from limits by address."""
        return self.port == 0 or self.host.startswith("127.") or self.host in ("::1", "::ffff:127.0.0.1")


def address_of(name: object) -> Address:
    """From what `getsockname` and `getpeername` give: a tuple, or a path as text or bytes."""
    if isinstance(name, tuple):
        return Address(str(name[0]), int(name[1]))
    if isinstance(name, bytes):
        return Address(name.decode(errors="replace"), 0)
    return Address(str(name or ""), 0)


shared_address_of = lru_cache(64)(address_of)
"""The same for this end, which thousands of connections have in common: one object serves them all."""
