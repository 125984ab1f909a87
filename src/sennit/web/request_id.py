"""Request ids: 128 random bits, or what a trusted proxy chose."""

import re
import secrets
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ..errors import SennitError
from ..http.exchange import Address, Exchange

FIELD = "x-request-id"

_SAFE = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
"""Goes into logs and headers as it is."""


class RequestIds:
    """trusted: networks such as `10.0.0.0/8`, or `unix`, whose `X-Request-ID` is taken over; from others it is ignored.

    Raises SennitError settings.E011 for what is no network.
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._networks = [_network(each) for each in trusted if each != "unix"]
        self._trusts_unix = "unix" in trusted
        self._trusts_any = bool(trusted)

    def of(self, exchange: Exchange) -> str:
        if self._trusts_any and self._trusts(exchange.client):
            given = exchange.field(FIELD)
            if given and _SAFE.fullmatch(given):
                return given
        return secrets.token_hex(16)

    def _trusts(self, peer: Address) -> bool:
        if peer.port == 0:
            return self._trusts_unix
        try:
            address = ip_address(peer.host)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)  # how IPv4 peers look on an IPv6 socket
        return any((mapped or address) in network for network in self._networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise SennitError(
            code="settings.E011",
            what=f"{text!r} is not a network: {error}",
            where="request_id_from",
            fix="write an address or a network, such as '10.0.0.0/8' or '::1', or 'unix' for Unix sockets",
        ) from None
