"""A live region as a browser holds it: applies frames as the script does, on text instead of a document."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ..live.placement import Place

MARKERS = re.compile(r"<!--live:(\w{16}) (\w{16}) (text|rows|json)( hold)?-->(.*?)<!--/live:\1-->", re.DOTALL)
_KEY = re.compile(r'<[^\s>]+ live-key="([^"]*)"')
_DATA = re.compile(r'<script type="application/json">(.*)</script>', re.DOTALL)


class Diverged(Exception):
    """A frame does not fit what is held: the browser asks for the whole region."""


class LiveRegion:
    """rows: key and text in order; a text region has one row with an empty key."""

    def __init__(self, shape: str, digest: str, kind: str, hold: str | None, markup: str) -> None:
        self.shape = shape
        self.digest = digest
        self.kind = kind
        self.hold = hold or ""
        self.rows = _rows_of(kind, markup)

    def apply(self, before: Any, after: str, body: Any) -> None:
        """Raises Diverged."""
        if after == self.digest:
            return
        if before != self.digest:
            raise Diverged(f"held {self.digest}, the frame begins at {before}")
        if isinstance(body, list):
            self.rows = apply_steps(self.rows, body)
        else:
            self.rows = _data_rows(body) if self.kind == "json" else _rows_of(self.kind, body)
        self.digest = after

    @property
    def markup(self) -> str:
        if self.kind != "json":
            return "".join(text for _, text in self.rows)
        text = ",".join(f"[{msgspec.json.encode(key).decode()},{row}]" for key, row in self.rows)
        return '<script type="application/json">[' + text.replace("<", "\\u003c") + "]</script>"

    def __str__(self) -> str:
        words = f"{self.shape} {self.digest} {self.kind}{self.hold}"
        return f"<!--live:{words}-->{self.markup}<!--/live:{self.shape}-->"


def apply_steps(rows: Sequence[tuple[str, str]], steps: Sequence[Sequence[Any]]) -> list[tuple[str, str]]:
    """The rows after some steps. Raises Diverged for a step whose row is not there, or is there already."""
    held = list(rows)
    for verb, key, *rest in steps:
        if (verb == "+") == any(row[0] == key for row in held):
            raise Diverged(f"{verb} {key!r}")
        if verb == "-":
            held.pop(_at(held, key))
        elif verb == ">":
            row = held.pop(_at(held, key))
            held.insert(_at(held, rest[0]), row)
        elif verb == "+":
            held.insert(_at(held, rest[0]), (key, rest[1]))
        else:
            held[_at(held, key)] = (key, rest[0])
    return held


def _at(rows: list[tuple[str, str]], key: str | None) -> int:
    if key is None:
        return len(rows)
    for index, row in enumerate(rows):
        if row[0] == key:
            return index
    raise Diverged(f"no row {key!r}")


def _rows_of(kind: str, markup: str) -> list[tuple[str, str]]:
    if kind == "text":
        return [("", markup)]
    if kind == "json":
        match = _DATA.fullmatch(markup)
        return _data_rows(match[1].replace("\\u003c", "<")) if match else []
    return [(_key_of(text), text) for text in _elements(markup)]


def _data_rows(text: str) -> list[tuple[str, str]]:
    pairs = msgspec.json.decode(text, type=list[tuple[str, msgspec.Raw]])
    return [(key, bytes(raw).decode()) for key, raw in pairs]


def _key_of(text: str) -> str:
    from html import unescape

    match = _KEY.match(text)
    if match is None:
        raise Diverged(f"a row without a key: {text[:60]!r}")
    return unescape(match[1])


def _elements(markup: str) -> list[str]:
    """The elements of a keyed region, one after the other."""
    found: list[str] = []
    place, start, at = Place(), 0, 0
    for match in re.finditer(">", markup):
        place.feed(markup[at : match.end()])
        at = match.end()
        if not place.open and not place.unfinished:
            found.append(markup[start:at])
            start = at
    return found
