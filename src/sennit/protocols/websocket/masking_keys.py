"""Masking keys of a client: fresh and unpredictable for each frame (RFC 6455 §5.3)."""

import os

BATCH = 512
"""Octets asked of the system at once: a call for each frame costs more than the frame."""


class MaskingKeys:
    """Called for the next key, of four octets."""

    __slots__ = ("_at", "_octets")

    def __init__(self) -> None:
        self._octets = b""
        self._at = BATCH

    def __call__(self) -> bytes:
        at = self._at
        if at == BATCH:
            self._octets = os.urandom(BATCH)
            at = 0
        self._at = at + 4
        return self._octets[at : at + 4]
