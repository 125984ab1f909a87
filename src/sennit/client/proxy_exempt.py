"""Which hosts are reached without a proxy: the list that `no_proxy` is.

There is no standard; this understands what curl, Go and requests do, each of which understands a part:

| entry | means |
|---|---|
| `*` | every host |
| `example.org`, `.example.org`, `*.example.org` | that name and all that end in it |
| `192.0.2.7`, `2001:db8::7`, `[2001:db8::7]` | that address |
| `10.0.0.0/8`, `fd00::/8` | all addresses of that network; names are not resolved for it |
| any name or address with `:port` behind it | the same on that port alone |
"""

import ipaddress
from dataclasses import dataclass

from ..net.networks import IPAddress, read_ip

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Exempt:
    """`text`: entries between commas or spaces. An entry that is nothing of the table is a name that nobody has."""

    def __init__(self, text: str) -> None:
        self._entries = [_entry(each) for each in text.replace(",", " ").lower().split()]

    def holds(self, host: str, port: int = 0) -> bool:
        """`host`: a name, or an address without brackets."""
        name = host.lower().rstrip(".")
        address = read_ip(name)
        return any(each.means(name, address, port) for each in self._entries)


@dataclass(frozen=True, slots=True)
class _Entry:
    """`port` 0: every port. An entry is a network or a name."""

    name: str
    network: Network | None
    port: int

    def means(self, name: str, address: IPAddress | None, port: int) -> bool:
        if self.port not in (0, port):
            return False
        if self.network is not None:
            return address is not None and address in self.network
        return self.name == "*" or (address is None and (name == self.name or name.endswith(f".{self.name}")))


def _entry(text: str) -> _Entry:
    network = _network(text)
    if network is not None:
        return _Entry("", network, 0)
    host, port = _split(text)
    return _Entry(host.removeprefix("*.").strip(".") or host, _network(host.strip("[]")), port)


def _split(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if colon and port.isascii() and port.isdigit() and not (":" in host and not host.endswith("]")):
        return host, int(port)
    return text, 0


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
