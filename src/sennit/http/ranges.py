"""Parts of a representation (RFC 9110 §14): what Range asks for, and how several parts travel in one answer."""

import re
from collections.abc import Sequence
from typing import NamedTuple

MOST_PARTS = 10
"""Parts of one answer, after merging; who asks for more gets the whole."""
MOST_SPECS = 100
"""Range specs of one field that are looked at; with more of them the field is ignored."""

_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_DIGITS = 19
_BEYOND = 10**_DIGITS
"""Stands for every number with more digits: no file is as long."""


class ByteRange(NamedTuple):
    """`end` is one past the last octet."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def parse_ranges(value: str, size: int) -> Sequence[ByteRange] | None:
    """What a Range field asks for of `size` octets: None to ignore it, empty when nothing of it is there (416).

    Overlapping and touching ranges are merged and then stand in the order of the file, else in the client's order.
    """
    unit, equals, rest = value.partition("=")
    specs = rest.split(",", MOST_SPECS)
    if unit.strip().lower() != "bytes" or not equals or len(specs) > MOST_SPECS:
        return None
    ranges: list[ByteRange] = []
    for spec in specs:
        text = spec.strip(" \t")
        if not text:
            continue  # an empty element of a list counts for nothing (§5.6.1.2)
        match = _SPEC.fullmatch(text)
        if match is None or not _is_valid(match[1], match[2]):
            return None
        found = _within(match[1], match[2], size)
        if found is None:
            return None
        if found.length > 0:
            ranges.append(found)
    merged = _merged(ranges)
    if len(merged) > MOST_PARTS or rest.strip(" \t,") == "":
        return None
    return merged


def content_range(part: ByteRange, size: int) -> str:
    return f"bytes {part.start}-{part.end - 1}/{size}"


def unsatisfied_range(size: int) -> str:
    """Content-Range of a 416 (§14.4)."""
    return f"bytes */{size}"


def part_heads(parts: Sequence[ByteRange], size: int, media_type: str, boundary: str) -> tuple[list[bytes], bytes]:
    """What stands before each part of a multipart/byteranges body, and what stands behind the last (§14.6)."""
    heads = [
        f"\r\n--{boundary}\r\ncontent-type: {media_type}\r\ncontent-range: {content_range(part, size)}\r\n\r\n"
        for part in parts
    ]
    heads[0] = heads[0].removeprefix("\r\n")
    return [head.encode("latin-1") for head in heads], f"\r\n--{boundary}--\r\n".encode()


def _is_valid(first: str, last: str) -> bool:
    """Either end must be named, and the first not lie behind the last (§14.1.1)."""
    if not first:
        return bool(last)
    return not last or _number(first) <= _number(last)


def _within(first: str, last: str, size: int) -> ByteRange | None:
    """Cut down to what is there; empty when nothing is. None: the end of nothing, which has no Content-Range."""
    if not first:
        length = _number(last)
        if length and not size:
            return None
        return ByteRange(max(size - length, 0), size)
    start = min(_number(first), size)
    return ByteRange(start, min(_number(last) + 1, size) if last else size)


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _DIGITS else _BEYOND


def _merged(ranges: list[ByteRange]) -> list[ByteRange]:
    in_order = sorted(ranges)
    merged: list[ByteRange] = []
    for part in in_order:
        if merged and part.start <= merged[-1].end:
            merged[-1] = ByteRange(merged[-1].start, max(merged[-1].end, part.end))
        else:
            merged.append(part)
    return merged if len(merged) < len(ranges) else ranges
