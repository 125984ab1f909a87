"""Entity tags (RFC 9110 §8.8.3): made, and marked with the content coding they were sent in."""

import re

from ..errors import SennitError

CODING_MARKS = ("gzip", "br", "zstd")

_OPAQUE = re.compile(r"[\x21\x23-\x7e\x80-\xff]*")
_MARKS = re.compile(rf"-(?:{'|'.join(CODING_MARKS)})\"")


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


def unmarked(value: str) -> str:
    """A list of tags without the marks of content codings: they name the same state."""
    return _MARKS.sub('"', value)
