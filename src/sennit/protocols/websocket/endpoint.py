"""One side of an open WebSocket connection (RFC 6455 §5-8): octets into messages, messages into octets.

Compiled where that is possible, from this very file (`endpoint.pxd` gives the types).
"""

import codecs
from collections.abc import Callable

from .close_code import ABNORMAL, INVALID_DATA, NO_STATUS, POLICY_VIOLATION, PROTOCOL_ERROR, TOO_BIG, may_be_sent
from .deflate import Deflate
from .errors import NotSendable, WebSocketError
from .frame import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    LONGEST_CONTROL,
    PING,
    PONG,
    RSV1,
    TEXT,
    serialize_frame,
    serialize_text,
    unmask,
    unmask_text,
)
from .masking_keys import MaskingKeys
from .state import TRANSITIONS, Event, Role, State

MOST_EMPTY_FRAGMENTS = 16
"""In a row: they carry nothing and cost something."""
MOST_PONGS = 16
"""Kept for who asks; the oldest go first, which a later one answers too (§5.5.3)."""

_Utf8 = codecs.getincrementaldecoder("utf-8")
_OPEN = State.OPEN
_CLOSED = State.CLOSED


class Endpoint:
    """`max_message`: octets of a whole message, unpacked. `masking_key` gives a client's key of four octets.

    No octet of the peer is looked at twice: of a frame that has come in part the payload is unmasked, unpacked and, if it
    is text, checked at once (§8.1), and only a piece of a header or of a control frame is held.
    """

    __slots__ = (
        "_decoder",
        "_deflate",
        "_empty",
        "_fin",
        "_held",
        "_inflates",
        "_is_server",
        "_key",
        "_kind",
        "_left",
        "_masking_key",
        "_message",
        "_output",
        "_packed",
        "_pongs",
        "_sends",
        "_sends_packed",
        "close_code",
        "close_reason",
        "failure",
        "is_over",
        "max_message",
        "state",
    )

    def __init__(
        self,
        role: Role,
        *,
        max_message: int,
        deflate: Deflate | None = None,
        masking_key: Callable[[], bytes] | None = None,
    ) -> None:
        self.max_message = max_message
        self.state = _OPEN
        self.close_code = ABNORMAL
        self.close_reason = ""
        self.is_over = False
        self.failure: WebSocketError | None = None
        self._is_server = role is Role.SERVER
        self._masking_key = None if self._is_server else masking_key or MaskingKeys()
        self._deflate = deflate
        self._held = b""
        self._output: bytearray | None = None
        self._pongs: list[bytes] | None = None
        self._message: bytearray | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._key: bytes | None = None
        self._kind = self._left = self._empty = self._packed = self._sends = 0
        self._fin = self._inflates = self._sends_packed = False

    # ── receiving ────────────────────────────────────────────────────────────

    @property
    def pending(self) -> int:
        """Octets held that are no message yet."""
        return len(self._held) + (0 if self._message is None else len(self._message))

    def receive_data(self, data: bytes) -> list[str | bytes]:
        """The messages that are whole now, in order. What must be answered goes into the output; see also `failure`."""
        messages: list[str | bytes] = []
        if self._held:
            data = self._held + data
            self._held = b""
        try:
            self._receive(data, messages)
        except WebSocketError as error:
            self._fail(error)
        return messages

    def receive_eof(self) -> None:
        """The connection has ended: CLOSED, with 1006 unless the peer's close frame has come."""
        self._advance(Event.EOF)
        self._drop()

    def take_output(self) -> bytes:
        """What must be written now: pongs, a close frame. Nearly always nothing."""
        if self._output is None:
            return b""
        output = bytes(self._output)
        self._output = None
        return output

    def take_pongs(self) -> list[bytes]:
        """The payloads of the pongs heard since this was last asked; the latest 16."""
        pongs = self._pongs
        self._pongs = None
        return [] if pongs is None else pongs

    def _receive(self, data: bytes, messages: list[str | bytes]) -> None:
        octets = data
        size = len(data)
        at = 0
        while at < size and not self.is_over:
            if self._left:
                at = self._receive_rest(data, at, messages)
                continue
            if size - at < 2:
                self._held = data[at:]
                return
            first = octets[at]
            length = octets[at + 1]
            is_masked = length > 127
            length &= 127
            self._check_first(first, length, is_masked)
            start = at + 2
            if length > 125:
                width = 2 if length == 126 else 8
                if size - start < width:
                    self._held = data[at:]
                    return
                length = _long_length(data, start, width)
                start += width
            if first & 8 == 0:
                self._check_data(first, length)
            if is_masked:
                start += 4
            if size < start:
                self._held = data[at:]
                return
            key = data[start - 4 : start] if is_masked else None
            if size - start >= length:
                self._receive_frame(data, start, start + length, first, key, messages)
                at = start + length
            elif first & 8:
                self._held = data[at:]
                return
            else:
                self._begin_frame(first, length, key)
                at = start

    def _check_first(self, first: int, length: int, is_masked: bool) -> None:
        """The first two octets: what cannot be a frame is refused before more is awaited."""
        opcode = first & 15
        if first & 0x70 and (first & 0x30 or self._deflate is None or opcode not in (TEXT, BINARY)):
            raise WebSocketError(PROTOCOL_ERROR, "a reserved bit is set that no extension gives a meaning", "§5.2")
        if opcode & 7 > 2:
            raise WebSocketError(PROTOCOL_ERROR, "the opcode is reserved", "§5.2")
        if is_masked is not self._is_server:
            what = "a frame from a client is not masked" if self._is_server else "a frame from a server is masked"
            raise WebSocketError(PROTOCOL_ERROR, what, "§5.1")
        if opcode >= CLOSE and (length > LONGEST_CONTROL or not first & FIN):
            raise WebSocketError(PROTOCOL_ERROR, "a control frame is fragmented or longer than 125 octets", "§5.5")

    def _check_data(self, first: int, length: int) -> None:
        """A data frame by its header alone, before anything of its payload is kept."""
        if (first & 15 == CONTINUATION) is not bool(self._kind):
            raise WebSocketError(PROTOCOL_ERROR, "fragments of two messages are mixed", "§5.4")
        held = 0 if self._message is None else len(self._message)
        if length > self.max_message - held:
            raise _too_big(self.max_message)

    def _receive_frame(
        self, data: bytes, start: int, end: int, first: int, key: bytes | None, messages: list[str | bytes]
    ) -> None:
        """One that has come whole."""
        if first == FIN | BINARY:
            messages.append(unmask(data, start, end, key))
        elif first == FIN | TEXT:
            messages.append(_text(data, start, end, key))
        elif first & 8:
            self._receive_control(first & 15, unmask(data, start, end, key))
        else:
            self._begin_frame(first, 0, key)
            self._add(unmask(data, start, end, key))
            if self._fin:
                self._end_message(messages)

    def _begin_frame(self, first: int, length: int, key: bytes | None) -> None:
        """A data frame of which not all has come, or a fragment."""
        self._left = length
        self._key = key
        self._fin = first & FIN != 0
        if first & 15 != CONTINUATION:
            self._kind = first & 15
            self._inflates = first & RSV1 != 0
            self._message = bytearray()
            self._decoder = _Utf8() if self._kind == TEXT else None

    def _receive_rest(self, data: bytes, at: int, messages: list[str | bytes]) -> int:
        """What has come of a frame that is not whole; the offset behind it."""
        end = min(len(data), at + self._left)
        piece = unmask(data, at, end, self._key)
        self._left -= end - at
        if self._key is not None:
            turn = (end - at) & 3
            self._key = self._key[turn:] + self._key[:turn]
        self._add(piece)
        if not self._left and self._fin:
            self._end_message(messages)
        return end

    def _add(self, piece: bytes) -> None:
        assert self._message is not None
        self._empty = 0 if piece else self._empty + 1
        if self._empty > MOST_EMPTY_FRAGMENTS:
            raise WebSocketError(POLICY_VIOLATION, "too many empty fragments", "§5.4")
        self._message += piece
        if self._decoder is not None:
            _check_text(self._decoder, piece, False)

    def _end_message(self, messages: list[str | bytes]) -> None:
        message = self._message
        assert message is not None
        if self._decoder is not None:
            _check_text(self._decoder, b"", True)
            messages.append(message.decode())
        else:
            messages.append(bytes(message))
        self._drop()

    def _drop(self) -> None:
        """The message that is not whole, and all that belongs to it."""
        self._held = b""
        self._message = self._decoder = self._key = None
        self._kind = self._left = self._empty = self._packed = 0

    def _receive_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            if self.state is _OPEN:
                self._write(PONG, payload)
        elif opcode == PONG:
            self._hear_pong(payload)
        else:
            self._receive_close(payload)

    def _hear_pong(self, payload: bytes) -> None:
        if self._pongs is None:
            self._pongs = []
        elif len(self._pongs) == MOST_PONGS:
            del self._pongs[0]
        self._pongs.append(payload)

    def _receive_close(self, payload: bytes) -> None:
        code, reason = _parse_close(payload)
        if self.state is _OPEN:
            self._write(CLOSE, payload[:2])
        self.close_code, self.close_reason = code, reason
        self._advance(Event.CLOSE_RECEIVED)
        self._drop()

    def _fail(self, error: WebSocketError) -> None:
        """The last thing sent is a close frame that says why, unless one was sent before (§7.1.7)."""
        if self.state is _OPEN:
            self._write(CLOSE, _close_payload(error.close_code, error.what))
        self.failure = error
        self.close_code, self.close_reason = error.close_code, error.what
        self._advance(Event.FAILED)
        self._drop()

    def _advance(self, event: Event) -> None:
        self.state = TRANSITIONS.get((self.state, event), self.state)
        self.is_over = self.state is _CLOSED

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._output is None:
            self._output = bytearray()
        self._output += self._control(opcode, payload)

    # ── sending ──────────────────────────────────────────────────────────────

    @property
    def is_sending_fragments(self) -> bool:
        """A fragmented message is begun and not ended: no other message may be sent between (§5.4)."""
        return self._sends != 0

    def serialize_message(self, message: str | bytes) -> bytes:
        """One frame: text for str, binary for bytes. Raises NotSendable, and UnicodeEncodeError for a lone surrogate."""
        if self.state is not _OPEN or self._sends:
            raise self._not_sendable()
        key = None if self._masking_key is None else self._masking_key()
        if isinstance(message, str):
            return serialize_text(FIN | TEXT, message, key)
        return serialize_frame(FIN | BINARY, _octets(message), key)

    def serialize_fragment(self, piece: str | bytes, *, first: bool, fin: bool) -> bytes:
        """One fragment of a message (§5.4); all of them are str, or all bytes. Raises NotSendable."""
        kind = TEXT if isinstance(piece, str) else BINARY
        if self.state is not _OPEN or first is (self._sends != 0) or (not first and kind != self._sends):
            raise self._not_sendable()
        payload = piece.encode() if isinstance(piece, str) else _octets(piece)
        self._sends = 0 if fin else kind
        key = None if self._masking_key is None else self._masking_key()
        return serialize_frame((FIN if fin else 0) | (kind if first else CONTINUATION), payload, key)

    def serialize_ping(self, payload: bytes = b"") -> bytes:
        """At most 125 octets (§5.5). Raises NotSendable."""
        if self.state is not _OPEN or len(payload) > LONGEST_CONTROL:
            raise self._not_sendable()
        return self._control(PING, payload)

    def begin_close(self, code: int = 1000, reason: str = "") -> bytes:
        """Our close frame, once; then b"". A code that must not travel is left out; a long reason is cut."""
        if self.state is not _OPEN:
            return b""
        payload = _close_payload(code, reason)
        self._advance(Event.CLOSE_SENT)
        return self._control(CLOSE, payload)

    def _control(self, opcode: int, payload: bytes) -> bytes:
        return serialize_frame(FIN | opcode, payload, None if self._masking_key is None else self._masking_key())

    def _not_sendable(self) -> NotSendable:
        if self.state is not _OPEN:
            return NotSendable("a close frame was sent or received, or the connection has ended")
        if self._sends:
            return NotSendable("a fragmented message is not ended")
        return NotSendable("no fragmented message of this kind is begun, or a ping is longer than 125 octets")


def serialize_message(message: str | bytes) -> bytes:
    """One unmasked frame, not packed: the same octets for all peers of a server, whatever was agreed on with each."""
    if isinstance(message, str):
        return serialize_text(FIN | TEXT, message, None)
    return serialize_frame(FIN | BINARY, _octets(message), None)


def _octets(message: bytes) -> bytes:
    """Anything that holds octets, as bytes."""
    return message if type(message) is bytes else bytes(memoryview(message))


def _long_length(data: bytes, start: int, width: int) -> int:
    length = int.from_bytes(data[start : start + width], "big")
    if length < (126 if width == 2 else 65536) or length >> 63:
        raise WebSocketError(PROTOCOL_ERROR, "the length is not in its shortest form", "§5.2")
    return length


def _text(data: bytes, start: int, end: int, key: bytes | None) -> str:
    try:
        return unmask_text(data, start, end, key)
    except UnicodeDecodeError:
        raise _not_text() from None


def _check_text(decoder: codecs.IncrementalDecoder, piece: bytes, is_last: bool) -> None:
    try:
        decoder.decode(piece, is_last)
    except UnicodeDecodeError:
        raise _not_text() from None


def _not_text() -> WebSocketError:
    return WebSocketError(INVALID_DATA, "a text message is not UTF-8", "§8.1")


def _too_big(most: int) -> WebSocketError:
    return WebSocketError(TOO_BIG, f"a message is longer than {most} octets", "§7.4.1")


def _parse_close(payload: bytes) -> tuple[int, str]:
    if not payload:
        return NO_STATUS, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        raise WebSocketError(PROTOCOL_ERROR, "a close frame has no valid close code", "§7.4")
    return code, _text(payload, 2, len(payload), None)


def _close_payload(code: int, reason: str) -> bytes:
    if not may_be_sent(code):
        return b""
    text = reason.encode()[: LONGEST_CONTROL - 2].decode(errors="ignore")
    return code.to_bytes(2, "big") + text.encode()
