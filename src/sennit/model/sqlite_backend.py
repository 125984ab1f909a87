"""SQLite behind the seam: reading threads for the loop, spare connections for streams and threads."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from .backend import Backend
from .completed import completed
from .failures import mended
from .fetch import CHUNK, Statement, Steps, Stream, Work
from .outcome import Outcome
from .plans import tuple_type
from .readers import Readers
from .sqlite import Location, async_engine, connect_reader, thread_engine
from .unit import Turn

READERS = 4
"""Threads that read. More of them wait for the interpreter lock, not for the disk."""

SPARE_READERS = 32
"""Connections kept for streams and threads that read."""


class SqliteBackend(Backend):
    """A file. Raises SennitError `model.E012` for a missing folder, `model.E014` for options in the URL."""

    turn: Turn

    def __init__(self, url: str, root: Path) -> None:
        self.location = Location(url, root)
        self.dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
        self._spare: list[sqlite3.Connection] = []
        self._is_open = False

    async def open(self) -> None:
        await asyncio.to_thread(lambda: connect_reader(self.location).close())  # the file is there, and can be opened
        self.turn = Turn()
        self.readers = Readers(lambda: connect_reader(self.location), READERS)
        self.loop_engine = async_engine(self.location)
        self.thread_engine = thread_engine(self.location)
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False
        await self.readers.close()
        await self.loop_engine.dispose()
        self.thread_engine.dispose()
        while self._spare:
            self._spare.pop().close()
        self.location.discard()

    # -- reading ----------------------------------------------------------------------------------------------------

    async def read(self, work: Work) -> Any:
        return await self.readers.run(lambda connection: perform(connection, work))

    async def read_text(self, statement: Statement) -> Outcome:
        return await self.readers.run(lambda connection: _outcome(run(connection, statement)))

    def read_in_thread(self, work: Work) -> Any:
        with self.spare_reader() as connection:
            return perform(connection, work)

    def read_text_in_thread(self, statement: Statement) -> Outcome:
        with self.spare_reader() as connection:
            return _outcome(run(connection, statement))

    @contextmanager
    def spare_reader(self) -> Iterator[sqlite3.Connection]:
        """A reading connection of one's own for a while; for a thread, or for a stream."""
        connection = self._spare.pop() if self._spare else connect_reader(self.location)
        try:
            yield connection
        finally:
            if self._is_open and len(self._spare) < SPARE_READERS:
                self._spare.append(connection)
            else:
                connection.close()

    # -- streams ----------------------------------------------------------------------------------------------------

    async def stream(self, stream: Stream) -> AsyncGenerator[list[Any], None]:
        """Each list is one hop to a thread."""
        with self.spare_reader() as connection:
            pieces = _pieces(connection, stream)
            try:
                # Completed, because a reader must not be at work on a connection that goes to somebody else.
                while rows := await completed(self._next_rows(pieces)):
                    yield rows
            finally:
                pieces.close()

    async def _next_rows(self, pieces: Iterator[list[Any]]) -> list[Any] | None:
        with mended():
            return await self.readers.run(lambda _: next(pieces, None))

    def stream_in_thread(self, stream: Stream) -> Iterator[list[Any]]:
        with self.spare_reader() as connection:
            yield from _pieces(connection, stream)

    # -- changing tables --------------------------------------------------------------------------------------------

    def lock_tables(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # another process waits, and then finds it done


def perform(connection: sqlite3.Connection, work: Work) -> Any:
    """The result of a piece of work."""
    if not work.needs_snapshot:
        return _drive(connection, work.steps())
    with _Snapshot(connection):
        return _drive(connection, work.steps())


def _drive(connection: sqlite3.Connection, steps: Steps) -> Any:
    try:
        statement = next(steps)
        while True:
            statement = steps.send(run(connection, statement).fetchall())
    except StopIteration as done:
        return done.value


def run(connection: sqlite3.Connection, statement: Statement) -> sqlite3.Cursor:
    """Execute; a whole number that no column can hold (`/todos/99999999999999999999`) is compared, not refused."""
    sql, parameters = statement
    try:
        return connection.execute(sql, parameters)
    except OverflowError:
        return connection.execute(
            sql, tuple(float(p) if type(p) is int and abs(p) >= 1 << 63 else p for p in parameters)
        )


class _Snapshot:
    """Several statements that see the database as of one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_outermost = not connection.in_transaction

    def __enter__(self) -> None:
        if self._is_outermost:
            self._connection.execute("BEGIN")

    def __exit__(self, *error: object) -> None:
        if self._is_outermost:
            self._connection.execute("COMMIT")


def _pieces(connection: sqlite3.Connection, stream: Stream) -> Generator[list[Any], None, None]:
    cursor = run(connection, stream.statement)
    while tuples := cursor.fetchmany(CHUNK):
        yield _drive(connection, stream.rows(tuples))


def _outcome(cursor: sqlite3.Cursor) -> Outcome:
    if cursor.description is None:
        return Outcome([], cursor.rowcount)
    row = tuple_type(tuple(column[0] for column in cursor.description))
    return Outcome([row._make(values) for values in cursor.fetchall()], cursor.rowcount)
