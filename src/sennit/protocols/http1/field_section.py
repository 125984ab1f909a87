"""The field section of a head and what else requests and responses share on the wire (RFC 9112 §2.2-2.3, §5, §6).

This is the specification; `_field_section.pyx` is its compiled twin. Strict on purpose: lines that two programs could
read differently are refused, whichever of both sent them.
"""

import re
from typing import NamedTuple

from .refusal import Refusal, refuse

LONGEST_LINE = 16 * 1024

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]*")  # RFC 9110 §5.6.2
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 §5.5
_DIGITS = re.compile(rb"[0-9]{1,19}")

CR, LF, SP, HTAB, COLON = 13, 10, 32, 9, 58

FieldLine = tuple[bytes, bytes]


class HeadLimits(NamedTuple):
    """Octets of the request target or the reason phrase, octets of all field lines, number of field lines."""

    target: int
    head: int
    headers: int


class Incomplete(Exception):
    """The head goes on behind the data."""


class FieldSection:
    """The field lines of a head."""

    __slots__ = ("_lines",)

    _lines: list[FieldLine]

    def field_value(self, name: str) -> str | None:
        """The value of a field, its name in lower case; several lines are joined with `, `. None when there is none."""
        values = self.field_values(name)
        return ", ".join(values) if values else None

    def field_values(self, name: str) -> list[str]:
        """The values of a field, its name in lower case, in order."""
        return [value.decode("latin-1") for key, value in self._lines if key.decode("latin-1").lower() == name]

    def field_lines(self) -> list[FieldLine]:
        """Names as sent, values without the white space around them."""
        return list(self._lines)


def version(data: bytes, start: int, wrong: Refusal) -> str:
    """The HTTP version at `start`, which is eight octets long. Raises RemoteProtocolError, with `wrong` for no version."""
    for offset, wanted in enumerate(b"HTTP/"):
        if octet_at(data, start + offset) != wanted:
            raise refuse(wrong)
    major, dot, minor = (octet_at(data, start + offset) for offset in (5, 6, 7))
    if not (48 <= major <= 57 and dot == 46 and 48 <= minor <= 57):
        raise refuse(wrong)
    if major != 49 or minor > 49:
        raise refuse(Refusal.VERSION_OTHER)
    return "1.1" if minor == 49 else "1.0"


def field_lines(data: bytes, start: int, limits: HeadLimits) -> tuple[list[FieldLine], int]:
    """The lines from `start` on and the offset behind the empty line. Raises Incomplete and RemoteProtocolError."""
    lines: list[FieldLine] = []
    position = start
    try:
        while octet_at(data, position) != CR:
            if len(lines) == limits.headers:
                raise refuse(Refusal.TOO_MANY)
            name, value, position = _field_line(data, position)
            lines.append((name, value))
            if position - start > limits.head:
                raise refuse(Refusal.HEAD_LONG)
        expect_crlf(data, position)
    except Incomplete:
        if len(data) - start > limits.head + 2:
            raise refuse(Refusal.HEAD_LONG) from None
        raise
    return lines, position + 2


def _field_line(data: bytes, start: int) -> tuple[bytes, bytes, int]:
    colon = run(TOKEN, data, start, LONGEST_LINE, Refusal.LINE_LONG)
    if colon == start or data[colon] != COLON:
        raise refuse(_wrong_name(data[start]) if colon == start else Refusal.FIELD_NAME)
    value_end = run(VALUE, data, colon + 1, LONGEST_LINE - (colon + 1 - start), Refusal.LINE_LONG)
    if data[value_end] != CR:
        raise refuse(Refusal.LINE_END if data[value_end] == LF else Refusal.FIELD_VALUE)
    expect_crlf(data, value_end)
    return data[start:colon], data[colon + 1 : value_end].strip(b" \t"), value_end + 2


def _wrong_name(first: int) -> Refusal:
    if first in (SP, HTAB):
        return Refusal.FOLD
    return Refusal.LINE_END if first == LF else Refusal.FIELD_NAME


def run(pattern: re.Pattern[bytes], data: bytes, start: int, most: int, too_long: Refusal) -> int:
    """The end of a run of octets, which must be followed by another one."""
    match = pattern.match(data, start)
    end = match.end() if match is not None else start
    if end - start > most:
        raise refuse(too_long)
    if end >= len(data):
        raise Incomplete
    return end


def octet_at(data: bytes, position: int) -> int:
    if position >= len(data):
        raise Incomplete
    return data[position]


def expect_crlf(data: bytes, position: int) -> None:
    if octet_at(data, position) != CR or octet_at(data, position + 1) != LF:
        raise refuse(Refusal.LINE_END)


def in_lower_case(lines: list[FieldLine]) -> list[FieldLine]:
    return [(name.lower(), value) for name, value in lines]


# Below: lines with names in lower case.


def values_of(lines: list[FieldLine], name: bytes) -> list[bytes]:
    return [value for key, value in lines if key == name]


def content_length(lines: list[FieldLine]) -> int:
    """-1 without Content-Length. Two are refused even if they are equal (RFC 9112 §6.3 allows that)."""
    values = values_of(lines, b"content-length")
    if not values:
        return -1
    if _DIGITS.fullmatch(values[0]) is None:
        raise refuse(Refusal.LENGTH)
    if len(values) > 1:
        raise refuse(Refusal.LENGTH_TWICE)
    return int(values[0])


def connection_options(lines: list[FieldLine]) -> set[bytes]:
    """The options of all lines of Connection, in lower case (RFC 9110 §7.6.1)."""
    values = values_of(lines, b"connection")
    return {option.strip(b" \t").lower() for value in values for option in value.split(b",")}
