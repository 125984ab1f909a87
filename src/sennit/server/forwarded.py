"""Who really asked, as trusted proxies tell it: `Forwarded` (RFC 7239) or `X-Forwarded-For`, `-Proto` and `-Host`.

Each proxy adds, on the right, the address that it was connected from. So the list is read from the right as long as those
who are named are trusted themselves; the first one who is not is the client, and what stands to the left of it is only
what that client claims. A pure function; the caller asks it only about peers that are trusted.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..http import Address
from ..net import Networks
from ..net.networks import IPAddress, read_ip
from ..protocols.http1.target import is_host

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_PAIR = re.compile(rf'({_TOKEN}+)=(?:({_TOKEN}+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*)")')
_SEPARATOR = re.compile(r"[ \t]*,[ \t]*|;")
_NODE = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}|[._\-0-9A-Za-z]+))?")
_HIDDEN = re.compile(r"unknown|_[._\-0-9A-Za-z]+", re.IGNORECASE)  # RFC 7239 §6.2, §6.3
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_NAMES = {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"}


class Seen(NamedTuple):
    """What the first trusted proxy saw; the connection's own where the proxies do not tell."""

    client: Address
    scheme: str
    host: str


class Ambiguous(ValueError):
    """Two readings of the fields name different clients, schemes or hosts."""


class _Malformed(ValueError):
    pass


class _Hop(NamedTuple):
    """One element: who connected to that proxy, and what it asked for. Without an address: hidden or unknown."""

    name: str
    ip: IPAddress | None
    port: int
    scheme: str = ""
    host: str = ""


def seen_by_proxies(own: Seen, field_lines: Iterable[tuple[bytes, bytes]], trusted: Networks) -> Seen:
    """`own` is what the connection itself tells; its peer is trusted.

    Fields that are malformed count for nothing, all of them. Raises Ambiguous, which deserves a 400.
    """
    fields: dict[bytes, list[str]] = {}
    for name, value in field_lines:
        if (lower := name.lower()) in _NAMES:
            fields.setdefault(lower, []).append(value.decode("latin-1"))
    if not fields:
        return own
    standard = fields.pop(b"forwarded", None)
    try:
        from_standard = None if standard is None else _read_forwarded(own, standard, trusted)
        from_older = _read_older(own, fields, trusted) if fields else None
    except _Malformed:
        return own
    if from_standard is not None and from_older is not None and not _agree(from_standard, from_older):
        # A proxy sets one kind and passes on what the client sends of the other: neither can be believed.
        raise Ambiguous("Forwarded and X-Forwarded-* disagree")
    return from_standard or from_older or own


def _agree(one: Seen, other: Seen) -> bool:
    return (one.client.host, one.scheme, one.host) == (other.client.host, other.scheme, other.host)


# ── Forwarded (RFC 7239 §4) ──────────────────────────────────────────────────


def _read_forwarded(own: Seen, values: list[str], trusted: Networks) -> Seen:
    # Lines are read one by one: a quote that a client leaves open cannot swallow what a proxy adds in a line of its own.
    hops = [_hop(pairs) for value in values for pairs in _elements(value)]
    if not hops:
        raise _Malformed
    client = hops[_first_untrusted(hops, trusted)]
    return Seen(_address(client), client.scheme or own.scheme, client.host or own.host)


def _elements(value: str) -> list[dict[str, str]]:
    """Elements of a line, each its parameters by lower-case name; empty elements are left out (RFC 9110 §5.6.1)."""
    elements: list[dict[str, str]] = [{}]
    at, value = 0, value.strip(" \t")
    while at < len(value):
        separator = _SEPARATOR.match(value, at)
        if separator is not None:
            at = separator.end()
            if separator[0] != ";":
                elements.append({})
            continue
        pair = _PAIR.match(value, at)
        if pair is None or pair[1].lower() in elements[-1] or (at and value[at - 1] not in ",; \t"):
            raise _Malformed
        elements[-1][pair[1].lower()] = pair[2] or re.sub(r"\\(.)", r"\1", pair[3] or "")
        at = pair.end()
    return [element for element in elements if element]


def _hop(pairs: dict[str, str]) -> _Hop:
    if "for" not in pairs:
        raise _Malformed
    return _node(pairs["for"])._replace(scheme=_scheme(pairs.get("proto")), host=_host(pairs.get("host")))


# ── X-Forwarded-* ────────────────────────────────────────────────────────────


def _read_older(own: Seen, fields: dict[bytes, list[str]], trusted: Networks) -> Seen:
    chain, schemes, hosts = (
        _list(fields.get(name, [])) for name in (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")
    )
    client, chosen = own.client, -1
    if chain:
        # From the right, and no further than needed: what a client wrote to the left of the proxies' is not even read.
        chosen = next((at for at in reversed(range(len(chain))) if not _is_trusted(_node(chain[at]), trusted)), 0)
        client = _address(_node(chain[chosen]))
    scheme = _scheme(_beside(schemes, chosen, len(chain), "X-Forwarded-Proto"))
    host = _host(_beside(hosts, chosen, len(chain), "X-Forwarded-Host"))
    return Seen(client, scheme or own.scheme, host or own.host)


def _list(values: list[str]) -> list[str]:
    return [item.strip(" \t") for value in values for item in value.split(",") if item.strip(" \t")]


def _beside(values: list[str], chosen: int, length: int, name: str) -> str | None:
    """The one value for the whole way, or that of the client where there is one for each hop."""
    if not values:
        return None
    if len(set(values)) == 1:
        return values[0]
    if len(values) != length:
        raise Ambiguous(f"{name} has values that belong to no hop of X-Forwarded-For")
    return values[chosen]


# ── both ─────────────────────────────────────────────────────────────────────


def _first_untrusted(hops: list[_Hop], trusted: Networks) -> int:
    """From the right; where all are trusted, the one on the left."""
    return next((at for at in reversed(range(len(hops))) if not _is_trusted(hops[at], trusted)), 0)


def _is_trusted(hop: _Hop, trusted: Networks) -> bool:
    return hop.ip is not None and trusted.holds_ip(hop.ip)


def _node(text: str) -> _Hop:
    """RFC 7239 §6; an IPv6 address without brackets is taken too, as X-Forwarded-For has them."""
    ip = read_ip(text)
    if ip is not None:
        return _Hop(str(ip), ip, 0)
    match = _NODE.fullmatch(text)
    if match is None:
        raise _Malformed
    inside, plain, port = match.groups()
    if inside is None and _HIDDEN.fullmatch(plain):
        return _Hop(plain, None, 0)
    ip = read_ip(inside if inside is not None else plain)
    if ip is None or (inside is not None) != (":" in (inside or plain)):
        raise _Malformed
    return _Hop(str(ip), ip, int(port) if port and port.isdigit() and int(port) < 65536 else 0)


def _address(hop: _Hop) -> Address:
    return Address(hop.name, hop.port)


def _scheme(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return _SCHEMES[text.lower()]
    except KeyError:
        raise _Malformed from None


def _host(text: str | None) -> str:
    if text is None:
        return ""
    if not text.isascii() or not is_host(text.encode("ascii")):
        raise _Malformed
    return text.lower()
