"""A message that comes in pieces (RFC 6455 §5.4): fragments, or a frame of which the payload has not come whole."""

import codecs

from .close_code import INVALID_DATA, POLICY_VIOLATION
from .deflate import Unpacker, most_packed
from .errors import WebSocketError
from .frame import RSV1, TEXT

MOST_EMPTY_FRAGMENTS = 16
"""In a row: they carry nothing and cost something."""

_Utf8 = codecs.getincrementaldecoder("utf-8")


class Assembly:
    """One for each connection, made when the first such message comes. `max_message`: octets, unpacked.

    Each piece is unpacked and, if it is text, checked when it comes: what is wrong is found at its first octet (§8.1).
    """

    __slots__ = (
        "_decoder",
        "_empty",
        "_max_message",
        "_message",
        "_packed",
        "_unpacker",
        "_window_bits",
        "kind",
    )

    def __init__(self, max_message: int, window_bits: int) -> None:
        """`window_bits`: of what the peer packs; 0 where a message may not refer to those before it, or nothing is packed."""
        self._max_message = max_message
        self._window_bits = window_bits
        self._unpacker: Unpacker | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._message = bytearray()
        self._packed = False
        self._empty = self.kind = 0

    def __len__(self) -> int:
        """Octets held."""
        return len(self._message)

    def room(self) -> int:
        """Octets that the payload of the next frame may have."""
        return most_packed(self._max_message) if self._packed else self._max_message - len(self._message)

    def begin(self, first: int) -> None:
        """`first`: the first octet of the first frame of a message."""
        self.kind = first & 15
        self._packed = first & RSV1 != 0
        self._decoder = _Utf8() if self.kind == TEXT else None
        if self._packed:
            if self._unpacker is None:
                self._unpacker = Unpacker(self._window_bits, self._max_message)
            self._unpacker.begin()

    def add(self, piece: bytes) -> None:
        """Raises WebSocketError."""
        self._empty = 0 if piece else self._empty + 1
        if self._empty > MOST_EMPTY_FRAGMENTS:
            raise WebSocketError(POLICY_VIOLATION, "too many empty fragments", "§5.4")
        if self._packed and self._unpacker is not None:
            piece = self._unpacker.unpack(piece, self._message)
        self._keep(piece, False)

    def end(self) -> str | bytes:
        """The message, which is whole now. Raises WebSocketError."""
        last = b""
        if self._packed and self._unpacker is not None:
            last = self._unpacker.end(self._message)
        self._keep(last, True)
        message = bytes(self._message) if self._decoder is None else self._message.decode()
        self.drop()
        return message

    def drop(self) -> None:
        """What was begun, if anything was; what the next messages need of it stays."""
        self.kind = self._empty = 0
        self._packed = False
        self._message = bytearray()
        self._decoder = None

    def _keep(self, piece: bytes, is_last: bool) -> None:
        self._message += piece
        if self._decoder is not None:
            _check_text(self._decoder, piece, is_last)


def _check_text(decoder: codecs.IncrementalDecoder, piece: bytes, is_last: bool) -> None:
    try:
        decoder.decode(piece, is_last)
    except UnicodeDecodeError:
        raise not_text() from None
    # Python awaits the third octet of a surrogate, because another error handler would take it; the second tells already.
    begun = decoder.getstate()[0]
    if len(begun) == 2 and begun[0] == 0xED and begun[1] > 0x9F:
        raise not_text()


def not_text() -> WebSocketError:
    return WebSocketError(INVALID_DATA, "a text message is not UTF-8", "§8.1")
