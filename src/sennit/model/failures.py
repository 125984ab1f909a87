"""What a database says when it refuses, as errors that somebody can act on."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError

from ..errors import Conflict, FieldError, SennitError, ServiceUnavailable, Unprocessable
from . import postgres_failures

BUSY_S = 5
"""How long a writer waits for another one before it gives up with a 503; also what Retry-After says."""


@contextmanager
def mended(tables: Any = ()) -> Iterator[None]:
    """Turn refusals of the database into Conflict, ServiceUnavailable or SennitError.

    tables: the known tables by name, to name the fields of a foreign key.
    """
    try:
        yield
    except StaleDataError as error:
        raise Conflict(detail="This was changed by somebody else in the meantime. Load it again.") from error
    except exc.TimeoutError as error:
        raise busy("All connections to the database are in use.") from error
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise busy("The connection to the database was lost.") from error
        raise _meaning(error.orig, error.statement or "", tables) or error from error
    except exc.StatementError as error:
        raise _unfit(error.orig) or error from error
    except sqlite3.Error as error:
        raise _meaning(error, "", tables) or error from error
    except OverflowError as error:
        raise Unprocessable(detail="A number is too large to be stored.") from error
    except Unfit as error:
        raise _unfit(error.__cause__) or error from error
    except UnicodeEncodeError as error:
        raise Unprocessable(detail="A text has characters that are not Unicode.") from error


class Unfit(Exception):
    """A value could not be converted for its column; the cause says why."""


def _unfit(cause: BaseException | None) -> Exception | None:
    """What a value that does not fit its column means; None for a cause that is something else."""
    if isinstance(cause, LookupError):
        return Unprocessable(
            detail=f"{str(cause).partition(' is not')[0]} is not one of the values that this may have."
        )
    if not isinstance(cause, (AttributeError, TypeError, ValueError, sqlite3.ProgrammingError)):
        return None
    return SennitError(
        code="query.E012",
        what=f"a value does not fit the column that it is compared with or stored in: {cause}",
        fix="give the type that the model declares: Letter.where(key=UUID(text)), Post.where(at=datetime(…, tzinfo=UTC))",
    )


def busy(detail: str) -> ServiceUnavailable:
    """A 503 that tells when to come back."""
    return ServiceUnavailable(detail=detail, headers={"retry-after": str(BUSY_S)})


def _meaning(error: BaseException | None, statement: str, tables: Any) -> Exception | None:
    refusal = postgres_failures.refusal_of(error)
    if refusal is not None:
        return postgres_failures.meaning(refusal)
    text = str(error)
    if text.startswith("UNIQUE constraint failed: "):
        return conflict(_fields(text), "unique", "is taken already")
    if text.startswith("FOREIGN KEY constraint failed"):
        return _foreign_key_conflict(statement, tables)
    if text.startswith("NOT NULL constraint failed: "):
        return missing_value(text.partition(": ")[2].split(",")[0].strip())
    if text.startswith("CHECK constraint failed: "):
        return conflict([text.partition(": ")[2].split("_", 2)[-1]], "check", "is outside what the model allows")
    if "database is locked" in text or "database table is locked" in text:
        return busy("Another writer holds the database.")
    if text.startswith(("no such table: ", "no such column: ")) or "has no column named" in text:
        return no_such(text)
    if "pattern too complex" in text or "too big" in text:
        return Unprocessable(detail="A text is too long for this.")
    if "disk is full" in text or "disk I/O error" in text:
        return busy("The database cannot be written.")
    if text.startswith("Error binding parameter"):
        return _unfit(error)
    if text.startswith("attempt to write a readonly database"):
        return write_while_reading()
    return None


def conflict(fields: list[str], code: str, message: str) -> Conflict:
    """A 409 that names the fields."""
    errors: list[FieldError] = [{"in": "body", "field": field, "code": code, "message": message} for field in fields]
    return Conflict(detail=f"{', '.join(fields) or 'A value'} {message}.", errors=errors)


def _fields(text: str) -> list[str]:
    """`UNIQUE constraint failed: user.email, user.team` -> ["email", "team"]."""
    return [name.strip().rpartition(".")[2] for name in text.partition(": ")[2].split(",")]


def _foreign_key_conflict(statement: str, tables: Any) -> Conflict:
    """SQLite does not say which key failed, so all that the statement could have broken are named."""
    match = re.match(r"\s*(INSERT|UPDATE|DELETE)\s+(?:INTO\s+|FROM\s+)?\"?(\w+)", statement, re.IGNORECASE)
    table = tables[match[2]] if match and match[2] in tables else None
    if table is None:
        return conflict([], "reference", "refers to something that is not there, or is referred to")
    if match and match[1].upper() == "DELETE":
        return Conflict(detail=f"This {table.name} is still referred to by other rows.")
    return conflict(
        sorted(key.parent.name for key in table.foreign_keys), "reference", "refers to something that is not there"
    )


def missing_value(name: str) -> SennitError:
    """The error for a column (`table.column`) that was given nothing."""
    return SennitError(
        code="model.E008",
        what=f"{name} has no value, and neither may it be empty nor does it have a default",
        where=name,
        fix="give it a value, declare it `Mapped[… | None]`, or add column(default=…)",
    )


def no_such(text: str) -> SennitError:
    """The error for a table or column that the database does not have."""
    return SennitError(
        code="model.E009",
        what=f"the database does not fit the models: {text}",
        fix="start the app once with `sennit run`, or call await engine.create_tables(): it adds what is missing",
    )


def write_while_reading() -> SennitError:
    """The error for a change on a connection that only reads."""
    return SennitError(
        code="model.E010",
        what="a statement that changes something was run where the database is only read",
        fix="run it in a handler for POST, PUT, PATCH or DELETE, in `async with app.database() as db`, "
        "or mark the GET with writes=True",
    )
