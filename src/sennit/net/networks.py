"""Peers that are believed when they speak for others: proxies and load balancers."""

import ipaddress
from collections.abc import Iterable

from ..errors import SennitError
from .address import Address

UNIX = "unix"

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """Of names such as `10.0.0.0/8`, `fd00::/8`, `192.0.2.7` and `unix` (every peer of a Unix socket).

    False when it holds nobody. Raises SennitError (net.E027) for a name that is no network.
    """

    __slots__ = ("_has_unix", "_networks", "names")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = tuple(names)
        self._has_unix = UNIX in self.names
        self._networks = tuple(_network(name) for name in self.names if name != UNIX)

    def __bool__(self) -> bool:
        return bool(self.names)

    def holds(self, peer: Address) -> bool:
        """Of a peer that is connected."""
        if not peer.port:
            return self._has_unix
        address = read_ip(peer.host)
        return address is not None and self.holds_ip(address)

    def holds_ip(self, address: IPAddress) -> bool:
        return any(address in network for network in self._networks)


def read_ip(text: str) -> IPAddress | None:
    """An address in its plain form: IPv4 that is mapped into IPv6 becomes IPv4. None for anything else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise SennitError(
            code="net.E027",
            what=f"{name[:80]!r} is not a network: {_why(name, error)}",
            where="the setting `trusted`",
            fix=f"write {_meant(name)!r}; known are addresses, networks such as '10.0.0.0/8', and 'unix'",
        ) from None


def _why(name: str, error: ValueError) -> str:
    return "it has bits set behind its prefix" if "host bits" in str(error) else "it is not understood"


def _meant(name: str) -> str:
    try:
        return str(ipaddress.ip_network(name, strict=False))
    except ValueError:
        return "10.0.0.0/8"
