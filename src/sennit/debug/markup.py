"""Pieces of HTML. Everything passes through `text`, which escapes; nothing else makes markup from a value."""

import re
from collections.abc import Iterable
from html import escape
from itertools import pairwise

from .masking import printable
from .source import SourceLine


def text(value: str) -> str:
    """A value as text of an element or a quoted attribute."""
    return escape(printable(value), quote=True)


def prose(value: str) -> str:
    """Text in which `…` between grave accents is code."""
    parts = re.split(r"`([^`\n]+)`", value)
    return "".join(f"<code>{text(part)}</code>" if number % 2 else text(part) for number, part in enumerate(parts))


def source(lines: Iterable[SourceLine], failing: int) -> str:
    """Lines of source. The numbers are attributes, so that copying the source does not copy them."""
    rows = "".join(_source_line(line, failing) for line in lines)
    return f'<pre class="source" tabindex="0"><code>{rows}</code></pre>' if rows else ""


def _source_line(line: SourceLine, failing: int) -> str:
    kind = " hit" if line.number == failing else " also" if line.mark else ""
    return f'<span class="line{kind}" data-line="{line.number}">{_coloured(line)}\n</span>'


def _coloured(line: SourceLine) -> str:
    """The line cut at every edge of a token or of the mark."""
    mark = line.pointed or (0, 0)
    edges = {0, len(line.text), *mark, *(t.start for t in line.tokens), *(t.end for t in line.tokens)}
    columns = sorted(edge for edge in edges if edge <= len(line.text))
    return "".join(_piece(line, start, end) for start, end in pairwise(columns))


def _piece(line: SourceLine, start: int, end: int) -> str:
    html = text(line.text[start:end])
    kind = next((t.kind for t in line.tokens if t.start <= start and end <= t.end), "")
    if kind:
        html = f'<span class="{kind}">{html}</span>'
    if line.pointed and line.pointed[0] <= start and end <= line.pointed[1]:
        html = f"<mark>{html}</mark>"
    return html


def table(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as a list of definitions, "" when there are none."""
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{_value(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="pairs">{rows}</dl>' if rows else ""


def _value(value: str) -> str:
    return text(value) if value else '<span class="none">empty</span>'
