"""Connections to migrate on: one at a time over all processes, each step a transaction, references checked at its end.

On SQLite the lock is BEGIN IMMEDIATE. On another engine it is to be an advisory lock, here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, make_url

from ...errors import SennitError
from ..sqlite import Location, thread_engine

LOCK_WAIT_S = 600
"""How long a process waits for another one that migrates."""


def can_migrate(url: str) -> bool:
    """Whether there is a file to migrate: a database in memory begins empty each time, PostgreSQL is to come."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")


def location_of(url: str, root: Path) -> Location:
    """The database to migrate. Raises SennitError `model.E067` for one that cannot be."""
    if not can_migrate(url):
        raise SennitError(
            code="model.E067",
            what=f"{make_url(url).render_as_string()!r} cannot be migrated: so far only files of SQLite can",
            where="sennit db",
            fix='database="sqlite:///app.db"; in other databases tables are made and extended by themselves',
        )
    return Location(url, root)


@contextmanager
def connected(location: Location) -> Iterator[Connection]:
    """A connection of its own, which tells nobody of changes and is not used for anything else afterwards."""
    engine = thread_engine(location)
    try:
        with engine.connect() as connection:
            # Rebuilding a table drops it: its rows must not take those along that refer to them.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * LOCK_WAIT_S}")
            connection.rollback()
            yield connection
    finally:
        engine.dispose()


@contextmanager
def scratch() -> Iterator[Connection]:
    """An empty database that is gone afterwards."""
    location = Location("sqlite://", Path())
    try:
        with connected(location) as connection:
            yield connection
    finally:
        location.discard()


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """A transaction that no other process migrates beside. Undone when the block raises.

    Raises SennitError `model.E065` when rows refer to others that are no longer there.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        before = _dangling(connection)
        yield
        _refuse_dangling(_dangling(connection) - before)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _dangling(connection: Connection) -> set[tuple[str, int | None, str]]:
    return {(row[0], row[1], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}


def _refuse_dangling(dangling: set[tuple[str, int | None, str]]) -> None:
    for table, _, parent in sorted(dangling, key=str):
        raise SennitError(
            code="model.E065",
            what=f"rows of {table} would refer to rows of {parent} that are not there ({len(dangling)} in all)",
            where="the end of the migration",
            fix="let the migration delete or mend these rows; nothing of it was kept",
        )
