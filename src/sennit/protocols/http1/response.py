"""The head of an answer and its chunks (RFC 9112 §4, §7.1), serialized."""

from collections.abc import Iterable
from http import HTTPStatus

from .errors import LocalProtocolError

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

OWN = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date"))
"""Lines that the server writes itself: exactly one framing, one Date."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


_LENGTHS = tuple(b"content-length: %d\r\n\r\n" % length for length in range(2048))
"""The last line of most answers, with the empty line behind it: formatting it costs as much as the rest of the head."""


def serialize_lines(lines: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The app's field lines, each with its CRLF.

    Raises LocalProtocolError: http.E011 a line that the server writes itself, http.E012 a control character.
    """
    pieces: list[bytes] = []
    count = 0
    for name, value in lines:
        if name in OWN:
            raise _not_yours(name)
        pieces += name, b": ", value, b"\r\n"
        count += 1
    octets = b"".join(pieces)
    # Two scans in C instead of a check of each value: a stray CR, LF or NUL is what splits answers.
    if octets.count(b"\n") != count or octets.count(b"\r") != count or b"\0" in octets:
        raise _control_character(octets)
    return octets


def serialize_head(status: int, lines: bytes, own: bytes) -> bytes:
    """Status line, the app's lines (`serialize_lines`), the server's own lines, and the empty line."""
    return b"".join((_STATUS_LINES.get(status) or _status_line(status), lines, own, b"\r\n"))


def serialize_answer(
    status: int, lines: bytes, date: bytes, connection: bytes, body: bytes, sends_body: bool
) -> bytes:
    """A whole answer in one piece; `sends_body` is False for HEAD. 204 and 304 have neither body nor length."""
    line = _STATUS_LINES.get(status) or _status_line(status)
    if status < 200:
        raise not_final(status)
    if status == 204 or status == 304:
        return b"".join((line, lines, date, connection, b"\r\n"))
    length = len(body)
    end = _LENGTHS[length] if length < 2048 else b"content-length: %d\r\n\r\n" % length
    return b"".join((line, lines, date, connection, end, body if sends_body else b""))


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


def not_final(status: int) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E013",
        what=f"{status} is not the status of a final answer",
        fix="use a number from 200 to 599 (RFC 9110 §15)",
    )


def _control_character(octets: bytes) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E012",
        what="a header field of the answer has a carriage return, a line feed or a NUL",
        where=repr(octets[:200]),
        fix="percent-encode the value (urllib.parse.quote) or leave the character out",
    )
