"""Entity tags (RFC 9110 §8.8.3): made, and found in the lists of If-Match and If-None-Match."""

import re
from collections.abc import Sequence

from ..errors import SennitError

MOST_TAGS = 100
"""Entity tags of one field that are looked at; the rest is ignored."""

CODING_MARKS = ("gzip", "br", "zstd")

_OPAQUE = re.compile(r"[\x21\x23-\x7e\x80-\xff]*")
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_MARK = re.compile(rf"-(?:{'|'.join(CODING_MARKS)})$")


def entity_tag(value: str, weak: bool) -> str:
    """The field value of an opaque tag. Raises SennitError web.E034 for a character that it cannot have."""
    if not _OPAQUE.fullmatch(value):
        raise SennitError(
            code="web.E034",
            what=f"{value[:80]!r} cannot be an entity tag",
            fix="use letters, digits and punctuation without spaces and double quotes; the quotes around it are added",
        )
    return f'W/"{value}"' if weak else f'"{value}"'


def marked(tag: str, coding: str) -> str:
    """The tag of the same state in a content coding: other bytes, so another strong tag."""
    return tag if tag.startswith("W/") or not tag.endswith('"') else f'{tag[:-1]}-{coding}"'


def lists(lines: Sequence[str], tag: str, *, strongly: bool) -> bool:
    """Whether a list of tags, or `*`, names this one. The mark of a content coding does not count: it is the same state.

    strongly: neither of the two may be weak (§8.8.3.2).
    """
    wanted = _TAG.fullmatch(tag)
    if wanted is None:
        return False
    for part in ",".join(lines).split(",", MOST_TAGS)[:MOST_TAGS]:
        if part.strip() == "*":
            return True
        found = _TAG.fullmatch(part.strip())
        if found and _MARK.sub("", found[2]) == wanted[2] and not (strongly and (wanted[1] or found[1])):
            return True
    return False
