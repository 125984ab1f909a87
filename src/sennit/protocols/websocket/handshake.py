"""The opening handshake, the server's side (RFC 6455 §4.2)."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from .extensions import Extension, parse_extensions

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION = b"13"
_PASSES_OVER_FLAGS = b"Tornado/"
"""User-Agent of clients that pass over parameters without a value (seen in 6.6.1): they go on in the window that they were asked
to drop, and nothing after their first message could be unpacked. Without compression all goes well."""


class Handshake(NamedTuple):
    """What a valid opening handshake asks for. `extensions`: offers, in the client's order."""

    key: bytes
    subprotocols: tuple[str, ...]
    origin: str | None
    extensions: tuple[Extension, ...] = ()


def receive_handshake(lines: Iterable[tuple[bytes, bytes]]) -> Handshake | None:
    """From the field lines of a GET over HTTP/1.1 with `Connection: upgrade`; None when they are not a valid handshake.

    The caller has checked method, version, Connection and Host (§4.2.1, 1-4).
    """
    fields = fields_of(lines)
    keys = fields.get(b"sec-websocket-key", [])
    upgrades = {token.lower() for token in tokens_of(fields.get(b"upgrade", []))}
    extensions = parse_extensions(fields.get(b"sec-websocket-extensions", []))
    if b"websocket" not in upgrades or fields.get(b"sec-websocket-version") != [VERSION]:
        return None
    if len(keys) != 1 or not _is_key(keys[0]) or extensions is None:
        return None
    origins = fields.get(b"origin", [])
    subprotocols = tuple(token.decode("latin-1") for token in tokens_of(fields.get(b"sec-websocket-protocol", [])))
    origin = ", ".join(o.decode("latin-1") for o in origins) if origins else None
    if any(agent.startswith(_PASSES_OVER_FLAGS) for agent in fields.get(b"user-agent", [])):
        extensions = ()
    return Handshake(keys[0], subprotocols, origin, extensions)


def accept_lines(key: bytes, subprotocol: str | None, extensions: str | None = None) -> list[tuple[bytes, bytes]]:
    """The field lines of the 101 answer (§4.2.2). `extensions`: the answer of `negotiate_deflate`."""
    lines = [(b"upgrade", b"websocket"), (b"sec-websocket-accept", accept_of(key))]
    if subprotocol is not None:
        lines.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    if extensions is not None:
        lines.append((b"sec-websocket-extensions", extensions.encode("latin-1")))
    return lines


def accept_of(key: bytes) -> bytes:
    """What proves that the server has read the key (§4.2.2, 5.4)."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def fields_of(lines: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    """Values by name in lower case."""
    fields: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        fields.setdefault(name.lower(), []).append(value)
    return fields


def tokens_of(values: list[bytes]) -> list[bytes]:
    return [token for value in values for part in value.split(b",") if (token := part.strip(b" \t"))]


def _is_key(key: bytes) -> bool:
    """16 octets in base64 (§4.2.1, 5)."""
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False
