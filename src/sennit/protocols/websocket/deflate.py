"""Permessage-deflate (RFC 7692): what was agreed on."""

from typing import NamedTuple


class Deflate(NamedTuple):
    """The four parameters (§7.1), for both directions."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
