"""How the body of a streamed answer is framed (RFC 9112 §6): one writer for each of the four ways."""

from typing import Protocol

from .errors import LocalProtocolError
from .response import LAST_CHUNK, serialize_chunk


class BodyWriter(Protocol):
    @property
    def line(self) -> bytes:
        """The field line that announces the framing."""
        ...

    @property
    def has_end(self) -> bool:
        """The peer can tell the end, so the connection may go on."""
        ...

    def send_piece(self, piece: bytes) -> bytes:
        """The octets of a piece of the body. Raises LocalProtocolError (http.E015) past the announced length."""
        ...

    def frame(self, count: int) -> tuple[bytes, bytes] | None:
        """What stands before and behind a piece of `count` octets that goes out by another way; None to leave it out.
        Raises as `send_piece` does."""
        ...

    def send_end(self) -> bytes:
        """The octets of the end. Raises LocalProtocolError (http.E015) short of the announced length."""
        ...


def body_writer(method: str, status: int, http_version: str, length: int | None) -> BodyWriter:
    """The framing of an answer to `method`; `length` in octets when it is known."""
    if status == 204 or status == 304:
        return _NoBody(b"", True)
    is_1_1 = http_version == "1.1"
    if method == "HEAD":  # the lines that GET would have, and no body (RFC 9110 §9.3.2)
        like = body_writer("GET", status, http_version, length)
        return _NoBody(like.line, True)
    if length is not None:
        return _ByLength(length)
    return _Chunked() if is_1_1 else _UntilClose()


class _NoBody:
    def __init__(self, line: bytes, has_end: bool) -> None:
        self.line = line
        self.has_end = has_end

    def send_piece(self, piece: bytes) -> bytes:
        return b""

    def frame(self, count: int) -> None:
        return None

    def send_end(self) -> bytes:
        return b""


class _Chunked:
    line = b"transfer-encoding: chunked\r\n"
    has_end = True

    def send_piece(self, piece: bytes) -> bytes:
        return serialize_chunk(piece) if piece else b""

    def frame(self, count: int) -> tuple[bytes, bytes] | None:
        return (b"%x\r\n" % count, b"\r\n") if count else None

    def send_end(self) -> bytes:
        return LAST_CHUNK


class _ByLength:
    has_end = True

    def __init__(self, length: int) -> None:
        self.line = b"content-length: %d\r\n" % length
        self._left = length

    def send_piece(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise _wrong_length("more")
        return piece

    def frame(self, count: int) -> tuple[bytes, bytes]:
        self._left -= count
        if self._left < 0:
            raise _wrong_length("more")
        return b"", b""

    def send_end(self) -> bytes:
        if self._left:
            raise _wrong_length("fewer")
        return b""


class _UntilClose:
    """HTTP/1.0 without a length: the end of the connection is the end of the body."""

    line = b""
    has_end = False

    def send_piece(self, piece: bytes) -> bytes:
        return piece

    def frame(self, count: int) -> tuple[bytes, bytes]:
        return b"", b""

    def send_end(self) -> bytes:
        return b""


def _wrong_length(which: str) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E015",
        what=f"the pieces of the answer have {which} octets than the length that was announced",
        fix="announce the length that is sent, or none",
    )
