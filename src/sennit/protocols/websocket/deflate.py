"""Permessage-deflate (RFC 7692): its parameters, and the octets of one direction packed or unpacked."""

import zlib
from dataclasses import dataclass
from typing import Final

from .close_code import INVALID_DATA, POLICY_VIOLATION, TOO_BIG
from .errors import WebSocketError

LEAST_WINDOW_BITS: Final = 8
MOST_WINDOW_BITS: Final = 15
MOST_STREAMS = 16
"""Of DEFLATE in one message: a block with BFINAL ends one (§7.2.3.4), and each one costs its memory anew."""
MOST_OVERHEAD = 1024
"""Octets that a packed message may have beyond twice the limit: packed octets that expand to nothing are endless work."""

_TAIL = b"\x00\x00\xff\xff"


@dataclass(frozen=True, slots=True)
class Deflate:
    """The four parameters (§7.1), and two of our own that the peer does not hear of.

    As a wish: what we want to have agreed on, where the peer allows it. As an agreement: what holds for both directions.
    The windows are small on purpose: what zlib keeps for a connection grows with them.

    level: how hard packing tries, 1 to 9.
    least: characters or octets; a shorter message is sent as it is, because packing would cost more than it saves.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 12
    client_max_window_bits: int = 12
    level: int = 1
    least: int = 256


class Packer:
    """Of messages that we send.

    zlib and not isal: up to 1000 octets isal took two to three times as long to unpack, and about as long to pack at a like
    size (levels 1 and 2; level 0 is fast but packs far worse). At 16 KB it packs twice as fast. Measured in November 2026.
    """

    __slots__ = ("_deflater",)

    def __init__(self, window_bits: int, level: int) -> None:
        # zlib has no raw window of 256 octets. Without any back-reference the window does not matter.
        bits = max(window_bits, 9)
        strategy = zlib.Z_HUFFMAN_ONLY if window_bits < 9 else zlib.Z_DEFAULT_STRATEGY
        self._deflater = zlib.compressobj(level, zlib.DEFLATED, -bits, max(bits - 7, 2), strategy)

    def pack(self, payload: bytes, fin: bool) -> bytes:
        """A message, or a fragment of one; whole octets, so that the peer can unpack all of it at once (§7.2.1)."""
        packed = self._deflater.compress(payload) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        if not fin:
            return packed
        # zlib does not flush what it has flushed; the first octet of an empty block stands for it (§7.2.3.6).
        return packed[:-4] if packed else b"\x00"


class Unpacker:
    """Of messages that have come. Never makes more octets than `max_message`, whatever a message would expand to."""

    __slots__ = ("_bits", "_inflater", "_max_message", "_packed", "_streams")

    def __init__(self, window_bits: int, max_message: int) -> None:
        self._bits = -max(window_bits, 9)
        self._max_message = max_message
        self._inflater = zlib.decompressobj(self._bits)
        self._packed = self._streams = 0

    def begin(self) -> None:
        """A message begins."""
        self._packed = self._streams = 0

    def unpack(self, piece: bytes, before: bytearray) -> bytes:
        """The octets that `piece` adds to a message of which `before` is unpacked. Raises WebSocketError."""
        self._packed += len(piece)
        if self._packed > most_packed(self._max_message):
            raise too_big(self._max_message)
        octets = self._inflate(piece, len(before))
        while self._inflater.eof:
            rest = self._next_stream(before + octets)
            octets += self._inflate(rest, len(before) + len(octets))
        return octets

    def end(self, before: bytearray) -> bytes:
        """The end of a message: the octets that every sender leaves out are put back (§7.2.2)."""
        return self.unpack(_TAIL, before)

    def _inflate(self, piece: bytes, held: int) -> bytes:
        most = self._max_message - held
        try:
            octets = self._inflater.decompress(piece, most + 1)
        except zlib.error:
            raise WebSocketError(INVALID_DATA, "a message cannot be unpacked", "§7.2.2", 7692) from None
        if len(octets) > most:
            raise too_big(self._max_message)
        return octets

    def _next_stream(self, before: bytearray) -> bytes:
        """Begins a new one in the window of the one that has ended; what has come behind that."""
        self._streams += 1
        if self._streams > MOST_STREAMS:
            raise WebSocketError(POLICY_VIOLATION, "a message ends its DEFLATE stream too often", "§7.2.3.4", 7692)
        rest = self._inflater.unused_data
        self._inflater = zlib.decompressobj(self._bits, zdict=bytes(before[-(1 << -self._bits) :]))
        return rest


def most_packed(max_message: int) -> int:
    """Octets of a message as it travels: twice the limit is what many small fragments need."""
    return 2 * max_message + MOST_OVERHEAD


def too_big(max_message: int) -> WebSocketError:
    return WebSocketError(TOO_BIG, f"a message is longer than {max_message} octets", "§7.4.1")
