"""The guard against requests into one's own network (SSRF): which addresses a client may connect to.

It is asked after the name has been resolved, about the very address that is connected to, so a name that resolves to
something else a moment later (DNS rebinding) does not get past it. Redirects and retries pass it again.
"""

import ipaddress
from collections.abc import Iterable

from .. import net
from ..net.networks import IPAddress, read_ip

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All that has been given out of IPv6 (RFC 4291 §2.4); the rest is local, special, or nobody's yet."""
_SHARED = ipaddress.ip_network("100.64.0.0/10")


class AddressGuard:
    """Lets through what is reachable from the whole Internet, and the networks in `allowed`.

    Refused: private, loopback, link-local (cloud metadata stands there), shared, multicast, reserved and unspecified
    addresses, in IPv6 also where they are hidden in a mapped, compatible, NAT64, 6to4 or Teredo address. Unix sockets too.
    Raises SennitError (net.E027) for a name in `allowed` that is no network.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = net.Networks(allowed)

    def lets_through(self, host: str) -> bool:
        """`host` is an address as text; anything else is refused."""
        address = read_ip(host.partition("%")[0])
        if address is None:
            return False
        return self._allowed.holds_ip(address) or all(map(_is_public, _meant_by(address)))


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address) and address in _SHARED:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _meant_by(address: IPAddress) -> list[IPAddress]:
    """The address, or the IPv4 addresses that it carries through a translator or a tunnel."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address in _NAT64 or address in _COMPATIBLE:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address in _NAT64_LOCAL:
        return [ipaddress.IPv4Address(0)]  # what stands inside is known to that network alone
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    return [address]
