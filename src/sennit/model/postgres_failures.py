"""What PostgreSQL says when it refuses, by the SQLSTATE of its manual's appendix A, whichever driver brought it."""

import re
from typing import Any, NamedTuple

from ..errors import Conflict, SennitError, Unprocessable
from . import failures

_KEY = re.compile(r"Key \((.*?)\)=")


class Refusal(NamedTuple):
    """sqlstate: five characters, "" where the driver itself refused. The others are "" where they are unknown."""

    sqlstate: str
    message: str
    detail: str
    table: str
    column: str
    constraint: str


def refusal_of(error: BaseException | None) -> Refusal | None:
    """What an error of asyncpg, psycopg or SQLAlchemy's wrappers around them says; None for any other error."""
    while error is not None:
        if type(error).__module__.partition(".")[0] in ("asyncpg", "psycopg"):
            return _refusal(error, getattr(error, "diag", error))
        error = error.__cause__
    return None


def _refusal(error: BaseException, said: Any) -> Refusal:
    detail = getattr(said, "message_detail", None) or getattr(said, "detail", None)
    names = (getattr(said, name, None) for name in ("table_name", "column_name", "constraint_name"))
    table, column, constraint = (name if isinstance(name, str) else "" for name in names)
    return Refusal(
        getattr(error, "sqlstate", None) or "",
        str(error).partition("\n")[0],
        detail if isinstance(detail, str) else "",
        table,
        column,
        constraint,
    )


def is_lost(refusal: Refusal) -> bool:
    """Whether the connection is gone: broken (class 08), or ended by the server (57P01 to 57P05)."""
    return refusal.sqlstate.startswith(("08", "57P0"))


def is_unfit(refusal: Refusal) -> bool:
    """Whether asyncpg could not make a parameter of a value; then nothing was sent."""
    return "invalid input for query argument" in refusal.message


def meaning(refusal: Refusal) -> Exception | None:
    """The error for whoever caused it, None for one that tells of a mistake in sennit or in SQL of one's own."""
    make = _BY_STATE.get(refusal.sqlstate)
    if make is not None:
        return make(refusal)
    if is_lost(refusal):
        return failures.busy("The connection to the database was lost.")
    if refusal.sqlstate.startswith("53"):  # no connections, memory or room on the disk left
        return failures.busy("The database has no room for this now.")
    if is_unfit(refusal):
        return _unfit(refusal)
    if not refusal.sqlstate and ("closed" in refusal.message or "consuming input failed" in refusal.message):
        return failures.busy("The connection to the database was lost.")
    return None


def _fields(refusal: Refusal) -> list[str]:
    """`Key (email, team)=(…) already exists.` -> ["email", "team"]."""
    found = _KEY.match(refusal.detail)
    return [name.strip().strip('"') for name in found[1].split(",")] if found else []


def _taken(refusal: Refusal) -> Exception:
    return failures.conflict(_fields(refusal), "unique", "is taken already")


def _reference(refusal: Refusal) -> Exception:
    if "still referenced" in refusal.detail:
        # The table that is named is the one that refers; which one it refers to stands in the message alone.
        found = re.search(r'on table "(\w+)" violates', refusal.message)
        return Conflict(detail=f"This {found[1] if found else 'row'} is still referred to by other rows.")
    return failures.conflict(_fields(refusal), "reference", "refers to something that is not there")


def _missing(refusal: Refusal) -> Exception:
    return failures.missing_value(f"{refusal.table}.{refusal.column}")


def _check(refusal: Refusal) -> Exception:
    field = refusal.constraint.removeprefix(f"ck_{refusal.table}_")
    return failures.conflict([field], "check", "is outside what the model allows")


def _again(refusal: Refusal) -> Exception:
    return Conflict(detail="Somebody else changed the same at the same time. Try again.")


def _slow(refusal: Refusal) -> Exception:
    return failures.busy("The database took too long to answer.")


def _held(refusal: Refusal) -> Exception:
    return failures.busy("Another writer holds this row.")


def _no_such(refusal: Refusal) -> Exception:
    return failures.no_such(refusal.message)


def _too_long(refusal: Refusal) -> Exception:
    return Unprocessable(detail="A text is too long for this.")


def _too_large(refusal: Refusal) -> Exception:
    return Unprocessable(detail="A number is too large to be stored.")


def _no_text(refusal: Refusal) -> Exception:
    return Unprocessable(detail="A text has characters that cannot be stored.")


def _unfit(refusal: Refusal) -> Exception:
    if re.search(r"out of int\d+ range|out of range", refusal.message):
        return _too_large(refusal)
    if "codec can't encode" in refusal.message:
        return Unprocessable(detail="A text has characters that are not Unicode.")
    return SennitError(
        code="query.E012",
        what=f"a value does not fit the column that it is compared with or stored in: {refusal.message}",
        fix="give the type that the model declares: Letter.where(key=UUID(text)), Post.where(at=datetime(…, tzinfo=UTC))",
    )


def _read_only(refusal: Refusal) -> Exception:
    return failures.write_while_reading()


_BY_STATE = {
    "23505": _taken,
    "23503": _reference,
    "23502": _missing,
    "23514": _check,
    "40001": _again,
    "40P01": _again,
    "55P03": _held,
    "57014": _slow,
    "42P01": _no_such,
    "42703": _no_such,
    "22001": _too_long,
    "22003": _too_large,
    "22021": _no_text,
    "22P05": _no_text,
    "22P02": _unfit,
    "22007": _unfit,
    "42883": _unfit,  # "operator does not exist: integer = text"
    "42804": _unfit,
    "25006": _read_only,
}
