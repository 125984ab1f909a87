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


def key_before(data: bytes, start: int) -> int:
    """The masking key in the four octets before a payload, as a number in which its first octet is the lowest."""
    return int.from_bytes(data[start - 4 : start], "little")


def rotate(key: int, count: int) -> int:
    """The key for what comes `count` octets later."""
    turn = (count & 3) * 8
    return (key >> turn | key << (32 - turn)) & 0xFFFFFFFF


def unmask(data: bytes, start: int, end: int, key: int) -> bytes:
    """`data[start:end]`, XORed with the key repeated (§5.3); 0 leaves the octets as they are."""
    payload = data[start:end]
    return _xor(payload, key.to_bytes(4, "little")) if key else payload


def unmask_text(data: bytes, start: int, end: int, key: int) -> str:
    """The same as text. Raises UnicodeDecodeError."""
    return unmask(data, start, end, key).decode()


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
