"""The head of a response: status line and field lines (RFC 9112 §4-5), and how its body is framed (§6.3).

This is the specification; `_response_head.pyx` is its compiled twin.
"""

import re
from typing import Final

from .errors import RemoteProtocolError
from .field_section import (
    CR,
    LF,
    SP,
    VALUE,
    FieldLine,
    FieldSection,
    HeadLimits,
    Incomplete,
    connection_options,
    content_length,
    expect_crlf,
    field_lines,
    in_lower_case,
    octet_at,
    run,
    values_of,
    version,
)
from .framing import CHUNKED, CLOSE, LENGTH, NONE, TUNNEL, Framing
from .refusal import Refusal, of_response, refuse

_CODINGS = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")
"""1#transfer-coding without empty elements and without parameters, which no registered coding has (RFC 9112 §7)."""

SWITCHING_PROTOCOLS: Final = 101


class ResponseHead(FieldSection):
    """A head that has been found and checked. `end` is the offset behind it in the data it was parsed from.

    `status`: 100 to 999. `reason` is for people and may be empty.
    `framing` says how the body ends (RFC 9112 §6.3); codings other than `chunked` are left to the caller.
    `content_length` is that of the field, also where there is no body (HEAD, 304); -1 without, and for a tunnel.
    `keep_alive`: another response may follow on this connection. `upgrades`: HTTP/1.1 with `Connection: upgrade`.
    Fields are read with `field_value(name)`, `field_values(name)`, names in lower case, and `field_lines()`.
    """

    __slots__ = ("content_length", "end", "framing", "is_1_1", "keep_alive", "reason", "status", "upgrades")

    status: int
    reason: str
    is_1_1: bool
    framing: Framing
    content_length: int
    keep_alive: bool
    upgrades: bool
    end: int

    @property
    def http_version(self) -> str:
        return "1.1" if self.is_1_1 else "1.0"


def parse_response_head(data: bytes, start: int, limits: HeadLimits, request_method: str) -> ResponseHead | None:
    """The head that starts at `start`; None while it is not whole. `request_method` is what it answers.

    Raises RemoteProtocolError, its status always 502: what a gateway answers then.
    """
    try:
        return _parse(data, start, limits, request_method)
    except Incomplete:
        return None
    except RemoteProtocolError as error:
        raise of_response(error) from None


def _parse(data: bytes, start: int, limits: HeadLimits, request_method: str) -> ResponseHead:
    head = ResponseHead()
    position = _status_line(data, start, limits, head)
    head._lines, head.end = field_lines(data, position, limits)
    _interpret(head, in_lower_case(head._lines), request_method)
    return head


def _status_line(data: bytes, start: int, limits: HeadLimits, head: ResponseHead) -> int:
    head.is_1_1 = version(data, start, Refusal.STATUS_VERSION) == "1.1"
    if octet_at(data, start + 8) != SP:
        raise refuse(Refusal.STATUS_VERSION)
    head.status = _status(data, start + 9)
    if octet_at(data, start + 12) == SP:
        end = run(VALUE, data, start + 13, limits.target, Refusal.REASON_LONG)
        head.reason = data[start + 13 : end].decode("latin-1")
    else:  # without the space: an empty phrase, as many programs send it
        end = start + 12
        head.reason = ""
    if data[end] not in (CR, LF):
        raise refuse(Refusal.STATUS if end == start + 12 else Refusal.REASON)
    expect_crlf(data, end)
    return end + 2


def _status(data: bytes, start: int) -> int:
    digits = [octet_at(data, start + offset) - 48 for offset in range(3)]
    if digits[0] == 0 or any(not 0 <= digit <= 9 for digit in digits):
        raise refuse(Refusal.STATUS)
    return digits[0] * 100 + digits[1] * 10 + digits[2]


def _interpret(head: ResponseHead, lines: list[FieldLine], request_method: str) -> None:
    """What the field lines mean for framing and for the connection."""
    head.framing, head.content_length = _framing(head, lines, request_method)
    options = connection_options(lines)
    goes_on = head.framing not in (CLOSE, TUNNEL) and head.status != SWITCHING_PROTOCOLS
    head.keep_alive = goes_on and b"close" not in options and (head.is_1_1 or b"keep-alive" in options)
    head.upgrades = head.is_1_1 and b"upgrade" in options


def _framing(head: ResponseHead, lines: list[FieldLine], request_method: str) -> tuple[Framing, int]:
    """The framing in the order of RFC 9112 §6.3, and the length that Content-Length says."""
    status = head.status
    if request_method == "CONNECT" and 200 <= status < 300:
        return TUNNEL, -1  # Content-Length and Transfer-Encoding are not looked at
    length = content_length(lines)
    codings = _codings(values_of(lines, b"transfer-encoding"))
    if codings and length >= 0:
        raise refuse(Refusal.CODING_AND_LENGTH)
    if codings and not head.is_1_1:
        raise refuse(Refusal.CODING_IN_1_0)
    if request_method == "HEAD" or status < 200 or status in (204, 304):
        return NONE, length
    if codings:
        return (CHUNKED if codings[-1] == b"chunked" else CLOSE), length
    return (CLOSE if length < 0 else LENGTH), length


def _codings(values: list[bytes]) -> list[bytes]:
    """In lower case and in order."""
    if not values:
        return []
    if len(values) > 1:
        raise refuse(Refusal.CODING_TWICE)
    codings = [coding.strip(b" \t").lower() for coding in values[0].split(b",")]
    if _CODINGS.fullmatch(values[0]) is None or codings.count(b"chunked") > 1:
        raise refuse(Refusal.CODINGS)
    return codings
