"""The payload of a close frame (RFC 6455 §5.5.1)."""

from .assembly import not_text
from .close_code import NO_STATUS, PROTOCOL_ERROR, may_be_sent
from .errors import WebSocketError
from .frame import LONGEST_CONTROL


def parse_close(payload: bytes) -> tuple[int, str]:
    """Code and reason; 1005 without a code. Raises WebSocketError."""
    if not payload:
        return NO_STATUS, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        raise WebSocketError(PROTOCOL_ERROR, "a close frame has no valid close code", "§7.4")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        raise not_text() from None


def close_payload(code: int, reason: str) -> bytes:
    """A code that must not travel gives none; a long reason is cut at a whole character."""
    if not may_be_sent(code):
        return b""
    text = reason.encode()[: LONGEST_CONTROL - 2].decode(errors="ignore")
    return code.to_bytes(2, "big") + text.encode()
