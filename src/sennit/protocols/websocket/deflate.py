"""Permessage-deflate (RFC 7692): its parameters, wished for or agreed on."""

from dataclasses import dataclass
from typing import Final

LEAST_WINDOW_BITS: Final = 8
MOST_WINDOW_BITS: Final = 15


@dataclass(frozen=True, slots=True)
class Deflate:
    """The four parameters (§7.1), and two of our own that the peer does not hear of.

    As a wish: what we want to have agreed on, where the peer allows it. As an agreement: what holds for both directions.

    level: how hard packing tries, 1 to 9.
    least: octets; a shorter message is sent as it is, because packing would cost more than it saves.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MOST_WINDOW_BITS
    client_max_window_bits: int = MOST_WINDOW_BITS
    level: int = 1
    least: int = 256
