"""The `migrations` folder: which files it has, and in which order they run."""

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import SennitError, did_you_mean

FILE = re.compile(r"\d{4,}_\w+\.py")


class Migration(NamedTuple):
    """One file. `revision` is its name without `.py`; `down_revision` the one before it, None for the first."""

    file: Path
    revision: str
    down_revision: str | None
    upgrade: Callable[..., Any]
    downgrade: Callable[..., Any] | None


class Folder:
    """The files `0001_initial.py`, `0002_…` of a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> list[Path]:
        """By name; none where there is no folder."""
        return sorted(each for each in self.path.glob("*.py") if FILE.fullmatch(each.name))

    def __bool__(self) -> bool:
        """Whether the program has migrations, so that tables are no longer made by themselves."""
        return bool(self.files())

    def migrations(self) -> list[Migration]:
        """All of them, first to last.

        Raises SennitError `model.E060` for a file that cannot be used, `model.E061` where two follow the same one.
        """
        return _in_order([_read(file) for file in self.files()])

    def next_number(self) -> int:
        return 1 + max((int(file.name.partition("_")[0]) for file in self.files()), default=0)


def position(migrations: list[Migration], name: str) -> int:
    """Where a revision stands, given by its name or its number (`3`, `0003`). Raises SennitError `model.E064`."""
    for index, each in enumerate(migrations):
        number = each.revision.partition("_")[0]
        if name == each.revision or (name.isdigit() and int(name) == int(number)):
            return index
    known = [each.revision for each in migrations]
    raise SennitError(
        code="model.E064",
        what=f"there is no migration {name!r}.{did_you_mean(name, known)}",
        where="sennit db",
        fix=f"name one of: {', '.join(known) or 'none is written yet; sennit db make'}",
    )


def _read(file: Path) -> Migration:
    names: dict[str, Any] = {"__name__": f"migrations.{file.stem}", "__file__": str(file)}
    try:
        exec(compile(file.read_text("utf-8"), str(file), "exec"), names)
    except Exception as error:
        raise _unusable(file, f"{type(error).__name__}: {error}", line_in(file, error)) from error
    if not callable(names.get("upgrade")):
        raise _unusable(file, "it has no function upgrade", str(file))
    if names.get("revision") != file.stem or "down_revision" not in names:
        raise _unusable(file, "it does not say its place", str(file))
    return Migration(file, file.stem, names["down_revision"], names["upgrade"], names.get("downgrade"))


def line_in(file: Path, error: BaseException) -> str:
    """`file:line` of the innermost line of the file that an exception went through."""
    if isinstance(error, SyntaxError):
        return f"{file}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}:{lines[-1]}" if lines else str(file)


def _unusable(file: Path, why: str, where: str) -> SennitError:
    return SennitError(
        code="model.E060",
        what=f"the migration {file.name} cannot be used: {why}",
        where=where,
        fix=f"give it revision = {file.stem!r}, down_revision (the one before it, or None), upgrade and downgrade",
    )


def _in_order(migrations: list[Migration]) -> list[Migration]:
    after: dict[str | None, Migration] = {}
    for each in migrations:
        if each.down_revision in after:
            raise _two_heads(after[each.down_revision], each)
        after[each.down_revision] = each
    ordered: list[Migration] = []
    following = after.pop(None, None)
    while following is not None:
        ordered.append(following)
        following = after.pop(following.revision, None)
    for each in after.values():
        raise _unusable(each.file, f"it follows {each.down_revision!r}, which is not there", str(each.file))
    return ordered


def _two_heads(one: Migration, other: Migration) -> SennitError:
    return SennitError(
        code="model.E061",
        what=f"{one.revision} and {other.revision} both follow {one.down_revision or 'nothing'}",
        where=f"{one.file} and {other.file}",
        fix=f"let one follow the other: down_revision = {one.revision!r} in {other.file.name}",
    )
