"""The head of a request: request line and field lines (RFC 9112 §2-3, §5).

This is the specification; `_head.pyx` is its compiled twin. Strict on purpose: a head that two servers could read
differently is refused.
"""

import re
from typing import NamedTuple

from .refusal import Refusal, refuse
from .target import is_host, split_target

LONGEST_METHOD = 32
LONGEST_LINE = 16 * 1024

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*")  # RFC 9110 §5.6.2
_TARGET = re.compile(rb"[!\"$-~]*")  # visible ASCII; a fragment is never sent
_BLANK = re.compile(rb"[ \t]*")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 §5.5
_DIGITS = re.compile(rb"[0-9]{1,19}")

CR, LF, SP, HTAB, COLON, SLASH = 13, 10, 32, 9, 58, 47


class HeadLimits(NamedTuple):
    """Octets of the request target and of all field lines, number of field lines."""

    target: int
    head: int
    headers: int


class RequestHead:
    """A head that has been found and checked. `end` is the offset behind it in the data it was parsed from.

    `content_length` is -1 without Content-Length; `upgrades`: HTTP/1.1 with `Connection: upgrade`.
    `host` is that of an absolute-form target, else of Host; lower case; empty in HTTP/1.0 without either.
    """

    __slots__ = (
        "_lines",
        "chunked",
        "content_length",
        "end",
        "expects_continue",
        "host",
        "is_1_1",
        "is_head",
        "keep_alive",
        "method",
        "query_string",
        "raw_path",
        "upgrades",
    )

    method: str
    raw_path: str
    query_string: str
    is_1_1: bool
    is_head: bool
    host: str
    content_length: int
    chunked: bool
    keep_alive: bool
    expects_continue: bool
    upgrades: bool
    end: int

    @property
    def http_version(self) -> str:
        return "1.1" if self.is_1_1 else "1.0"

    def field_value(self, name: str) -> str | None:
        """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
        values = self.field_values(name)
        return ", ".join(values) if values else None

    def field_values(self, name: str) -> list[str]:
        """The values of a field, its name in lower case, in order."""
        return [value.decode("latin-1") for key, value in self._lines if key.decode("latin-1").lower() == name]

    def field_lines(self) -> list[tuple[bytes, bytes]]:
        """Names as sent, values without the white space around them."""
        return list(self._lines)

    _lines: list[tuple[bytes, bytes]]


class _Incomplete(Exception):
    pass


def parse_request_head(data: bytes, start: int, limits: HeadLimits) -> RequestHead | None:
    """The head that starts at `start`; None while it is not whole. Raises RemoteProtocolError."""
    try:
        return _parse(data, start, limits)
    except _Incomplete:
        return None


def _parse(data: bytes, start: int, limits: HeadLimits) -> RequestHead:
    if data[start : start + 1] == b"\r":  # one empty line before the request line is skipped (RFC 9112 §2.2)
        _expect_crlf(data, start)
        start += 2
    head = RequestHead()
    head.host = ""
    position = _request_line(data, start, limits, head)
    lines, head.end = _field_lines(data, position, limits)
    head._lines = lines
    _interpret(head, [(name.lower(), value) for name, value in lines])
    return head


def _request_line(data: bytes, start: int, limits: HeadLimits, head: RequestHead) -> int:
    end = _run(_TOKEN, data, start, LONGEST_METHOD, Refusal.METHOD_LONG)
    if end == start or data[end] != SP:
        raise refuse(Refusal.METHOD)
    target_start = end + 1
    target_end = _run(_TARGET, data, target_start, limits.target, Refusal.TARGET_LONG)
    if target_end == target_start or data[target_end] != SP:
        raise refuse(Refusal.VERSION if data[target_end] in (CR, LF) else Refusal.TARGET)
    head.is_1_1 = _version(data, target_end + 1) == "1.1"
    _interpret_target(data[start:end], data[target_start:target_end], head)
    return target_end + 11


def _version(data: bytes, start: int) -> str:
    for offset, wanted in enumerate(b"HTTP/"):
        if _at(data, start + offset) != wanted:
            raise refuse(Refusal.VERSION)
    major, dot, minor = (_at(data, start + offset) for offset in (5, 6, 7))
    if not (48 <= major <= 57 and dot == 46 and 48 <= minor <= 57):
        raise refuse(Refusal.VERSION)
    if major != 49 or minor > 49:
        raise refuse(Refusal.VERSION_OTHER)
    _expect_crlf(data, start + 8)
    return "1.1" if minor == 49 else "1.0"


def _interpret_target(method: bytes, target: bytes, head: RequestHead) -> None:
    if method == b"CONNECT":
        raise refuse(Refusal.CONNECT)
    if target[0] != SLASH:
        split = split_target(method, target)
        if split is None:
            raise refuse(Refusal.TARGET)
        target, authority = split
        head.host = authority.decode("ascii").lower()
    path, _, query = target.partition(b"?")
    head.method = method.decode("ascii")
    head.is_head = head.method == "HEAD"
    head.raw_path = path.decode("ascii")
    head.query_string = query.decode("ascii")


def _field_lines(data: bytes, start: int, limits: HeadLimits) -> tuple[list[tuple[bytes, bytes]], int]:
    """The lines and the offset behind the empty line."""
    lines: list[tuple[bytes, bytes]] = []
    position = start
    try:
        while _at(data, position) != CR:
            if len(lines) == limits.headers:
                raise refuse(Refusal.TOO_MANY)
            name, value, position = _field_line(data, position)
            lines.append((name, value))
            if position - start > limits.head:
                raise refuse(Refusal.HEAD_LONG)
        _expect_crlf(data, position)
    except _Incomplete:
        if len(data) - start > limits.head + 2:
            raise refuse(Refusal.HEAD_LONG) from None
        raise
    return lines, position + 2


def _field_line(data: bytes, start: int) -> tuple[bytes, bytes, int]:
    colon = _run(_TOKEN, data, start, LONGEST_LINE, Refusal.LINE_LONG)
    if colon == start or data[colon] != COLON:
        raise refuse(_wrong_name(data[start]) if colon == start else Refusal.FIELD_NAME)
    value_end = _run(_VALUE, data, colon + 1, LONGEST_LINE - (colon + 1 - start), Refusal.LINE_LONG)
    if data[value_end] != CR:
        raise refuse(Refusal.LINE_END if data[value_end] == LF else Refusal.FIELD_VALUE)
    _expect_crlf(data, value_end)
    return data[start:colon], data[colon + 1 : value_end].strip(b" \t"), value_end + 2


def _wrong_name(first: int) -> Refusal:
    if first in (SP, HTAB):
        return Refusal.FOLD
    return Refusal.LINE_END if first == LF else Refusal.FIELD_NAME


def _run(pattern: re.Pattern[bytes], data: bytes, start: int, most: int, too_long: Refusal) -> int:
    """The end of a run of octets, which must be followed by another one."""
    match = pattern.match(data, start)
    end = match.end() if match is not None else start
    if end - start > most:
        raise refuse(too_long)
    if end >= len(data):
        raise _Incomplete
    return end


def _at(data: bytes, position: int) -> int:
    if position >= len(data):
        raise _Incomplete
    return data[position]


def _expect_crlf(data: bytes, position: int) -> None:
    if _at(data, position) != CR or _at(data, position + 1) != LF:
        raise refuse(Refusal.LINE_END)


def _interpret(head: RequestHead, lines: list[tuple[bytes, bytes]]) -> None:
    """What the field lines mean for framing and for the connection."""
    is_1_1 = head.is_1_1
    head.content_length = _content_length([value for name, value in lines if name == b"content-length"])
    head.chunked = _is_chunked([value for name, value in lines if name == b"transfer-encoding"])
    head.expects_continue = _expects_continue([value for name, value in lines if name == b"expect"], is_1_1)
    host = _host([value for name, value in lines if name == b"host"])
    if head.chunked and head.content_length >= 0:
        raise refuse(Refusal.CODING_AND_LENGTH)
    if head.chunked and not is_1_1:
        raise refuse(Refusal.CODING_IN_1_0)
    if host is None and is_1_1:
        raise refuse(Refusal.HOST_MISSING)
    head.host = head.host or host or ""
    options = {
        option.strip(b" \t").lower() for name, value in lines if name == b"connection" for option in value.split(b",")
    }
    head.keep_alive = b"close" not in options and (is_1_1 or b"keep-alive" in options)
    head.upgrades = is_1_1 and b"upgrade" in options


def _content_length(values: list[bytes]) -> int:
    if not values:
        return -1
    if _DIGITS.fullmatch(values[0]) is None:
        raise refuse(Refusal.LENGTH)
    if len(values) > 1:
        raise refuse(Refusal.LENGTH_TWICE)
    return int(values[0])


def _is_chunked(values: list[bytes]) -> bool:
    if not values:
        return False
    if values[0].lower() != b"chunked":
        raise refuse(Refusal.CODING)
    if len(values) > 1:
        raise refuse(Refusal.CODING_TWICE)
    return True


def _expects_continue(values: list[bytes], is_1_1: bool) -> bool:
    """HTTP/1.0 has no expectations: they are ignored there (RFC 9110 §10.1.1)."""
    if not is_1_1 or not values:
        return False
    if any(value.lower() != b"100-continue" for value in values):
        raise refuse(Refusal.EXPECT)
    return True


def _host(values: list[bytes]) -> str | None:
    if not values:
        return None
    if not is_host(values[0]):
        raise refuse(Refusal.HOST)
    if len(values) > 1:
        raise refuse(Refusal.HOST_TWICE)
    return values[0].decode("ascii").lower()
