"""Colours for source lines: strings, comments, keywords, numbers and definitions of Python; tags of templates.

A pattern, not a parser: it must work on a file that does not parse, and fast enough for twenty frames of large files.
"""

import keyword
import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_CHARACTERS = 400_000
"""Files longer than this are shown without colours."""


class Token(NamedTuple):
    """A coloured piece: columns in characters, end excluded; comment, string, number, keyword, name or tag."""

    start: int
    end: int
    kind: str


_PYTHON = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>\b[rbfuRBFU]{0,2}\"{3}(?s:.*?)(?:\"{3}|\Z) | \b[rbfuRBFU]{0,2}'{3}(?s:.*?)(?:'{3}|\Z)
                 | [rbfuRBFU]{0,2}\"{3}(?s:.*?)(?:\"{3}|\Z) | [rbfuRBFU]{0,2}'{3}(?s:.*?)(?:'{3}|\Z)
                 | \b[rbfuRBFU]{1,2}"(?:[^"\\\n]|\\.)*"? | \b[rbfuRBFU]{1,2}'(?:[^'\\\n]|\\.)*'?
                 | "(?:[^"\\\n]|\\.)*"? | '(?:[^'\\\n]|\\.)*'?)
      | (?P<name>(?<=\bdef\ )\w+ | (?<=\bclass\ )\w+)
      | (?P<number>\b\d[\w.]*)
      | (?P<keyword>\b(?:KEYWORDS)\b)""".replace("KEYWORDS", "|".join(keyword.kwlist)),
    re.VERBOSE,
)
_TEMPLATE = re.compile(
    r"(?P<comment>\{\#(?s:.*?)(?:\#\}|\Z)|<!--(?s:.*?)(?:-->|\Z))|(?P<keyword>\{%(?s:.*?)(?:%\}|\Z))"
    r"|(?P<string>\{\{(?s:.*?)(?:\}\}|\Z))|(?P<tag></?[A-Za-z][\w-]*|(?<=[\w\"'])/?>)"
)


def tokens_by_line(lines: list[str], first: int, last: int, *, template: bool) -> list[list[Token]]:
    """The tokens of lines `first` to `last` (counted from 1), one list a line; the lines end in a line feed.

    Reads from the file's first line: what lies in a docstring can only be known from where it began.
    """
    wanted: list[list[Token]] = [[] for _ in range(first, last + 1)]
    text = "".join(lines[:last])
    if len(text) > MOST_CHARACTERS:
        return wanted
    start_of_excerpt = sum(map(len, lines[: first - 1]))
    for start, end, kind in _tokens(text, start_of_excerpt, _TEMPLATE if template else _PYTHON):
        _spread(wanted, lines[first - 1 : last], start - start_of_excerpt, end - start_of_excerpt, kind)
    return wanted


def _tokens(text: str, after: int, pattern: re.Pattern[str]) -> Iterator[Token]:
    for found in pattern.finditer(text):
        if found.end() > after and found.lastgroup:
            yield Token(found.start(), found.end(), found.lastgroup)


def _spread(wanted: list[list[Token]], lines: list[str], start: int, end: int, kind: str) -> None:
    """Cut a token, which may span lines, at the ends of lines."""
    begin = 0
    for tokens, line in zip(wanted, lines, strict=False):
        left, right = max(start, begin), min(end, begin + len(line.rstrip("\n")))
        if left < right:
            tokens.append(Token(left - begin, right - begin, kind))
        begin += len(line)
