"""The head of an answer and its chunks (RFC 9112 §4, §7.1), serialized."""

from collections.abc import Iterable

from .errors import LocalProtocolError
from .status_line import status_line

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

OWN = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date"))
"""Lines that the server writes itself: exactly one framing, one Date."""


def serialize_lines(lines: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The app's field lines, each with its CRLF.

    Raises LocalProtocolError: http.E011 a line that the server writes itself, http.E012 a control character.
    """
    pieces: list[bytes] = []
    count = 0
    for name, value in lines:
        if name in OWN:
            raise not_yours(name, "server")
        pieces += name, b": ", value, b"\r\n"
        count += 1
    octets = b"".join(pieces)
    # Two scans in C instead of a check of each value: a stray CR, LF or NUL is what splits answers.
    if octets.count(b"\n") != count or octets.count(b"\r") != count or b"\0" in octets:
        raise control_character(octets, "answer")
    return octets


def serialize_head(status: int, lines: bytes, own: bytes) -> bytes:
    """Status line, the app's lines (`serialize_lines`), the server's own lines, and the empty line."""
    return b"".join((status_line(status), lines, own, b"\r\n"))


def serialize_chunk(piece: bytes) -> bytes:
    """`piece` must not be empty: an empty chunk is the last one."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def not_yours(name: bytes, writer: str) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E011",
        what=f"the header field {name.decode('latin-1')!r} is written by the {writer}",
        fix="leave it out: the length follows from the body, the rest from the connection",
    )


def control_character(octets: bytes, message: str) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E012",
        what=f"a header field of the {message} has a carriage return, a line feed or a NUL",
        where=repr(octets[:200]),
        fix="percent-encode the value (urllib.parse.quote) or leave the character out",
    )
