"""Which migrations a database has had: the table `sennit_migration`, in the database itself."""

from sqlalchemy import Column, Connection, DateTime, MetaData, String, Table, delete, insert, select
from sqlalchemy import inspect as sa_inspect

from ...errors import SennitError
from ..types import utcnow
from .folder import Migration

_TABLE = Table(
    "sennit_migration",
    MetaData(),
    Column("revision", String(200), primary_key=True),
    Column("applied_at", DateTime(), nullable=False),
)


def is_kept(connection: Connection) -> bool:
    """Whether the database was migrated before."""
    return sa_inspect(connection).has_table(_TABLE.name)


def applied(connection: Connection) -> set[str]:
    return set(connection.scalars(select(_TABLE.c.revision))) if is_kept(connection) else set()


def pending(connection: Connection, migrations: list[Migration]) -> list[Migration]:
    """Those that the database has not had. Raises SennitError `model.E062` when it has had one that is not there."""
    had = applied(connection)
    refuse_ahead(had, migrations)
    return [each for each in migrations if each.revision not in had]


def refuse_ahead(had: set[str], migrations: list[Migration]) -> None:
    unknown = sorted(had - {each.revision for each in migrations})
    if unknown:
        raise SennitError(
            code="model.E062",
            what=f"the database is ahead of the files: it has had {', '.join(unknown)}",
            where="the table sennit_migration",
            fix="fetch the files that are missing; with the version that has them: sennit db rollback",
        )


def add(connection: Connection, migration: Migration) -> None:
    _TABLE.create(connection, checkfirst=True)
    at = utcnow().replace(tzinfo=None)
    connection.execute(insert(_TABLE).values(revision=migration.revision, applied_at=at))


def remove(connection: Connection, migration: Migration) -> None:
    connection.execute(delete(_TABLE).where(_TABLE.c.revision == migration.revision))
