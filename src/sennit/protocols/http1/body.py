"""Bodies by length (RFC 9112 §6.2), in chunks (§7.1) and, of responses, until the connection closes (§6.3)."""

import re
from typing import Protocol

from .errors import RemoteProtocolError
from .framing import CHUNKED, CLOSE, LENGTH, Framing

LONGEST_CHUNK_LINE = 256
MOST_TRAILERS = 8 * 1024
MOST_OVERHEAD = 16 * 1024
"""Octets of chunk lines beyond half of the data: a body of one-octet chunks is an attack."""

_CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]{1,16})"
    rb"(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
    rb"(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|\"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t -\xff])*\"))?)*"
)
"""chunk-size [chunk-ext]; an extension is checked and then ignored (§7.1.1)."""

_TRAILER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")


class BodyReader(Protocol):
    is_complete: bool
    trailers: list[tuple[bytes, bytes]]

    @property
    def least_left(self) -> int:
        """Octets that are certainly still to come."""
        ...

    def receive_data(self, data: bytes, start: int) -> tuple[bytes, int]:
        """The octets of the body in `data` from `start`, and the offset behind them. Raises RemoteProtocolError."""
        ...

    def receive_eof(self) -> None:
        """The connection has ended. Raises RemoteProtocolError for a body that is not complete then (RFC 9112 §8)."""
        ...


def response_body(framing: Framing, content_length: int) -> BodyReader:
    """The reader of a response's body. Without one (`none`, `tunnel`) it is complete at once."""
    if framing == CHUNKED:
        return ChunkedBody()
    if framing == CLOSE:
        return UntilCloseBody()
    return LengthBody(content_length if framing == LENGTH else 0)


class LengthBody:
    __slots__ = ("is_complete", "least_left", "trailers")

    def __init__(self, length: int) -> None:
        self.least_left = length
        self.is_complete = length == 0
        self.trailers: list[tuple[bytes, bytes]] = []

    def receive_data(self, data: bytes, start: int) -> tuple[bytes, int]:
        piece = data[start : start + self.least_left]
        self.least_left -= len(piece)
        self.is_complete = not self.least_left
        return piece, start + len(piece)

    def receive_eof(self) -> None:
        if not self.is_complete:
            raise _cut_short()


class UntilCloseBody:
    """All that comes, until the connection ends: nobody can tell whether that was all (RFC 9112 §8)."""

    __slots__ = ("is_complete", "least_left", "trailers")

    def __init__(self) -> None:
        self.is_complete = False
        self.least_left = 0
        self.trailers: list[tuple[bytes, bytes]] = []

    def receive_data(self, data: bytes, start: int) -> tuple[bytes, int]:
        return data[start:], len(data)

    def receive_eof(self) -> None:
        self.is_complete = True


class ChunkedBody:
    """Trailers are parsed and kept apart; they are never merged into the header fields (RFC 9110 §6.5.1)."""

    __slots__ = ("_line", "_overhead", "_state", "_trailer_size", "is_complete", "least_left", "trailers")

    def __init__(self) -> None:
        self.is_complete = False
        self.least_left = 5  # 0 CRLF CRLF
        self.trailers: list[tuple[bytes, bytes]] = []
        self._state = self._receive_size
        self._line = b""
        self._overhead = MOST_OVERHEAD * 2  # in half octets of data
        self._trailer_size = 0

    def receive_data(self, data: bytes, start: int) -> tuple[bytes, int]:
        pieces: list[bytes] = []
        position = start
        while position < len(data) and not self.is_complete:
            position = self._state(data, position, pieces)
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), position

    def receive_eof(self) -> None:
        if not self.is_complete:
            raise _cut_short()

    def _receive_size(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        line, position = self._read_line(data, position, LONGEST_CHUNK_LINE)
        if line is None:
            return position
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise _refused("a chunk does not start with its size")
        self.least_left = int(match[1], 16)
        self._overhead -= 2 * (len(line) + 4) - self.least_left
        if self._overhead < 0:
            raise _refused("the chunks are too small for what they carry")
        self._state = self._receive_octets if self.least_left else self._receive_trailer
        return position

    def _receive_octets(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        piece = data[position : position + self.least_left]
        pieces.append(piece)
        self.least_left -= len(piece)
        if not self.least_left:
            self._state = self._receive_end
        return position + len(piece)

    def _receive_end(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        if data[position] != (10 if self._line else 13):
            raise _refused("a chunk does not end with CRLF")
        if self._line:
            self._line = b""
            self._state = self._receive_size
        else:
            self._line = b"\r"
        return position + 1

    def _receive_trailer(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        line, position = self._read_line(data, position, MOST_TRAILERS - self._trailer_size)
        if line is None:
            return position
        self._trailer_size += len(line) + 2
        if not line:
            self.is_complete = True
            return position
        match = _TRAILER.fullmatch(line)
        if match is None:
            raise _refused("a trailer is not a field line")
        self.trailers.append((match[1], match[2].rstrip(b" \t")))
        return position

    def _read_line(self, data: bytes, position: int, most: int) -> tuple[bytes | None, int]:
        """A line without its CRLF, None while it is not whole; a bare CR or LF is refused octet by octet."""
        end = data.find(b"\n", position)
        line = self._line + data[position : len(data) if end < 0 else end]
        if len(line) > most + 1:
            raise _refused("a chunk line or the trailers are too long")
        if end < 0:
            if b"\r" in line[:-1]:
                raise _refused("a line does not end with CRLF")
            self._line = line
            return None, len(data)
        self._line = b""
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise _refused("a line does not end with CRLF")
        return line[:-1], end + 1


def _refused(what: str) -> RemoteProtocolError:
    return RemoteProtocolError(400, what, "RFC 9112 §7.1")


def _cut_short() -> RemoteProtocolError:
    return RemoteProtocolError(400, "the connection ended within a body", "RFC 9112 §8")
