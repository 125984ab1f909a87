"""A message as its octets (RFC 6455 §5.6): text is str, binary is bytes."""

from .frame import BINARY, FIN, TEXT, serialize_frame, serialize_text


def serialize_message(message: str | bytes) -> bytes:
    """One unmasked frame, not packed: the same octets for all peers of a server, whatever was agreed on with each."""
    if isinstance(message, str):
        return serialize_text(FIN | TEXT, message, None)
    return serialize_frame(FIN | BINARY, octets_of(message), None)


def kind_of(message: str | bytes) -> int:
    return TEXT if isinstance(message, str) else BINARY


def octets_of(message: str | bytes) -> bytes:
    """Text as UTF-8; anything that holds octets as bytes."""
    if isinstance(message, str):
        return message.encode()
    return message if type(message) is bytes else bytes(memoryview(message))
