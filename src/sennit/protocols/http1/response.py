"""The head of an answer and its chunks (RFC 9112 §4, §7.1), serialized."""

from collections.abc import Iterable
from http import HTTPStatus

from .errors import LocalProtocolError

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

OWN = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date"))
"""Lines that the server writes itself: exactly one framing, one Date."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


def serialize_head(status: int, lines: Iterable[tuple[bytes, bytes]], own: bytes) -> bytes:
    """Status line, the app's lines, the server's own lines (each with its CRLF), and the empty line.

    Raises LocalProtocolError: http.E011 a line that the server writes itself, http.E012 a control character.
    """
    pieces = [_STATUS_LINES.get(status) or _status_line(status)]
    count = 2
    for name, value in lines:
        if name in OWN:
            raise _not_yours(name)
        pieces += name, b": ", value, b"\r\n"
        count += 1
    pieces.append(own)
    pieces.append(b"\r\n")
    head = b"".join(pieces)
    # Two scans in C instead of a check of each value: a stray CR, LF or NUL is what splits answers.
    count += own.count(b"\n")
    if head.count(b"\n") != count or head.count(b"\r") != count or b"\0" in head:
        raise _control_character(status)
    return head


def serialize_chunk(piece: bytes) -> bytes:
    """`piece` must not be empty: an empty chunk is the last one."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _status_line(status: int) -> bytes:
    if not 100 <= status <= 999:
        raise LocalProtocolError(
            code="http.E013",
            what=f"{status} is not a status code",
            fix="use a number from 200 to 599 (RFC 9110 §15)",
        )
    return b"HTTP/1.1 %d \r\n" % status


def _not_yours(name: bytes) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E011",
        what=f"the header field {name.decode()!r} is written by the server",
        fix="leave it out: the length follows from the body, the rest from the connection",
    )


def _control_character(status: int) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E012",
        what="a header field of the answer has a carriage return, a line feed or a NUL",
        where=f"an answer with status {status}",
        fix="percent-encode the value (urllib.parse.quote) or leave the character out",
    )
