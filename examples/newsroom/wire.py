"""The wire: agencies send a line over TCP, `section|title|text`, and it is news.

    printf 'markets|Oil falls for a third day|Text of the story\\n' | nc 127.0.0.1 9000
    250 stored as 253

Every line has an answer: 250 when the story is stored and out, 554 and why when it is not.
"""

import os
from difflib import get_close_matches
from typing import NamedTuple

from models import Section, Story

from sennit import Database, Router, net

router = Router()

PORT = os.environ.get("WIRE_PORT", "9000")
LINE_MAX = 16_384  # bytes, without the line's end
TITLE_MAX = 120  # characters, as the column has room for


class Dispatch(NamedTuple):
    """A line that can be printed."""

    section: Section
    title: str
    text: str


class Refused(ValueError):
    """A line that cannot; its text says why, and what would do."""


def parse(line: str) -> Dispatch:
    """`section|title|text`; later bars belong to the text. Raises Refused."""
    parts = [part.strip() for part in line.split("|", 2)]
    if len(parts) < 3:
        raise Refused(f"{'no bar' if len(parts) == 1 else 'only one bar'} in the line; write section|title|text")
    section, title, text = parts
    if not title:
        raise Refused("the title is empty; write section|title|text")
    if len(title) > TITLE_MAX:
        raise Refused(f"the title has {len(title)} characters; {TITLE_MAX} are the most")
    if not text:
        raise Refused("the text is empty; write section|title|text")
    if not line.isprintable():
        raise Refused("there are control characters in the line; send plain text")
    return Dispatch(section_named(section), title, text)


def section_named(name: str) -> Section:
    """Raises Refused, with the nearest name that there is."""
    known = [section.value for section in Section]
    if name.lower() in known:
        return Section(name.lower())
    near = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[:40])
    raise Refused(f"there is no section '{shown}'; {hint}sections are {', '.join(known)}")


def framing_refused(error: Exception) -> str:
    """The answer to what is no line at all, and to what failed here. The connection ends after the former."""
    if isinstance(error, net.ProtocolError):
        return f"554 {error.message}; send UTF-8 lines of at most {LINE_MAX} bytes, each with its line end"
    return "451 not stored, the fault is ours; send it again"


@router.messages(f"tcp:{PORT}", codec=net.lines(max=LINE_MAX), on_error=framing_refused)
async def take(message: str, db: Database) -> str:
    """The answer leaves after the commit: who reads 250 can rely on it."""
    try:
        dispatch = parse(message)
    except Refused as why:
        return f"554 {why}"
    story = Story(section=dispatch.section, title=dispatch.title, text=dispatch.text)
    db.add(story)
    await db.flush()
    return f"250 stored as {story.id}"


def address(host: str | None) -> tuple[str, str]:
    """Where people reach the wire from this machine."""
    return ("127.0.0.1" if host in (None, "", "0.0.0.0", "::") else host, PORT)
