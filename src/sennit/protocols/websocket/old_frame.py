"""One frame (RFC 6455 §5.2): header, mask, payload."""

import struct
from typing import NamedTuple

from .close_code import PROTOCOL_ERROR, TOO_BIG
from .errors import WebSocketError

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
FIN = 0x80
RESERVED = 0x70
MASK = 0x80
LONGEST_CONTROL = 125

_U16 = struct.Struct("!H")
_U64 = struct.Struct("!Q")


class FrameHeader(NamedTuple):
    fin: bool
    opcode: int
    length: int
    payload_start: int
    """Offset of the payload; the masking key stands in the four octets before it."""


def parse_header(data: bytes, start: int, most: int) -> FrameHeader | None:
    """The header at `start` of a frame from a client; None while it is not whole. `most`: octets of a payload.

    Raises WebSocketError before anything of the payload has been kept.
    """
    if len(data) - start < 2:
        return None
    first, second = data[start], data[start + 1]
    opcode = first & 0x0F
    if first & RESERVED:
        raise WebSocketError(PROTOCOL_ERROR, "a reserved bit is set and no extension was agreed on", "§5.2")
    if opcode not in OPCODES:
        raise WebSocketError(PROTOCOL_ERROR, "the opcode is reserved", "§5.2")
    if not second & MASK:
        raise WebSocketError(PROTOCOL_ERROR, "a frame from a client is not masked", "§5.1")
    length = second & 0x7F
    if opcode >= CLOSE and (length > LONGEST_CONTROL or not first & FIN):
        raise WebSocketError(PROTOCOL_ERROR, "a control frame is fragmented or longer than 125 octets", "§5.5")
    position = start + 2
    if length >= 126:
        width = _U16 if length == 126 else _U64
        if len(data) - position < width.size:
            return None
        (length,) = width.unpack_from(data, position)
        position += width.size
        _check_length(length, width)
    if length > most:
        raise WebSocketError(TOO_BIG, f"a message is longer than {most} octets", "§7.4.1")
    return FrameHeader(bool(first & FIN), opcode, length, position + 4)


def _check_length(length: int, width: struct.Struct) -> None:
    least = 126 if width is _U16 else 65536
    if length < least or length >> 63:
        raise WebSocketError(PROTOCOL_ERROR, "the length is not in its shortest form", "§5.2")


def unmask(payload: bytes, masking_key: bytes) -> bytes:
    """XOR with the key repeated (§5.3); as one large number, which is the fastest way in Python."""
    length = len(payload)
    key = (masking_key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")


def serialize_frame(opcode: int, payload: bytes) -> bytes:
    """A whole, unmasked frame, as a server sends it."""
    length = len(payload)
    if length < 126:
        return bytes((FIN | opcode, length)) + payload
    if length < 65536:
        return b"%c\x7e%b%b" % (FIN | opcode, _U16.pack(length), payload)
    return b"%c\x7f%b%b" % (FIN | opcode, _U64.pack(length), payload)
