"""Frames of a client into messages and control events (RFC 6455 §5.4-5.6)."""

import codecs
from typing import NamedTuple

from .close_code import INVALID_DATA, NO_STATUS, POLICY_VIOLATION, PROTOCOL_ERROR, may_be_sent
from .errors import WebSocketError
from .old_frame import CLOSE, CONTINUATION, PING, PONG, TEXT, FrameHeader, parse_header, unmask

MOST_EMPTY_FRAGMENTS = 16
"""In a row: they carry nothing and cost something."""

_Utf8 = codecs.getincrementaldecoder("utf-8")


class Ping(NamedTuple):
    payload: bytes


class Pong(NamedTuple):
    payload: bytes


class Close(NamedTuple):
    """`code` is 1005 when the frame had none."""

    code: int
    reason: str


Event = str | bytes | Ping | Pong | Close
"""A text message, a binary message, or what a control frame says."""


class Receiver:
    """The receiving half of one connection. `max_message` in octets. After Close or an error it takes no more.

    Text is checked fragment by fragment: what is not UTF-8 is refused before the message is whole (§8.1).
    """

    __slots__ = ("_buffer", "_decoder", "_empty", "_is_done", "_kind", "_message", "_needed", "max_message")

    def __init__(self, max_message: int) -> None:
        self.max_message = max_message
        self._buffer = bytearray()
        self._needed = 0
        self._is_done = False
        self._begin(0)

    @property
    def pending(self) -> int:
        """Octets held that are not yet an event."""
        return len(self._buffer) + len(self._message)

    def receive_data(self, data: bytes) -> tuple[list[Event], WebSocketError | None]:
        """The events of `data`, in order, and what was wrong after them."""
        events: list[Event] = []
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return events, None
            data = bytes(self._buffer)
        try:
            rest = self._receive(data, events)
        except WebSocketError as error:
            self._is_done = True
            rest = b""
            return events, error
        finally:
            self._buffer[:] = rest
        return events, None

    def _receive(self, data: bytes, events: list[Event]) -> bytes:
        """What is left over."""
        position = 0
        while not self._is_done:
            header = parse_header(data, position, self.max_message - len(self._message))
            if header is None:
                self._needed = 0
                return data[position:]
            end = header.payload_start + header.length
            if len(data) < end:
                self._needed = end - position
                return data[position:]
            start = header.payload_start
            self._receive_frame(header, unmask(data[start:end], data[start - 4 : start]), events)
            position = end
        return b""

    def _receive_frame(self, header: FrameHeader, payload: bytes, events: list[Event]) -> None:
        opcode = header.opcode
        if opcode == PING:
            events.append(Ping(payload))
        elif opcode == PONG:
            events.append(Pong(payload))
        elif opcode == CLOSE:
            self._is_done = True
            events.append(_parse_close(payload))
        else:
            self._receive_fragment(opcode, header.fin, payload, events)

    def _receive_fragment(self, opcode: int, fin: bool, payload: bytes, events: list[Event]) -> None:
        if (opcode == CONTINUATION) is not bool(self._kind):
            raise WebSocketError(PROTOCOL_ERROR, "fragments of two messages are mixed", "§5.4")
        if opcode != CONTINUATION:
            if fin:
                events.append(_decode(payload) if opcode == TEXT else payload)
                return
            self._begin(opcode)
        self._add(payload, fin)
        if fin:
            events.append(self._message.decode() if self._kind == TEXT else bytes(self._message))
            self._begin(0)

    def _begin(self, kind: int) -> None:
        self._kind = kind
        self._message = bytearray()
        self._empty = 0
        self._decoder = _Utf8() if kind == TEXT else None

    def _add(self, payload: bytes, fin: bool) -> None:
        self._message += payload
        self._empty = 0 if payload else self._empty + 1
        if self._empty > MOST_EMPTY_FRAGMENTS:
            raise WebSocketError(POLICY_VIOLATION, "too many empty fragments", "§5.4")
        if self._decoder is not None:
            _check_part(self._decoder, payload, fin)


def _decode(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _not_text() from None


def _check_part(decoder: codecs.IncrementalDecoder, payload: bytes, fin: bool) -> None:
    try:
        decoder.decode(payload, fin)
    except UnicodeDecodeError:
        raise _not_text() from None


def _not_text() -> WebSocketError:
    return WebSocketError(INVALID_DATA, "a text message is not UTF-8", "§8.1")


def _parse_close(payload: bytes) -> Close:
    if not payload:
        return Close(NO_STATUS, "")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        raise WebSocketError(PROTOCOL_ERROR, "a close frame has no valid close code", "§7.4")
    return Close(code, _decode(payload[2:]))
