"""The frames of a traceback: whose code it is, the lines around, the values at hand."""

import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Literal

from .masking import printable
from .source import Position, SourceLine, excerpt, file_lines, lines_of_code, mark_in, position_of, segment
from .values import describe, type_name

MOST_FRAMES_FIRST = 10
MOST_FRAMES_LAST = 25
MOST_LOCALS = 60

Kind = Literal["app", "template", "library"]

_SENNIT = Path(__file__).resolve().parent.parent
_INSTALLED = {"site-packages", "dist-packages", ".venv", "venv", ".tox", ".nox"}
_STANDARD = tuple(Path(p).resolve() for p in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")} if p)
_TEMPLATE: tuple[Kind, str] = ("template", "")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Local:
    """A variable as text. used: it stands in the failing expression's lines."""

    name: str
    type: str
    text: str
    used: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on the way to the error.

    file: as the code knows it; place: the same, short, for people. kind: the programmer's own code, a template, or a
    library (package names it). expression: the failing part of the line, "" when the compiler kept no columns.
    """

    file: str
    place: str
    line: int
    function: str
    kind: Kind
    package: str
    expression: str
    source: tuple[SourceLine, ...]
    locals: tuple[Local, ...]

    @property
    def code(self) -> str:
        """The failing line, "" when the source is not at hand."""
        return next((line.text.strip() for line in self.source if line.number == self.line), "")

    @property
    def at(self) -> str:
        return f"{self.place}:{self.line}"


class Budget:
    """How many characters of values one report may still hold: a thousand frames must not make a page of 100 MB."""

    def __init__(self, characters: int = 600_000) -> None:
        self.left = characters

    def describe(self, name: str, value: object) -> str:
        if self.left <= 0:
            return "… (the page is full)"
        text = describe(value, name=name)
        self.left -= len(text)
        return text


def frames_of(traceback: TracebackType | None, root: Path, budget: Budget) -> tuple[tuple[Frame, ...], int, int]:
    """The frames, outermost first; how many were left out of a very deep stack, and after how many frames."""
    chain = list(tracebacks(traceback))
    left_out = max(0, len(chain) - MOST_FRAMES_FIRST - MOST_FRAMES_LAST)
    if left_out:
        chain = chain[:MOST_FRAMES_FIRST] + chain[-MOST_FRAMES_LAST:]
    return tuple(map(partial(frame_of, root=root, budget=budget), chain)), left_out, MOST_FRAMES_FIRST


def tracebacks(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def frame_of(traceback: TracebackType, root: Path, budget: Budget) -> Frame:
    frame = traceback.tb_frame
    file = frame.f_code.co_filename
    template = "__jinja_exception__" in frame.f_globals  # the frame that Jinja puts in place of compiled template code
    lines = file_lines(file, frame.f_globals)
    line = traceback.tb_lineno or 1
    error = frame.f_globals.get("__jinja_exception__")
    at = template_position(lines, line, error) if template else position_of(traceback, lines)
    kind, package = _TEMPLATE if template else ownership(file, root)
    within = None if template else lines_of_code(frame.f_code)
    return Frame(
        file=printable(file),
        place=printable(short_place(file, root)),
        line=at.line,
        function=printable(_function_name(frame)),
        kind=kind,
        package=package,
        expression=printable(segment(lines, at)[:300]),
        source=excerpt(lines, at, within=within, template=template),
        locals=_locals(frame, _names_in(lines, at), budget),
    )


def file_frame(file: str, at: Position, *, root: Path, kind: Kind, text: str | None = None) -> Frame:
    """A frame for a file that did not compile and so has none of its own. text: the source, if not on the disk."""
    lines = text.splitlines(keepends=True) if text is not None else file_lines(file)
    return Frame(
        file=printable(file),
        place=printable(short_place(file, root)),
        line=at.line,
        function="",
        kind=kind,
        package="",
        expression="",
        source=excerpt(lines, at, template=kind == "template"),
        locals=(),
    )


def template_position(lines: list[str], line: int, error: object) -> Position:
    """Templates have lines and no columns; a word that the message quotes and the line holds gives them back."""
    for word in re.findall(r"'(\w+)'", _message_of(error)):
        found = re.search(rf"\b{word}\b", lines[line - 1]) if 1 <= line <= len(lines) else None
        if found:
            return Position(line, line, found.start(), found.end())
    return Position(line, line)


def _message_of(error: object) -> str:
    try:
        return str(error)[:500]
    except Exception:
        return ""


_NAMED_PLACE = re.compile(r"([^\s:,'\"]+\.(?:py|html|htm|txt|xml|md|css|js|jinja|jinja2|j2|sql|toml)):(\d{1,6})\b")


def named_places(text: str, root: Path) -> list[tuple[str, int]]:
    """The places `file:line` in a text, of files of these kinds that lie in the project; three at most."""
    found: dict[tuple[str, int], None] = {}
    for name, line in _NAMED_PLACE.findall(text[:2000]):
        path = root / name
        kind, _ = ownership(str(path), root)
        if kind == "app" and ".." not in path.parts and path.is_file():
            found[str(path), int(line)] = None
    return list(found)[:3]


def ownership(file: str, root: Path) -> tuple[Kind, str]:
    """Whose file it is: the programmer's when it lies under `root` and in no folder of installed packages."""
    if file.startswith("<"):
        return "library", "generated code"
    path = Path(file)
    if path.is_relative_to(_SENNIT):
        return "library", "sennit"
    inside = _relative(path, root)
    if inside is not None and not _INSTALLED.intersection(inside.parts):
        return "app", ""
    return "library", _top_package(path)


def short_place(file: str, root: Path) -> str:
    """The path as a person would say it: below the project, or below the folder that packages are installed in."""
    path = Path(file)
    if file.startswith("<"):
        return file
    inside = _relative(path, root)
    if inside is not None and not _INSTALLED.intersection(inside.parts):
        return str(inside)
    if path.is_relative_to(_SENNIT):
        return str(Path("sennit", path.relative_to(_SENNIT)))
    return str(Path(*_below_packages(path)))


def _relative(path: Path, root: Path) -> Path | None:
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base)
    return path if not path.is_absolute() else None


def _below_packages(path: Path) -> tuple[str, ...]:
    parts = path.parts
    for number in range(len(parts) - 1, 0, -1):
        if parts[number - 1] in ("site-packages", "dist-packages"):
            return parts[number:]
    for folder in _STANDARD:
        if path.is_relative_to(folder):
            return path.relative_to(folder).parts
    return parts


def _top_package(path: Path) -> str:
    below = _below_packages(path)
    return path.parent.name if below == path.parts else below[0].removesuffix(".py")


def _function_name(frame: FrameType) -> str:
    code = frame.f_code
    # Jinja renames the code of a template's frame and leaves the qualified name.
    is_template = "__jinja_exception__" in frame.f_globals
    if is_template:
        return "" if code.co_name == "template" else code.co_name  # the bare word: it did not compile
    return code.co_qualname.replace("<locals>.", "")


def _names_in(lines: list[str], at: Position) -> frozenset[str]:
    names: set[str] = set()
    for number in range(at.line, min(at.end_line, at.line + 12) + 1):
        if 1 <= number <= len(lines) and mark_in(lines[number - 1], number, at):
            names.update(_NAME.findall(lines[number - 1]))
    return frozenset(names)


def _locals(frame: FrameType, used: frozenset[str], budget: Budget) -> tuple[Local, ...]:
    """The variables, those of the failing line first, the globals among them, too. At module level only data."""
    try:
        values: dict[str, object] = dict(frame.f_locals)
    except Exception:
        return ()
    # A template's values come with the functions that every template is given.
    at_module = frame.f_locals is frame.f_globals or "__jinja_exception__" in frame.f_globals
    names = [name for name in values if type(name) is str and _is_shown(name, values[name], at_module)]
    for name in sorted(used.difference(values).intersection(frame.f_globals)):
        if _is_shown(name, frame.f_globals[name], at_module=True):
            values[name] = frame.f_globals[name]
            names.append(name)
    names.sort(key=lambda name: name not in used)
    return tuple(
        Local(printable(name[:120]), type_name(values[name]), budget.describe(name, values[name]), name in used)
        for name in names[:MOST_LOCALS]
    )


def _is_shown(name: str, value: object, at_module: bool) -> bool:
    """Modules are never of interest; classes and functions only where somebody made them inside a function."""
    if name.startswith((".", "__")) or issubclass(type(value), ModuleType):
        return False
    return not (at_module and issubclass(type(value), (type, FunctionType, BuiltinFunctionType)))
