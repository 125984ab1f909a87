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
_LAST_BLOCK = b"\x03\x00"
"""Empty, with BFINAL (RFC 1951 §3.2.6)."""


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

    @property
    def window_of_server(self) -> tuple[int, bool]:
        """Of what the server packs: its bits, and whether each message begins anew."""
        return self.server_max_window_bits, self.server_no_context_takeover

    @property
    def window_of_client(self) -> tuple[int, bool]:
        return self.client_max_window_bits, self.client_no_context_takeover


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
    """Of messages that have come. Never makes more octets than `max_message`, whatever a message would expand to.

    Between two messages it keeps the octets that the next one may refer to, at most 2^window_bits, and no state of zlib's,
    which is larger. Within a message a reference may reach as far as DEFLATE allows: whether zlib refuses one that reaches
    beyond a smaller window depends on how the reads have cut the message.
    """

    __slots__ = ("_inflater", "_max_message", "_packed", "_streams", "_window", "_window_size")

    def __init__(self, window_bits: int, max_message: int) -> None:
        """`window_bits`: what the peer agreed to keep within; 0 when a message may not refer to those before it."""
        self._max_message = max_message
        self._window_size = 1 << window_bits if window_bits else 0
        self._window = b""
        self._inflater: zlib._Decompress | None = None
        self._packed = self._streams = 0

    def begin(self) -> None:
        """A message begins."""
        self._packed = self._streams = 0
        self._inflater = _inflater(self._window)

    def unpack(self, piece: bytes, before: bytearray) -> bytes:
        """The octets that `piece` adds to a message of which `before` is unpacked. Raises WebSocketError."""
        self._packed += len(piece)
        if self._packed > most_packed(self._max_message):
            raise too_big(self._max_message)
        octets, rest = self._inflate(piece, len(before))
        while rest is not None:
            self._next_stream(before + octets)
            more, rest = self._inflate(rest, len(before) + len(octets))
            octets += more
        return octets

    def end(self, before: bytearray) -> bytes:
        """The end of a message: the octets that every sender leaves out are put back (§7.2.2).

        Of zlib's flush nothing is left for an empty message that follows another; some senders send just that.
        """
        octets = self.unpack(_TAIL, before) if self._packed else b""
        if self._packed:
            self._check_block_has_ended()
        self._inflater = None
        if self._window_size:
            self._window = (self._window + before + octets)[-self._window_size :]
        return octets

    def _check_block_has_ended(self) -> None:
        """Only between two blocks can one follow that ends the stream."""
        inflater = self._inflater
        assert inflater is not None
        try:
            if not inflater.decompress(_LAST_BLOCK, 1) and inflater.eof:
                return
        except zlib.error:
            pass
        raise WebSocketError(INVALID_DATA, "a message ends inside a DEFLATE block", "§7.2.1", 7692)

    def _inflate(self, piece: bytes, held: int) -> tuple[bytes, bytes | None]:
        """What it unpacks to, and what has come behind the end of a DEFLATE stream, if that has ended."""
        inflater, most = self._inflater, self._max_message - held
        assert inflater is not None
        try:
            octets = inflater.decompress(piece, most + 1)
        except zlib.error:
            raise WebSocketError(INVALID_DATA, "a message cannot be unpacked", "§7.2.2", 7692) from None
        if len(octets) > most:
            raise too_big(self._max_message)
        return octets, inflater.unused_data if inflater.eof else None

    def _next_stream(self, before: bytearray) -> None:
        """Begins a new one in the window of the one that has ended."""
        self._streams += 1
        if self._streams > MOST_STREAMS:
            raise WebSocketError(POLICY_VIOLATION, "a message ends its DEFLATE stream too often", "§7.2.3.4", 7692)
        self._inflater = _inflater(self._window + before)


def _inflater(before: bytes) -> "zlib._Decompress":
    """`before`: what the stream may refer to."""
    return zlib.decompressobj(-MOST_WINDOW_BITS, zdict=before[-(1 << MOST_WINDOW_BITS) :])


def most_packed(max_message: int) -> int:
    """Octets of a message as it travels: twice the limit is what many small fragments need."""
    return 2 * max_message + MOST_OVERHEAD


def too_big(max_message: int) -> WebSocketError:
    return WebSocketError(TOO_BIG, f"a message is longer than {max_message} octets", "§7.4.1")
