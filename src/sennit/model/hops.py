"""SQLite on a thread with as few trips to it as there are statements.

aiosqlite takes one trip each to make a cursor, execute, fetch and close; a trip costs six times what a small query
does. Here executing brings the first rows along, a transaction begins in the trip of its first statement, and what does
not touch the disk is done where it is asked for.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiosqlite

BEGIN = "BEGIN IMMEDIATE"
FIRST_ROWS = 200
"""Rows that come back with the statement itself; a longer result takes one more trip."""


class HoppingConnection(aiosqlite.Connection):
    """aiosqlite's connection, with cursors and ends of transactions that save trips."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connect, FIRST_ROWS)
        # A process must be able to end whatever became of its connections.
        self._thread.daemon = True
        self._begins = False

    @property
    def in_transaction(self) -> bool:
        """Also where the next statement begins it."""
        return self._begins or self._conn.in_transaction

    def begin_with_next(self) -> None:
        """Have the next statement begin the transaction; it waits for other writers, and fails where they do not end."""
        self._begins = not self._conn.in_transaction

    def take_begin(self) -> bool:
        """Whether the statement that is to be executed now begins the transaction."""
        begins, self._begins = self._begins, False
        return begins

    def cursor(self) -> "HoppingCursor":  # type: ignore[override]
        """A cursor; made here, because that touches nothing."""
        return HoppingCursor(self, self._conn.cursor())

    async def commit(self) -> None:
        """Commit, if there is something to commit."""
        if not self.take_begin() and self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, if there is something to undo."""
        if not self.take_begin() and self._conn.in_transaction:
            await super().rollback()


class HoppingCursor:
    """What SQLAlchemy asks of an asynchronous cursor."""

    arraysize = 1

    def __init__(self, connection: HoppingConnection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._run: Callable[..., Awaitable[Any]] = connection._execute
        self._cursor = cursor
        self._rows: list[Any] = []
        self._is_complete = True

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns of the result, None for a statement without one."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed, -1 where unknown."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The key of the row inserted last."""
        return self._cursor.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute, and fetch the first rows."""
        if sql == BEGIN:
            self._connection.begin_with_next()
            return self
        self._rows = await self._run(self._execute, self._connection.take_begin(), sql, parameters)
        self._is_complete = len(self._rows) < FIRST_ROWS
        return self

    def _execute(self, begins: bool, sql: str, parameters: Sequence[Any]) -> list[Any]:
        if begins:
            self._cursor.execute(BEGIN)
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchmany(FIRST_ROWS)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Execute once for each set of parameters."""
        await self._run(self._execute_many, self._connection.take_begin(), sql, parameters)
        return self

    def _execute_many(self, begins: bool, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        if begins:
            self._cursor.execute(BEGIN)
        self._cursor.executemany(sql, parameters)

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        wanted = size or self.arraysize
        if len(self._rows) < wanted and not self._is_complete:
            more = await self._run(self._cursor.fetchmany, max(FIRST_ROWS, wanted))
            self._rows += more
            self._is_complete = not more
        found, self._rows = self._rows[:wanted], self._rows[wanted:]
        return found

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rest = [] if self._is_complete else await self._run(self._cursor.fetchall)
        found, self._rows, self._is_complete = self._rows + rest, [], True
        return found

    async def close(self) -> None:
        """Let the statement go; nobody else uses the connection meanwhile, so the thread is not needed."""
        self._cursor.close()
