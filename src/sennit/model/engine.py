"""`Engine`: the database of one application, from its first connection to its last."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from ..errors import SennitError
from .backend import Backend
from .backends import backend_of
from .capture import watch_engine
from .changes import Change
from .failures import mended
from .fetch import Fetch
from .lasting import LastingDatabase
from .observers import Observers
from .plans import Plans
from .query import Query
from .reading import OnRead, ReadDatabase
from .sync import SyncDatabase
from .sync_reading import SyncReadDatabase
from .tables import fit, known_models, tables_of
from .tracked import TrackedDatabase

log = logging.getLogger("sennit.model")

Listener = Callable[[tuple[Change, ...]], None]


class Engine:
    """A database: `Engine("sqlite:///app.db", root=Path(...))`, `await start()`, and at the end `await dispose()`.

    url: `sqlite:///file` (relative to `root`), `sqlite:////absolute/file`, `sqlite://` for one in memory, or
    `postgresql://user:password@host/database`.
    """

    def __init__(self, url: str, *, root: Path) -> None:
        self._url = url
        self._root = root
        self._backend: Backend | None = None
        self._tables: Mapping[str, Table] | None = None
        self._listeners: list[Listener] = []
        self._observers = Observers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_started = False

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the database. Calling it again changes nothing.

        Raises SennitError: `model.E012` for a missing folder, `model.E013`/`model.E014` for other URLs, `model.E050` where
        the drivers of PostgreSQL are not installed, `model.E051` when it lets nobody in.
        """
        if self._is_started:
            return
        backend = backend_of(self._url, self._root)
        self._loop = asyncio.get_running_loop()
        await backend.open()
        self._backend = backend
        self.fetch = Fetch(Plans(backend.dialect))
        self.loop_engine: AsyncEngine = backend.loop_engine
        self.thread_engine: SqlEngine = backend.thread_engine
        watch_engine(self.loop_engine.sync_engine, self.tables)
        watch_engine(self.thread_engine, self.tables)
        self._is_started = True

    async def dispose(self) -> None:
        """Wait for observers, close every connection, end every thread."""
        if not self._is_started:
            return
        await self._observers.finished()
        self._is_started = False
        await self.backend.close()

    @property
    def backend(self) -> Backend:
        """What this engine reads and writes with. Raises SennitError `model.E021` before `start`."""
        if self._backend is None:
            raise SennitError(
                code="model.E021",
                what="the database was used before it was started",
                where=f"Engine({self._url!r})",
                fix="await engine.start() first; an App does it when it starts, in tests `async with Client(app)` does",
            )
        return self._backend

    # -- tables -----------------------------------------------------------------------------------------------------

    async def create_tables(self, models: Iterable[Any] | None = None) -> list[str]:
        """Create the models' tables and those they refer to, add columns and indexes that are new; never drop.

        models: None means all that were imported, without sennit's own. The result is the lines to say about it.
        Raises SennitError `model.E019` for two tables of a name, `model.E020` for a column that cannot be added.
        """
        self._tables = tables_of(known_models() if models is None else models)
        self.backend  # noqa: B018  (raises when it was not started)
        return await asyncio.to_thread(self._fit, self._tables)

    def use_models(self, models: Iterable[Any]) -> None:
        """The tables are there already, made by migrations: only know them."""
        self._tables = tables_of(models)

    def _fit(self, tables: Mapping[str, Table]) -> list[str]:
        with mended(), self.thread_engine.connect() as connection:
            self.backend.lock_tables(connection)
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
        self.backend  # noqa: B018
        return ReadDatabase(self, on_read)

    def begin(self) -> TrackedDatabase:
        """A unit of work, to be ended with `commit` and `close`; `close` alone undoes it."""
        self.backend  # noqa: B018
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
        self.backend  # noqa: B018
        return LastingDatabase(self)

    def begin_sync(self) -> SyncDatabase:
        """A unit of work for a thread, to be ended with `commit` and `close`."""
        self.backend  # noqa: B018
        return SyncDatabase(self)

    def reading_sync(self) -> SyncReadDatabase:
        """A database for a thread that reads into read-only rows."""
        self.backend  # noqa: B018
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

    async def stream(self, query: Query[Any]) -> AsyncGenerator[Any, None]:
        """The rows of a query, some hundred of them in memory at a time."""
        pieces = self.backend.stream(self.fetch.stream(query))
        async with contextlib.aclosing(pieces):
            async for rows in pieces:
                for row in rows:
                    yield row

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
