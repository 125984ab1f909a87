"""Messages and control frames of a server, serialized."""

from .close_code import may_be_sent
from .old_frame import BINARY, CLOSE, LONGEST_CONTROL, PING, PONG, TEXT, serialize_frame


def serialize_message(message: str | bytes) -> bytes:
    """One unfragmented frame: text for str, binary for bytes."""
    if isinstance(message, str):
        return serialize_frame(TEXT, message.encode())
    return serialize_frame(BINARY, message)


def serialize_ping(payload: bytes = b"") -> bytes:
    return serialize_frame(PING, payload)


def serialize_pong(payload: bytes) -> bytes:
    return serialize_frame(PONG, payload)


def serialize_close(code: int, reason: str = "") -> bytes:
    """A code that must not travel gives a close frame without one; a long reason is cut at a whole character."""
    if not may_be_sent(code):
        return serialize_frame(CLOSE, b"")
    text = reason.encode()[: LONGEST_CONTROL - 2].decode(errors="ignore")
    return serialize_frame(CLOSE, code.to_bytes(2, "big") + text.encode())
