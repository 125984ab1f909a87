"""`sennit db sql`: what migrations would run, as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from .connecting import scratch
from .folder import Migration
from .steps import run


def script(migrations: list[Migration], wanted: list[Migration]) -> list[str]:
    """The statements of `wanted`, recorded on an empty database that has had those before them.

    A data migration finds no rows there: of what it would change, only what it says without looking is in the script.
    """
    lines: list[str] = []
    with scratch() as connection:
        for migration in migrations:
            with _recorded(connection) as statements:
                run(connection, migration, migration.upgrade)
            if migration in wanted:
                lines += [f"-- {migration.revision}", *statements, ""]
    return lines


@contextmanager
def _recorded(connection: Connection) -> Iterator[list[str]]:
    """The statements that change something, as they are sent."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not statement.lstrip().upper().startswith(("PRAGMA", "SELECT")):
            values = f";  -- with {parameters!r}" if parameters else ";"
            statements.append(statement.strip() + values)

    event.listen(connection, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", record)
