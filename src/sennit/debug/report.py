"""An exception as data: all that the page, the text and the problem document show, bounded and without secrets."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import Problem, SennitError, reason_phrase
from .environment import Environment, environment
from .error_pages import Block, error_page
from .frames import Budget, Frame, Kind, file_frame, frames_of, named_places, ownership
from .masking import mask_text, printable
from .request import RequestSummary, ShownRequest
from .source import Position
from .suggestion import suggestion
from .values import type_name

MOST_EXCEPTIONS = 40
MOST_MEMBERS = 20
MOST_NOTES = 10
MOST_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a SennitError says about itself, and the page of its code as blocks."""

    code: str
    what: str
    where: str
    fix: str
    page: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """One exception of a chain or a group.

    relation: how it led to the one before it in `Report.chain`; "" for the first. left_out: frames of a very deep
    stack that are missing after the first `left_out_after`. members: the exceptions of a group.
    """

    type: str
    message: str
    relation: Literal["", "cause", "context"]
    notes: tuple[str, ...]
    suggestion: str
    explanation: Explanation | None
    frames: tuple[Frame, ...]
    left_out: int
    left_out_after: int
    members: tuple["ExceptionReport", ...]
    members_left_out: int

    @property
    def title(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type

    @property
    def spot(self) -> Frame | None:
        """The frame to look at first: the innermost one of the programmer's own, else the innermost."""
        candidates = [frame for frame in self.frames if frame.kind != "library"] or self.frames
        return candidates[-1] if candidates else None


@dataclass(frozen=True, slots=True)
class Report:
    """chain: the exception that was raised, then what it was raised from, and so on.

    spots: where to look first, nearly always one place. What a SennitError names as `where`; else the innermost frame
    of the programmer's own in the first exception of the chain that has one.
    """

    chain: tuple[ExceptionReport, ...]
    spots: tuple[Frame, ...]
    status: int
    request: ShownRequest | None
    environment: Environment
    root: str

    @property
    def main(self) -> ExceptionReport:
        return self.chain[0]

    @property
    def phrase(self) -> str:
        return reason_phrase(self.status)


def traceback_report(
    exc: BaseException,
    *,
    root: Path,
    request: RequestSummary | None = None,
    pages: Path | None = None,
    installed: Environment | None = None,
) -> Report:
    """What is known about an exception. Runs no code of the values it shows, and its size is bounded.

    root: the folder of the programmer's own code; frames outside are a library's. pages: the folder of the error
    codes' pages. installed: read from the disk when not given.
    """
    reader = _Reader(root, pages)
    chain = tuple(reader.read(error, relation) for error, relation in _chain(exc))
    return Report(
        chain=chain,
        spots=_spots(chain, root),
        status=exc.status if isinstance(exc, Problem) else 500,
        request=request.shown() if request is not None else None,
        environment=installed or environment(),
        root=str(root),
    )


def _spots(chain: tuple[ExceptionReport, ...], root: Path) -> tuple[Frame, ...]:
    own = [error.spot for error in chain if error.spot is not None and error.spot.kind != "library"]
    named = named_places(chain[0].explanation.where, root) if chain[0].explanation is not None else []
    if named:
        return tuple(_frame_at(file, line, own, root) for file, line in named)
    spot = own[0] if own else chain[0].spot
    return (spot,) if spot is not None else ()


def _frame_at(file: str, line: int, own: list[Frame], root: Path) -> Frame:
    """The frame that ran there, which has values; else the lines of the file."""
    ran = next((frame for frame in own if (frame.file, frame.line) == (file, line)), None)
    kind: Kind = "app" if file.endswith(".py") else "template"
    return ran or file_frame(file, Position(line, line), root=root, kind=kind)


Relation = Literal["", "cause", "context"]


def _chain(exc: BaseException) -> Iterator[tuple[BaseException, Relation]]:
    """The exception, what it was raised from, and so on; a chain may be circular."""
    seen: set[int] = set()
    error: BaseException | None = exc
    relation: Relation = ""
    while error is not None and id(error) not in seen and len(seen) < MOST_EXCEPTIONS:
        seen.add(id(error))
        yield error, relation
        if error.__cause__ is not None:
            error, relation = error.__cause__, "cause"
        else:
            error, relation = (None if error.__suppress_context__ else error.__context__), "context"


class _Reader:
    """Reads exceptions into reports, counting over all of them what one page may hold."""

    def __init__(self, root: Path, pages: Path | None) -> None:
        self.root = root
        self.pages = pages
        self.budget = Budget()
        self.left = MOST_EXCEPTIONS

    def read(self, exc: BaseException, relation: Relation = "") -> ExceptionReport:
        self.left -= 1
        frames, left_out, after = frames_of(exc.__traceback__, self.root, self.budget)
        members = tuple(exc.exceptions) if isinstance(exc, BaseExceptionGroup) else ()
        shown = tuple(self.read(member) for member in members[:MOST_MEMBERS] if self.left > 0)
        return ExceptionReport(
            type=type_name(exc),
            message=message_of(exc),
            relation=relation,
            notes=_notes(exc),
            suggestion=suggestion(exc),
            explanation=self.explain(exc),
            frames=(*frames, *self.uncompiled(exc, frames)),
            left_out=left_out,
            left_out_after=after,
            members=shown,
            members_left_out=len(members) - len(shown),
        )

    def explain(self, exc: BaseException) -> Explanation | None:
        if not isinstance(exc, SennitError):
            return None
        what, where, fix = (_bounded(str(text)) for text in (exc.what, exc.where, exc.fix))
        inside = where.replace(f"{self.root}{os.sep}", "")
        return Explanation(_bounded(str(exc.code)), what, inside, fix, error_page(str(exc.code), self.pages))

    def uncompiled(self, exc: BaseException, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        """The place in a file that did not compile: no frame ever ran there."""
        place = _python_syntax(exc) or _template_syntax(exc)
        if place is None:
            return ()
        file, at, text, is_template = place
        kind = "template" if is_template else ownership(file, self.root)[0]
        if frames and (frames[-1].file, frames[-1].line) == (file, at.line) and frames[-1].source:
            return ()  # Jinja has put a frame there already
        return (file_frame(file, at, root=self.root, kind=kind, text=text),)


_Place = tuple[str, Position, str | None, bool]


def _python_syntax(exc: BaseException) -> _Place | None:
    if not isinstance(exc, SyntaxError) or not exc.filename or not exc.lineno:
        return None
    column = exc.offset - 1 if exc.offset else None
    end_line = exc.end_lineno or exc.lineno
    # The end is 0 where the parser does not know it: then one character is marked.
    end = exc.end_offset - 1 if exc.end_offset and exc.end_offset > 0 else None
    if column is not None and (end is None or (end_line == exc.lineno and end <= column)):
        end, end_line = column + 1, exc.lineno
    return exc.filename, Position(exc.lineno, end_line, column, end), None, False


def _template_syntax(exc: BaseException) -> _Place | None:
    """Of Jinja2, which is not imported here: a program without templates has none."""
    if type(exc).__name__ not in ("TemplateSyntaxError", "TemplateAssertionError"):
        return None
    fields = vars(exc)
    file = fields.get("filename") or fields.get("name") or "<template>"
    line, text = fields.get("lineno"), fields.get("source")
    if type(line) is not int:
        return None
    return str(file), Position(line, line), text if type(text) is str else None, True


def message_of(exc: BaseException) -> str:
    """What an exception says, bounded. Its `__str__` is the program's and may fail."""
    if isinstance(exc, SennitError):
        return _bounded(str(exc.what))
    try:
        text = str(exc)
    except Exception as error:
        return f"<its __str__ raised {type(error).__name__}>"
    if isinstance(exc, SyntaxError):
        text = str(exc.msg)
    if isinstance(exc, BaseExceptionGroup):
        text = str(exc.message)
    return _bounded(text)


def _notes(exc: BaseException) -> tuple[str, ...]:
    notes = getattr(exc, "__notes__", ())
    return tuple(_bounded(str(note)) for note in list(notes)[:MOST_NOTES]) if isinstance(notes, (list, tuple)) else ()


def _bounded(text: str) -> str:
    shown = printable(mask_text(text[: MOST_CHARACTERS + 400]))
    return shown if len(shown) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]}… ({len(text):,} characters)"
