"""The lines around a place in a file, with the failing expression marked."""

import inspect
import linecache
from dataclasses import dataclass
from itertools import islice
from types import CodeType, TracebackType

from .highlight import Token, tokens_by_line
from .masking import mask_source, printable

LINES_BEFORE = 6
LINES_AFTER = 4
MOST_MARKED = 12
MOST_COLUMNS = 240


@dataclass(frozen=True, slots=True)
class Position:
    """Where an expression stands: lines from 1, columns in characters from 0, end excluded; None where not known."""

    line: int
    end_line: int
    column: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line as shown: without the indentation that all lines share, cut to 240 characters, secrets hidden.

    mark: the columns of the failing expression, None when the line has no part in it.
    """

    number: int
    text: str
    mark: tuple[int, int] | None = None
    tokens: tuple[Token, ...] = ()

    @property
    def pointed(self) -> tuple[int, int] | None:
        """The mark, None where it covers all of the line and so points at nothing."""
        if self.mark is None or not (self.text[: self.mark[0]] + self.text[self.mark[1] :]).strip():
            return None
        return self.mark


def position_of(traceback: TracebackType, lines: list[str]) -> Position:
    """Where the failing expression of a traceback's frame stands."""
    code, at = traceback.tb_frame.f_code, traceback.tb_lasti
    line = traceback.tb_lineno
    unknown = (None, None, None, None)
    start, end, column, end_column = next(islice(code.co_positions(), max(at, 0) // 2, None), unknown)
    if start is None or end is None:
        return Position(line, line)
    return Position(start, end, _characters(lines, start, column), _characters(lines, end, end_column))


def _characters(lines: list[str], line: int, octets: int | None) -> int | None:
    """Compilers count columns in bytes of UTF-8."""
    if octets is None or not 1 <= line <= len(lines):
        return None
    return len(lines[line - 1].encode("utf-8", "replace")[:octets].decode("utf-8", "replace"))


def file_lines(file: str, namespace: dict[str, object] | None = None) -> list[str]:
    """The lines of a source file as it is on the disk now, [] when there is none."""
    try:
        linecache.checkcache(file)
        return linecache.getlines(file, namespace)
    except Exception:
        return []


def excerpt(
    lines: list[str], at: Position, *, within: tuple[int, int] | None = None, template: bool = False
) -> tuple[SourceLine, ...]:
    """The lines around a position, () when it lies outside the file. A long expression is shown by its first lines.

    within: the first and last line that may be shown, those of a function: its neighbours only distract.
    """
    if not 1 <= at.line <= len(lines):
        return ()
    lowest, highest = within or (1, len(lines))
    last_marked = min(max(at.line, at.end_line), at.line + MOST_MARKED, len(lines))
    first = min(max(lowest, at.line - LINES_BEFORE), at.line)
    last = max(min(highest, last_marked + LINES_AFTER, len(lines)), last_marked)
    tokens = tokens_by_line(lines, first, last, template=template)
    marks = [mark_in(lines[number - 1], number, at) for number in range(first, last + 1)]
    shown = zip(range(first, last + 1), lines[first - 1 : last], marks, tokens, strict=True)
    indent = _common_indent(lines[first - 1 : last])
    return tuple(_shown(number, text, mark, tok, indent) for number, text, mark, tok in shown)


def segment(lines: list[str], at: Position) -> str:
    """The text of the failing expression, "" when its columns are not known."""
    if at.column is None or at.end_column is None or not 1 <= at.line <= at.end_line <= len(lines):
        return ""
    picked = lines[at.line - 1 : at.end_line]
    if len(picked) == 1:
        return picked[0][at.column : at.end_column]
    return picked[0][at.column :] + "".join(picked[1:-1]) + picked[-1][: at.end_column]


def mark_in(text: str, number: int, at: Position) -> tuple[int, int] | None:
    """The columns of one line that belong to the expression; the whole line where the compiler kept no columns."""
    if not at.line <= number <= at.end_line:
        return None
    code = len(text.rstrip())
    indent = len(text) - len(text.lstrip())
    start = at.column if number == at.line and at.column is not None else indent
    end = at.end_column if number == at.end_line and at.end_column is not None else code
    return (start, max(start, min(end, code))) if start < code else (indent, code)


def lines_of_code(code: CodeType) -> tuple[int, int] | None:
    """The first and last line of a function, None for a module, a class, a lambda or a comprehension."""
    if code.co_name.startswith("<") or not code.co_flags & inspect.CO_NEWLOCALS:
        return None
    return code.co_firstlineno, max((line for _, _, line in code.co_lines() if line), default=code.co_firstlineno)


def _common_indent(lines: list[str]) -> int:
    return min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)


def _shown(number: int, text: str, mark: tuple[int, int] | None, tokens: list[Token], indent: int) -> SourceLine:
    """Cut from the left to the common indentation (or to shortly before a far mark), from the right to the width."""
    far = mark is not None and mark[0] - indent > MOST_COLUMNS - 40
    left = mark[0] - 40 if mark is not None and far else indent
    right = left + MOST_COLUMNS
    before = max(0, left - 400)  # a literal is known as a secret by what stands before it
    line = printable(mask_source(text.rstrip("\r\n")[before : right + 400])[left - before : right - before])

    def moved(column: int) -> int:
        return min(max(column - left, 0), len(line))

    pieces = (Token(moved(t.start), moved(t.end), t.kind) for t in tokens)
    return SourceLine(
        number, line, mark and (moved(mark[0]), moved(mark[1])), tuple(t for t in pieces if t.start < t.end)
    )
