"""`Engine`: the database of one application, from its first connection to its last."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import Table
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from ..errors import SennitError
from .capture import watch_engine
from .changes import Change
from .completed import completed
from .failures import mended
from .fetch import Fetch
from .lasting import LastingDatabase
from .observers import Observers
from .plans import Plans
from .query import Query
from .readers import Readers
from .reading import OnRead, ReadDatabase
from .sqlite import Location, async_engine, connect_reader, thread_engine
from .sync import SyncDatabase
from .sync_reading import SyncReadDatabase
from .tables import fit, known_models, tables_of
from .tracked import TrackedDatabase
from .unit import Turn

log = logging.getLogger("sennit.model")

READERS = 4
"""Threads that read. More of them wait for the interpreter lock, not for the disk."""

SPARE_READERS = 32
"""Connections kept for streams and threads that read."""

Listener = Callable[[tuple[Change, ...]], None]


class Engine:
    """A database: `Engine("sqlite:///app.db", root=Path(...))`, `await start()`, and at the end `await dispose()`.

    url: `sqlite:///file` (relative to `root`), `sqlite:////absolute/file`, or `sqlite://` for one in memory.
    Raises SennitError `model.E012` for a missing folder, `model.E013`/`model.E014` for other URLs.
    """

    def __init__(self, url: str, *, root: Path) -> None:
        self._url = url
        self._root = root
        self._location: Location | None = None
        self._tables: Mapping[str, Table] | None = None
        self._listeners: list[Listener] = []
        self._observers = Observers()
        self._spare: list[sqlite3.Connection] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_started = False
        self.fetch = Fetch(Plans(SQLiteDialect_pysqlite(paramstyle="qmark")))

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the database and its reading threads. Calling it again changes nothing."""
        if self._is_started:
            return
        self._location = Location(self._url, self._root)
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(lambda: connect_reader(self.location).close())  # the file is there, and can be opened
        self.turn = Turn()
        self.readers = Readers(lambda: connect_reader(self.location), READERS)
        self.loop_engine: AsyncEngine = async_engine(self.location)
        self.thread_engine: SqlEngine = thread_engine(self.location)
        watch_engine(self.loop_engine.sync_engine, self.tables)
        watch_engine(self.thread_engine, self.tables)
        self._is_started = True

    async def dispose(self) -> None:
        """Wait for observers, close every connection, end every thread."""
        if not self._is_started:
            return
        await self._observers.finished()
        self._is_started = False
        await self.readers.close()
        await self.loop_engine.dispose()
        self.thread_engine.dispose()
        while self._spare:
            self._spare.pop().close()
        self.location.discard()

    @property
    def location(self) -> Location:
        """The file. Raises SennitError `model.E021` before `start`."""
        if self._location is None:
            raise SennitError(
                code="model.E021",
                what="the database was used before it was started",
                where=f"Engine({self._url!r})",
                fix="await engine.start() first; an App does it when it starts, in tests `async with Client(app)` does",
            )
        return self._location

    # -- tables -----------------------------------------------------------------------------------------------------

    async def create_tables(self, models: Iterable[Any] | None = None) -> list[str]:
        """Create the models' tables and those they refer to, add columns and indexes that are new; never drop.

        models: None means all that were imported, without sennit's own. The result is the lines to say about it.
        Raises SennitError `model.E019` for two tables of a name, `model.E020` for a column that cannot be added.
        """
        self._tables = tables_of(known_models() if models is None else models)
        self.location  # noqa: B018  (raises when it was not started)
        return await asyncio.to_thread(self._fit, self._tables)

    def _fit(self, tables: Mapping[str, Table]) -> list[str]:
        with mended(), self.thread_engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the lock: another process waits, and then finds it done
            lines = fit(connection, tables)
            connection.commit()
            return lines

    def tables(self) -> Mapping[str, Table]:
        """The application's tables by name; all known ones before `create_tables` was called."""
        if self._tables is None:
            self._tables = tables_of(known_models())
        return self._tables

    # -- databases --------------------------------------------------------------------------------------------------

    def reading(self, on_read: OnRead | None = None) -> ReadDatabase:
        """A database that reads into read-only rows. on_read: told what each call depends on, before it reads."""
        self.location  # noqa: B018
        return ReadDatabase(self, on_read)

    def begin(self) -> TrackedDatabase:
        """A unit of work, to be ended with `commit` and `close`; `close` alone undoes it."""
        self.location  # noqa: B018
        return TrackedDatabase(self)

    @asynccontextmanager
    async def tracked(self) -> AsyncIterator[TrackedDatabase]:
        """A unit of work that commits when the block ends, and is undone when it raises."""
        db = self.begin()
        try:
            yield db
            await db.commit()
        finally:
            await db.close()

    def __call__(self) -> "contextlib.AbstractAsyncContextManager[TrackedDatabase]":
        """The same as `tracked`: `async with app.database() as db`."""
        return self.tracked()

    def lasting(self) -> LastingDatabase:
        """For what lives as long as a connection: holds nothing between calls, writes in `db.transaction()`."""
        self.location  # noqa: B018
        return LastingDatabase(self)

    def begin_sync(self) -> SyncDatabase:
        """A unit of work for a thread, to be ended with `commit` and `close`."""
        self.location  # noqa: B018
        return SyncDatabase(self)

    def reading_sync(self) -> SyncReadDatabase:
        """A database for a thread that reads into read-only rows."""
        self.location  # noqa: B018
        return SyncReadDatabase(self)

    @contextmanager
    def sync(self) -> Iterator[SyncDatabase]:
        """A unit of work for a thread that commits when the block ends."""
        db = self.begin_sync()
        try:
            yield db
            db.commit()
        finally:
            db.close()

    # -- reading connections ----------------------------------------------------------------------------------------

    @contextmanager
    def spare_reader(self) -> Iterator[sqlite3.Connection]:
        """A reading connection of one's own for a while; for a thread, or for a stream."""
        connection = self._spare.pop() if self._spare else connect_reader(self.location)
        try:
            yield connection
        finally:
            if self._is_started and len(self._spare) < SPARE_READERS:
                self._spare.append(connection)
            else:
                connection.close()

    async def stream(self, query: Query[Any]) -> AsyncIterator[Any]:
        """The rows of a query, some hundred of them in memory at a time, each hundred one hop to a thread."""
        with self.spare_reader() as connection:
            pieces = self.fetch.stream(query, connection)
            try:
                # Completed, because a reader must not be at work on a connection that goes to somebody else.
                while rows := await completed(self._next_rows(pieces)):
                    for row in rows:
                        yield row
            finally:
                pieces.close()

    async def _next_rows(self, pieces: Iterator[list[Any]]) -> list[Any] | None:
        with mended():
            return await self.readers.run(lambda _: next(pieces, None))

    # -- changes ----------------------------------------------------------------------------------------------------

    def on_commit(self, listener: Listener) -> None:
        """Call the function with all changes of each commit, right after it, on the event loop."""
        self._listeners.append(listener)

    def publish(self, changes: tuple[Change, ...]) -> None:
        """Tell listeners and observers. A commit that has happened is not undone by what they raise."""
        for listener in self._listeners:
            try:
                listener(changes)
            except Exception:
                log.exception("listener %s failed after a commit", getattr(listener, "__qualname__", listener))
        self._observers.tell(changes)

    def publish_from_thread(self, changes: tuple[Change, ...]) -> None:
        """The same, called by a unit of work in a thread: the loop tells, as soon as it can."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.publish, changes)
