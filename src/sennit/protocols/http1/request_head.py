"""The head of a request: request line and field lines (RFC 9112 §2-3, §5).

This is the specification; `_request_head.pyx` is its compiled twin. Strict on purpose: a head that two servers could
read differently is refused.
"""

import re

from .field_section import (
    CR,
    LF,
    SP,
    TOKEN,
    FieldLine,
    FieldSection,
    HeadLimits,
    Incomplete,
    connection_options,
    content_length,
    expect_crlf,
    field_lines,
    in_lower_case,
    run,
    values_of,
    version,
)
from .refusal import Refusal, refuse
from .target import is_host, split_target

LONGEST_METHOD = 32

_TARGET = re.compile(rb"[!\"$-~]*")  # visible ASCII; a fragment is never sent

SLASH = 47


class RequestHead(FieldSection):
    """A head that has been found and checked. `end` is the offset behind it in the data it was parsed from.

    `content_length` is -1 without Content-Length; `upgrades`: HTTP/1.1 with `Connection: upgrade`.
    `host` is that of an absolute-form target, else of Host; lower case; empty in HTTP/1.0 without either.
    Fields are read with `field_value(name)`, `field_values(name)`, names in lower case, and `field_lines()`.
    """

    __slots__ = (
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


def parse_request_head(data: bytes, start: int, limits: HeadLimits) -> RequestHead | None:
    """The head that starts at `start`; None while it is not whole. Raises RemoteProtocolError."""
    try:
        return _parse(data, start, limits)
    except Incomplete:
        return None


def _parse(data: bytes, start: int, limits: HeadLimits) -> RequestHead:
    if data[start : start + 1] == b"\r":  # one empty line before the request line is skipped (RFC 9112 §2.2)
        expect_crlf(data, start)
        start += 2
    head = RequestHead()
    head.host = ""
    position = _request_line(data, start, limits, head)
    head._lines, head.end = field_lines(data, position, limits)
    _interpret(head, in_lower_case(head._lines))
    return head


def _request_line(data: bytes, start: int, limits: HeadLimits, head: RequestHead) -> int:
    end = run(TOKEN, data, start, LONGEST_METHOD, Refusal.METHOD_LONG)
    if end == start or data[end] != SP:
        raise refuse(Refusal.METHOD)
    target_start = end + 1
    target_end = run(_TARGET, data, target_start, limits.target, Refusal.TARGET_LONG)
    if target_end == target_start or data[target_end] != SP:
        raise refuse(Refusal.VERSION if data[target_end] in (CR, LF) else Refusal.TARGET)
    head.is_1_1 = version(data, target_end + 1, Refusal.VERSION) == "1.1"
    expect_crlf(data, target_end + 9)
    _interpret_target(data[start:end], data[target_start:target_end], head)
    return target_end + 11


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


def _interpret(head: RequestHead, lines: list[FieldLine]) -> None:
    """What the field lines mean for framing and for the connection."""
    is_1_1 = head.is_1_1
    head.content_length = content_length(lines)
    head.chunked = _is_chunked(values_of(lines, b"transfer-encoding"))
    head.expects_continue = _expects_continue(values_of(lines, b"expect"), is_1_1)
    host = _host(values_of(lines, b"host"))
    if head.chunked and head.content_length >= 0:
        raise refuse(Refusal.CODING_AND_LENGTH)
    if head.chunked and not is_1_1:
        raise refuse(Refusal.CODING_IN_1_0)
    if host is None and is_1_1:
        raise refuse(Refusal.HOST_MISSING)
    head.host = head.host or host or ""
    options = connection_options(lines)
    head.keep_alive = b"close" not in options and (is_1_1 or b"keep-alive" in options)
    head.upgrades = is_1_1 and b"upgrade" in options


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
