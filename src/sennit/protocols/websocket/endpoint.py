"""One side of an open WebSocket connection (RFC 6455 §5-8): octets into messages, messages into octets.

Compiled where that is possible, from this very file (`endpoint.pxd` gives the types).
"""

from collections.abc import Callable

from .assembly import Assembly, not_text
from .close_code import ABNORMAL, NORMAL, PROTOCOL_ERROR
from .close_frame import close_payload, parse_close
from .deflate import Deflate, Packer, most_packed, too_big
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
    key_before,
    rotate,
    serialize_frame,
    serialize_text,
    unmask,
    unmask_text,
)
from .masking_keys import MaskingKeys
from .message import kind_of, octets_of
from .state import TRANSITIONS, Event, Role, State

MOST_PONGS = 16
"""Kept for who asks; the oldest go first, which a later one answers too (§5.5.3)."""

_OPEN = State.OPEN
_CLOSED = State.CLOSED


class Endpoint:
    """`max_message`: octets of a whole message, unpacked. `masking_key` gives a client's next key of four octets.

    No octet of the peer is looked at twice: of a data frame that has come in part the payload is taken at once, and only a
    piece of a header or of a control frame is held.
    """

    __slots__ = (
        "_assembly",
        "_deflate",
        "_fin",
        "_held",
        "_is_server",
        "_key",
        "_left",
        "_masking_key",
        "_output",
        "_packer",
        "_pongs",
        "_sends",
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
        self._packer: Packer | None = None
        self._assembly: Assembly | None = None
        self._held = b""
        self._output: bytearray | None = None
        self._pongs: list[bytes] | None = None
        self._left = self._key = self._sends = 0
        self._fin = False

    # ── receiving ────────────────────────────────────────────────────────────

    @property
    def pending(self) -> int:
        """Octets held that are no message yet."""
        return len(self._held) + (0 if self._assembly is None else len(self._assembly))

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

    def take_output(self) -> bytes:
        """What must be written now: pongs, a close frame. Nearly always nothing."""
        if self._output is None:
            return b""
        output = bytes(self._output)
        self._output = None
        return output

    def take_pongs(self) -> list[bytes]:
        """The payloads of the pongs heard since this was last asked; the latest 16."""
        if self._pongs is None:
            return []
        pongs = self._pongs
        self._pongs = None
        return pongs

    def _receive(self, data: bytes, messages: list[str | bytes]) -> None:
        """A whole message in one frame is what nearly always comes: the first branch below is the way it takes."""
        octets = data
        size = len(data)
        at = 0
        while at < size and not self.is_over:
            if self._left:
                at = self._receive_rest(data, at, messages)
                continue
            start = at + 2
            if size < start:
                break
            first = octets[at]
            length = octets[at + 1]
            is_masked = length > 127
            length &= 127
            self._check_first(first, length, is_masked)
            if length > 125:
                start += 2 if length == 126 else 8
                if size < start:
                    break
                length = _long_length(data, at + 2, start)
            if first & 8 == 0:
                self._check_data(first, length)
            if is_masked:
                start += 4
            if size - start >= length:
                self._receive_frame(data, first, start, start + length, messages)
                at = start + length
            elif size < start or first & 8:
                break
            else:
                self._begin_frame(data, first, start, length)
                at = start
        if at < size and not self.is_over:
            self._held = data[at:]

    def _check_first(self, first: int, length: int, is_masked: bool) -> None:
        """The first two octets: what cannot be a frame is refused before more is awaited."""
        if is_masked is not self._is_server:
            what = "a frame from a client is not masked" if self._is_server else "a frame from a server is masked"
            raise WebSocketError(PROTOCOL_ERROR, what, "§5.1")
        if first == FIN | BINARY or first == FIN | TEXT:
            return
        opcode = first & 15
        if first & 0x70 and (first & 0x30 or self._deflate is None or opcode == CONTINUATION or opcode >= CLOSE):
            raise WebSocketError(PROTOCOL_ERROR, "a reserved bit is set that no extension gives a meaning", "§5.2")
        if opcode & 7 > 2:
            raise WebSocketError(PROTOCOL_ERROR, "the opcode is reserved", "§5.2")
        if opcode >= CLOSE and (length > LONGEST_CONTROL or not first & FIN):
            raise WebSocketError(PROTOCOL_ERROR, "a control frame is fragmented or longer than 125 octets", "§5.5")

    def _check_data(self, first: int, length: int) -> None:
        """A data frame by its header alone, before anything of its payload is kept."""
        assembly = self._assembly
        is_within = assembly is not None and assembly.kind != 0
        if (first & 15 == CONTINUATION) is not is_within:
            raise WebSocketError(PROTOCOL_ERROR, "fragments of two messages are mixed", "§5.4")
        most = self.max_message
        if assembly is not None and is_within:
            most = assembly.room()
        elif first & RSV1:
            most = most_packed(most)
        if length > most:
            raise too_big(self.max_message)

    def _receive_frame(self, data: bytes, first: int, start: int, end: int, messages: list[str | bytes]) -> None:
        """One that has come whole."""
        key = key_before(data, start) if self._is_server else 0
        if first == FIN | BINARY:
            messages.append(unmask(data, start, end, key))
        elif first == FIN | TEXT:
            messages.append(_text(data, start, end, key))
        elif first & 8:
            self._receive_control(first & 15, unmask(data, start, end, key))
        else:
            self._begin_frame(data, first, start, 0)
            self._add(unmask(data, start, end, key), messages)

    def _begin_frame(self, data: bytes, first: int, start: int, length: int) -> None:
        """A fragment, or a data frame of which not all has come: `length` octets are still to be taken."""
        self._left = length
        self._key = key_before(data, start) if self._is_server else 0
        self._fin = first & FIN != 0
        if self._assembly is None:
            self._assembly = self._new_assembly()
        if first & 15 != CONTINUATION:
            self._assembly.begin(first)

    def _new_assembly(self) -> Assembly:
        agreed = self._deflate
        if agreed is None:
            return Assembly(self.max_message, 0)
        bits, forgets = agreed.window_of_client if self._is_server else agreed.window_of_server
        return Assembly(self.max_message, 0 if forgets else bits)

    def _receive_rest(self, data: bytes, at: int, messages: list[str | bytes]) -> int:
        """What has come of a frame that is not whole; the offset behind it."""
        end = min(len(data), at + self._left)
        piece = unmask(data, at, end, self._key)
        self._left -= end - at
        self._key = rotate(self._key, end - at)
        self._add(piece, messages)
        return end

    def _add(self, piece: bytes, messages: list[str | bytes]) -> None:
        assembly = self._assembly
        assert assembly is not None
        assembly.add(piece)
        if self._fin and not self._left:
            messages.append(assembly.end())

    def _receive_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
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
        """Answered with its own code (§5.5.1)."""
        self.close_code, self.close_reason = parse_close(payload)
        self._write(CLOSE, payload[:2])
        self._advance(Event.CLOSE_RECEIVED)

    def _fail(self, error: WebSocketError) -> None:
        """The last thing sent is a close frame that says why, unless one was sent before (§7.1.7)."""
        self._write(CLOSE, close_payload(error.close_code, error.what))
        self.failure = error
        self.close_code, self.close_reason = error.close_code, error.what
        self._advance(Event.FAILED)

    def _advance(self, event: Event) -> None:
        self.state = TRANSITIONS.get((self.state, event), self.state)
        if self.state is _CLOSED:
            self.is_over = True
            self._assembly = self._packer = None
            self._held = b""
            self._left = 0

    def _write(self, opcode: int, payload: bytes) -> None:
        """Nothing follows a close frame (§5.5.1)."""
        if self.state is _OPEN:
            if self._output is None:
                self._output = bytearray()
            self._output += self._control(opcode, payload)

    # ── sending ──────────────────────────────────────────────────────────────

    @property
    def is_sending_fragments(self) -> bool:
        """A fragmented message is begun and not ended: no other message may be sent between (§5.4)."""
        return self._sends != 0

    def serialize_message(self, message: str | bytes) -> bytes:
        """One frame: text for str, binary for octets. Raises NotSendable, and UnicodeEncodeError for a lone surrogate."""
        if self.state is not _OPEN or self._sends:
            raise self._not_sendable()
        if self._deflate is not None and len(message) >= self._deflate.least:
            return self._serialize_packed(message)
        key = None if self._masking_key is None else self._masking_key()
        if isinstance(message, bytes):
            return serialize_frame(FIN | BINARY, message, key)
        if isinstance(message, str):
            return serialize_text(FIN | TEXT, message, key)
        return serialize_frame(FIN | BINARY, octets_of(message), key)

    def _serialize_packed(self, message: str | bytes) -> bytes:
        first = FIN | RSV1 | kind_of(message)
        return serialize_frame(first, self._pack(octets_of(message), True), self._next_key())

    def serialize_fragment(self, piece: str | bytes, *, first: bool, fin: bool) -> bytes:
        """One fragment of a message (§5.4); all of them are str, or all octets. Raises NotSendable."""
        kind = kind_of(piece)
        if self.state is not _OPEN or self._sends != (0 if first else kind):
            raise self._not_sendable()
        payload = octets_of(piece)
        octet = (FIN if fin else 0) | (kind if first else CONTINUATION)
        if self._deflate is not None:
            payload = self._pack(payload, fin)
            octet |= RSV1 if first else 0
        self._sends = 0 if fin else kind
        return serialize_frame(octet, payload, self._next_key())

    def _pack(self, payload: bytes, fin: bool) -> bytes:
        """In the window of the messages before, where that was agreed on."""
        agreed = self._deflate
        assert agreed is not None
        bits, forgets = agreed.window_of_server if self._is_server else agreed.window_of_client
        if self._packer is None:
            self._packer = Packer(bits, agreed.level)
        packed = self._packer.pack(payload, fin)
        if fin and forgets:
            self._packer = None
        return packed

    def serialize_ping(self, payload: bytes = b"") -> bytes:
        """At most 125 octets (§5.5). Raises NotSendable."""
        if self.state is not _OPEN or len(payload) > LONGEST_CONTROL:
            raise self._not_sendable()
        return self._control(PING, payload)

    def begin_close(self, code: int = NORMAL, reason: str = "") -> bytes:
        """Our close frame, once; then b"". A code that must not travel is left out; a long reason is cut."""
        if self.state is not _OPEN:
            return b""
        close = self._control(CLOSE, close_payload(code, reason))
        self._advance(Event.CLOSE_SENT)
        return close

    def _control(self, opcode: int, payload: bytes) -> bytes:
        return serialize_frame(FIN | opcode, payload, self._next_key())

    def _next_key(self) -> bytes | None:
        return None if self._masking_key is None else self._masking_key()

    def _not_sendable(self) -> NotSendable:
        if self.state is not _OPEN:
            return NotSendable("a close frame was sent or received, or the connection has ended")
        if self._sends:
            return NotSendable("a fragmented message is not ended, or goes on as another kind")
        return NotSendable("no fragmented message is begun, or a ping is longer than 125 octets")


def _long_length(data: bytes, start: int, end: int) -> int:
    length = int.from_bytes(data[start:end], "big")
    if length < (126 if end - start == 2 else 65536) or length >> 63:
        raise WebSocketError(PROTOCOL_ERROR, "the length is not in its shortest form", "§5.2")
    return length


def _text(data: bytes, start: int, end: int, key: int) -> str:
    try:
        return unmask_text(data, start, end, key)
    except UnicodeDecodeError:
        raise not_text() from None
