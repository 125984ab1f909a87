"""How the body of a response ends (RFC 9112 §6.3)."""

from typing import Final, Literal

Framing = Literal["none", "length", "chunked", "close", "tunnel"]

NONE: Final = "none"  # there is no body
LENGTH: Final = "length"  # after `content_length` octets
CHUNKED: Final = "chunked"  # with the last chunk and its trailers
CLOSE: Final = "close"  # with the connection
TUNNEL: Final = "tunnel"  # there is no body; the octets behind the head are those of the tunnel
