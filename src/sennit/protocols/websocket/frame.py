"""One frame's octets (RFC 6455 §5.2-5.3): masking and serializing. The specification; `_frame.pyx` is its compiled twin."""

import struct
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
FIN: Final = 0x80
RSV1: Final = 0x40
LONGEST_CONTROL: Final = 125

_SHORT = struct.Struct("!BB")
_MIDDLE = struct.Struct("!BBH")
_LONG = struct.Struct("!BBQ")


def unmask(data: bytes, start: int, end: int, masking_key: bytes | None) -> bytes:
    """`data[start:end]`, XORed with the four octets of the key repeated (§5.3) if there is one."""
    payload = data[start:end]
    return payload if masking_key is None else _xor(payload, masking_key)


def unmask_text(data: bytes, start: int, end: int, masking_key: bytes | None) -> str:
    """The same as text. Raises UnicodeDecodeError."""
    return unmask(data, start, end, masking_key).decode()


def serialize_frame(first: int, payload: bytes, masking_key: bytes | None) -> bytes:
    """A whole frame. `first`: FIN, RSV1 and the opcode."""
    header = _header(first, len(payload), 0 if masking_key is None else 0x80)
    if masking_key is None:
        return header + payload
    return b"".join((header, masking_key, _xor(payload, masking_key)))


def serialize_text(first: int, text: str, masking_key: bytes | None) -> bytes:
    """The same for text, as UTF-8. Raises UnicodeEncodeError for a lone surrogate."""
    return serialize_frame(first, text.encode(), masking_key)


def _header(first: int, length: int, mask: int) -> bytes:
    if length < 126:
        return _SHORT.pack(first, mask | length)
    if length < 65536:
        return _MIDDLE.pack(first, mask | 126, length)
    return _LONG.pack(first, mask | 127, length)


def _xor(payload: bytes, masking_key: bytes) -> bytes:
    """As one large number, which is the fastest way in Python."""
    length = len(payload)
    key = (masking_key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")
