"""Entity tags (RFC 9110 §8.8.3): `"x"` is strong, `W/"x"` is weak."""

import re
from collections.abc import Sequence

MOST_TAGS = 100
"""Tags of one If-Match or If-None-Match that are looked at; the rest is ignored."""

_TAG = re.compile(r'(?:W/)?"[!\x23-\x7e\x80-\xff]*"')


def parse_etags(value: str) -> Sequence[str] | None:
    """The tags of If-Match or If-None-Match as they stand there; None for `*`, which names whatever there is."""
    if value.strip() == "*":
        return None
    found = []
    for match in _TAG.finditer(value):
        found.append(match[0])
        if len(found) == MOST_TAGS:
            break
    return found


def matches_strongly(one: str, other: str) -> bool:
    """§8.8.3.2: the same octets, for certain."""
    return one == other and not one.startswith("W/")


def matches_weakly(one: str, other: str) -> bool:
    """§8.8.3.2: one may stand for the other."""
    return one.removeprefix("W/") == other.removeprefix("W/")
