"""The header of the PROXY protocol, versions 1 and 2: who really is behind a proxy's connection.

Bytes in, a value out; no socket. The specification is HAProxy's `proxy-protocol.txt`; its section numbers stand here.
Strict: a header that could be read in two ways is refused, and so is whatever comes instead of one.
"""

import ipaddress
from functools import cache
from typing import NamedTuple

from .address import Address
from .errors import ProtocolError

LONGEST_V1 = 107
"""Octets of a whole line with its CRLF (§2.1)."""
LONGEST_V2 = 4096
"""Octets behind the fixed part; the specification allows 65,535, senders use some hundred."""

_V1 = b"PROXY "
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = 16
_CRC32C = 0x03
_FAMILIES = {0x11: (4, ipaddress.IPv4Address), 0x21: (16, ipaddress.IPv6Address)}
_UNIX_STREAM, _UNIX_SIZE = 0x31, 216


class ProxyHeader(NamedTuple):
    """`source` and `destination` are None where the connection is the proxy's own (health checks) or has no addresses.

    `size`: octets of the header; what follows is the client's.
    """

    source: Address | None
    destination: Address | None
    size: int


def parse_proxy_header(data: bytes) -> ProxyHeader | None:
    """None while it is not whole. Raises ProtocolError as soon as it cannot become one."""
    if data[:1] == b"P":
        return _parse_v1(data)
    if not data.startswith(_V2[: len(data)]):
        raise ProtocolError("the connection does not begin with a PROXY header")
    return _parse_v2(data) if len(data) >= _FIXED else None


# ── version 1: one line of text (§2.1) ───────────────────────────────────────


def _parse_v1(data: bytes) -> ProxyHeader | None:
    if not data.startswith(_V1[: len(data)]):
        raise ProtocolError("the connection does not begin with a PROXY header")
    end = data.find(b"\n", 0, LONGEST_V1)
    if end < 0:
        if len(data) >= LONGEST_V1:
            raise ProtocolError(f"the PROXY line is longer than {LONGEST_V1} octets")
        return None
    line = data[: end + 1]
    if not line.endswith(b"\r\n") or not line.isascii() or line.count(b"\r") > 1:
        raise ProtocolError("the PROXY line does not end with CRLF")
    words = line[:-2].decode("ascii").split(" ")
    if words[1] == "UNKNOWN":
        return ProxyHeader(None, None, len(line))  # whatever follows it is to be ignored
    if len(words) != 6 or words[1] not in ("TCP4", "TCP6"):
        raise ProtocolError("the PROXY line has the wrong fields")
    _, family, source, destination, source_port, destination_port = words
    from_, to = (
        Address(_ip(family, source), _port(source_port)),
        Address(_ip(family, destination), _port(destination_port)),
    )
    _check_source(from_)
    return ProxyHeader(from_, to, len(line))


def _ip(family: str, text: str) -> str:
    kind = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
    try:
        if "%" in text:
            raise ValueError
        return str(kind(text))
    except ValueError:
        raise ProtocolError("the PROXY line has an address that is none") from None


def _port(text: str) -> int:
    if not text.isdigit() or len(text) > 5 or (text[0] == "0" and len(text) > 1) or int(text) > 65535:
        raise ProtocolError("the PROXY line has a port that is none")
    return int(text)


def _check_source(source: Address) -> None:
    """No TCP connection comes from port 0, which `Address` keeps for Unix peers: those are exempt from limits."""
    if not source.port:
        raise ProtocolError("the PROXY header has a client without a port")


# ── version 2: binary (§2.2) ─────────────────────────────────────────────────


def _parse_v2(data: bytes) -> ProxyHeader | None:
    version_command, family = data[12], data[13]
    size = int.from_bytes(data[14:16], "big")
    if version_command not in (0x20, 0x21):
        raise ProtocolError("the PROXY header has a version or command that is not known")
    if size > LONGEST_V2:
        raise ProtocolError(f"the PROXY header is longer than {LONGEST_V2} octets")
    whole = _FIXED + size
    if len(data) < whole:
        return None
    if version_command == 0x20:  # LOCAL: the proxy's own; the rest is to be skipped
        return ProxyHeader(None, None, whole)
    return _parse_addresses(data[:whole], family)


def _parse_addresses(header: bytes, family: int) -> ProxyHeader:
    source: Address | None = None
    destination: Address | None = None
    rest = _FIXED
    if family in _FAMILIES:
        width, kind = _FAMILIES[family]
        rest += 2 * width + 4
        _need(header, rest)
        first, second = header[_FIXED : _FIXED + width], header[_FIXED + width : _FIXED + 2 * width]
        ports = header[rest - 4 : rest]
        source = Address(str(kind(first)), int.from_bytes(ports[:2], "big"))
        destination = Address(str(kind(second)), int.from_bytes(ports[2:], "big"))
        _check_source(source)
    elif family == _UNIX_STREAM:  # a path on another machine says nothing here
        rest += _UNIX_SIZE
        _need(header, rest)
    elif family != 0:  # 0: not known, or not to be told
        raise ProtocolError("the PROXY header has a family of addresses that is not for streams")
    _check_extensions(header, rest)
    return ProxyHeader(source, destination, len(header))


def _need(header: bytes, size: int) -> None:
    if len(header) < size:
        raise ProtocolError("the PROXY header is too short for its addresses")


def _check_extensions(header: bytes, at: int) -> None:
    """§2.2: type, length, value, as often as there is room; their checksum must be right if it is there (§2.2.3)."""
    while at < len(header):
        _need(header, at + 3)
        kind, size = header[at], int.from_bytes(header[at + 1 : at + 3], "big")
        at += 3
        _need(header, at + size)
        if kind == _CRC32C:
            blank = header[:at] + bytes(size) + header[at + size :]
            if size != 4 or int.from_bytes(header[at : at + size], "big") != crc32c(blank):
                raise ProtocolError("the checksum of the PROXY header is wrong")
        at += size


def crc32c(data: bytes) -> int:
    """Castagnoli's (RFC 4960 appendix B); `zlib` has only the other one."""
    table = _crc32c_table()
    value = 0xFFFFFFFF
    for octet in data:
        value = table[(value ^ octet) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


@cache
def _crc32c_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)
