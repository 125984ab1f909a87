"""The pages of error codes in docs/errors/: found on the disk, read into blocks that any rendering can write."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MOST_CHARACTERS = 40_000

_IN_TREE = Path(__file__).resolve().parents[3] / "docs" / "errors"
_CODE = re.compile(r"[a-z]+\.E\d{3}")
_LIST_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a list item, or a piece of code (its line feeds kept)."""

    kind: Literal["heading", "paragraph", "item", "code"]
    text: str


def error_page(code: str, folder: Path | None = None) -> tuple[Block, ...]:
    """The page of a code without its title; () when there is none. folder: default is that of the source tree."""
    if not _CODE.fullmatch(code):
        return ()
    try:
        text = ((folder or _IN_TREE) / f"{code}.md").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(blocks(text[:MOST_CHARACTERS]))


def blocks(text: str) -> list[Block]:
    """The blocks of a page in the small Markdown of docs/errors: `##` headings, lists, fenced code, paragraphs."""
    found: list[Block] = []
    for number, part in enumerate(re.split(r"^```[^\n]*\n?", text, flags=re.MULTILINE)):
        if number % 2:
            found.append(Block("code", part.rstrip("\n")))
        else:
            for paragraph in re.split(r"\n\s*\n", part):
                found.extend(_prose(paragraph.strip()))
    return found


def _prose(paragraph: str) -> list[Block]:
    if not paragraph or re.match(r"# ", paragraph):  # the title repeats what the error says
        return _prose(paragraph.partition("\n")[2].strip()) if paragraph else []
    if paragraph.startswith("##"):
        heading, _, rest = paragraph.partition("\n")
        return [Block("heading", heading.lstrip("# ")), *_prose(rest.strip())]
    if _LIST_ITEM.match(paragraph):
        items = re.split(r"\n(?=\s*(?:[-*]|\d+\.)\s)", paragraph)
        return [Block("item", " ".join(_LIST_ITEM.sub("", item, count=1).split())) for item in items]
    return [Block("paragraph", " ".join(paragraph.split()))]
