"""One row of a keyed region: exactly one element, which carries the row's key as `live-key`."""

import re
from functools import lru_cache

from markupsafe import escape

from ..errors import SennitError
from .placement import Place

_FIRST_TAG = re.compile(r"<[a-zA-Z][^\s/>]*")


MOST_REMEMBERED = 4096
LONGEST_REMEMBERED = 2048


def keyed_row(key: str, text: str, where: str) -> str:
    """The row's text, trimmed, with `live-key` in its first tag. Raises SennitError unless it is one closed element."""
    # Most rows of a list are what they were at the last render; checking them is half of rendering them.
    return _remembered(key, text, where) if len(text) <= LONGEST_REMEMBERED else _keyed(key, text, where)


def _keyed(key: str, text: str, where: str) -> str:
    text = text.strip()
    first = _FIRST_TAG.match(text)
    if first is None:
        raise _not_one(where, "begins with text" if text else "is empty", text)
    _check_single_root(text, where)
    return f'{first[0]} live-key="{escape(key)}"{text[first.end() :]}'


_remembered = lru_cache(MOST_REMEMBERED)(_keyed)


def _check_single_root(text: str, where: str) -> None:
    place, at = Place(), 0
    for end in _tag_ends(text):
        place.feed(text[at:end])
        at = end
        if not place.open and not place.unfinished:
            break
    rest = text[at:].strip()
    if place.open:
        raise _not_one(where, f"leaves <{place.open[0]}> open", text)
    if rest and not (rest.startswith("<!--") and rest.endswith("-->")):
        raise _not_one(where, "has more than one element", text)


def _tag_ends(text: str) -> list[int]:
    return [match.end() for match in re.finditer(">", text)]


def _not_one(where: str, why: str, text: str) -> SennitError:
    return SennitError(
        code="live.E006",
        what=f"a row of a live region {why}; each row must be exactly one element with its end tag: {text[:80]!r}",
        where=where,
        fix="wrap the row in one element, such as <li>…</li> or <tr>…</tr>",
    )
