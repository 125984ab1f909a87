"""Running migrations: forth and back."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy import inspect as sa_inspect

from ...errors import SennitError
from . import record
from .connecting import locked, scratch
from .folder import Migration, line_in

Tell = Callable[[str], None]


class MigrationDatabase:
    """What an `async def upgrade(db)` is given: SQL on the migration's own connection, in its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def execute(self, sql: str, **values: Any) -> int:
        """The number of rows changed. `:name` stands for a value."""
        return self.connection.execute(text(sql), values).rowcount

    async def all(self, sql: str, **values: Any) -> list[Row[Any]]:
        """The rows: `for row in await db.all("select id, name from author where id > :id", id=3)`."""
        return list(self.connection.execute(text(sql), values))


def run(connection: Connection, migration: Migration, function: Callable[..., Any]) -> None:
    """One function of a migration. Raises SennitError `model.E063` when it fails."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    context = MigrationContext.configure(connection, opts={"render_as_batch": True})
    try:
        with Operations.context(context):
            if inspect.iscoroutinefunction(function):
                asyncio.run(function(MigrationDatabase(connection)))
            else:
                function()
    except Exception as error:
        raise SennitError(
            code="model.E063",
            what=f"the migration {migration.revision} failed: {_first_line(error)}",
            where=line_in(migration.file, error),
            fix="mend the file and run the command again; nothing of this migration was kept, those before it were",
        ) from error


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error) or type(error).__name__
    return said.splitlines()[0]


def migrate(connection: Connection, migrations: list[Migration], wanted: int, tell: Tell) -> int:
    """Run those of the first `wanted` that the database has not had, in order; how many. Each is kept by itself."""
    count = 0
    while _migrate_one(connection, migrations, wanted, tell):
        count += 1
    return count


def _migrate_one(connection: Connection, migrations: list[Migration], wanted: int, tell: Tell) -> bool:
    """The next one. What is to do is looked up under the lock: another process may have just done it."""
    with locked(connection):
        had = record.applied(connection)
        record.refuse_ahead(had, migrations)
        waiting = [each for each in migrations[:wanted] if each.revision not in had]
        if not waiting:
            return False
        if not had and _is_there(connection, waiting[0]):
            tell(f"{waiting[0].revision}: its tables are there already")
        else:
            tell(waiting[0].revision)
            run(connection, waiting[0], waiting[0].upgrade)
        record.add(connection, waiting[0])
    return True


def rollback(connection: Connection, migrations: list[Migration], keep: int, tell: Tell) -> int:
    """Undo all but the first `keep`, last first; how many. Raises SennitError `model.E066` for one without a way back."""
    count = 0
    for migration in reversed(migrations[keep:]):
        with locked(connection):
            had = record.applied(connection)
            record.refuse_ahead(had, migrations)
            if migration.revision not in had:
                continue
            tell(f"undo {migration.revision}")
            run(connection, migration, _way_back(migration))
            record.remove(connection, migration)
            count += 1
    return count


def _way_back(migration: Migration) -> Callable[..., Any]:
    if migration.downgrade is None:
        raise SennitError(
            code="model.E066",
            what=f"the migration {migration.revision} cannot be undone: it has no function downgrade",
            where=str(migration.file),
            fix="write one, or load a dump from before it: sennit db load",
        )
    return migration.downgrade


def _is_there(connection: Connection, first: Migration) -> bool:
    """Whether the tables of the first migration were made before there were migrations."""
    here = columns_of(connection)
    if not here:
        return False
    with scratch() as other:
        run(other, first, first.upgrade)
        made = columns_of(other)
    return bool(made) and all(columns <= here.get(table, set()) for table, columns in made.items())


def columns_of(connection: Connection) -> Mapping[str, set[str]]:
    inspector = sa_inspect(connection)
    return {name: {c["name"] for c in inspector.get_columns(name)} for name in inspector.get_table_names()}
