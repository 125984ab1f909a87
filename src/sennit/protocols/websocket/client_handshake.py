"""The opening handshake, the client's side (RFC 6455 §4.1)."""

import base64
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .deflate import Deflate
from .errors import HandshakeError
from .extensions import parse_extensions
from .handshake import VERSION, accept_of, fields_of, tokens_of
from .negotiation import check_deflate, offer_deflate


class Accepted(NamedTuple):
    """What the server has agreed to."""

    subprotocol: str | None
    deflate: Deflate | None


def new_key() -> bytes:
    """16 octets that nobody can guess, in base64 (§4.1, 7); one for each handshake."""
    return base64.b64encode(os.urandom(16))


def offer_lines(
    key: bytes, subprotocols: Sequence[str] = (), deflate: Deflate | None = None, origin: str | None = None
) -> list[tuple[bytes, bytes]]:
    """The field lines of the GET, without Host (§4.1). `deflate`: offered with these parameters; None: not at all."""
    lines = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-key", key),
        (b"sec-websocket-version", VERSION),
    ]
    if subprotocols:
        lines.append((b"sec-websocket-protocol", ", ".join(subprotocols).encode("latin-1")))
    if deflate is not None:
        lines.append((b"sec-websocket-extensions", offer_deflate(deflate).encode("latin-1")))
    if origin is not None:
        lines.append((b"origin", origin.encode("latin-1")))
    return lines


def check_answer(
    lines: Iterable[tuple[bytes, bytes]], key: bytes, subprotocols: Sequence[str] = (), deflate: Deflate | None = None
) -> Accepted:
    """The field lines of an answer with the status 101, beside what was offered. Raises HandshakeError (§4.1)."""
    fields = fields_of(lines)
    if b"websocket" not in {token.lower() for token in tokens_of(fields.get(b"upgrade", []))}:
        raise HandshakeError("the answer has no `Upgrade: websocket`", "§4.1, 2")
    if b"upgrade" not in {token.lower() for token in tokens_of(fields.get(b"connection", []))}:
        raise HandshakeError("the answer has no `Connection: Upgrade`", "§4.1, 3")
    if fields.get(b"sec-websocket-accept") != [accept_of(key)]:
        raise HandshakeError("Sec-WebSocket-Accept does not fit the key", "§4.1, 4")
    return Accepted(_subprotocol(fields, subprotocols), _deflate(fields, deflate))


def _subprotocol(fields: dict[bytes, list[bytes]], offered: Sequence[str]) -> str | None:
    values = fields.get(b"sec-websocket-protocol", [])
    if not values:
        return None
    subprotocol = values[0].decode("latin-1")
    if len(values) > 1 or subprotocol not in offered:
        raise HandshakeError("the server answers with a subprotocol that was not offered", "§4.1, 6")
    return subprotocol


def _deflate(fields: dict[bytes, list[bytes]], offered: Deflate | None) -> Deflate | None:
    extensions = parse_extensions(fields.get(b"sec-websocket-extensions", []))
    if extensions is None:
        raise HandshakeError("Sec-WebSocket-Extensions is not a list of extensions", "§9.1")
    agreed = check_deflate(extensions, offered)
    if isinstance(agreed, str):
        raise HandshakeError(agreed, "§4.1, 5")
    return agreed
