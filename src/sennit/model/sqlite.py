"""SQLite as a server application needs it: WAL, durable commits, writers that wait for each other.

Transactions are ours: the driver opens none. Reads before the first write run outside a transaction, so that a slow
handler holds nothing; the first write opens BEGIN IMMEDIATE, so that nobody can get between it and the commit.
"""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from ..errors import SennitError
from .failures import BUSY_S
from .hops import HoppingConnection

CONNECTIONS = 16
"""Units of work that may hold a connection at once, for each of the two kinds (on the loop, in threads)."""

POOL_WAIT_S = 10
"""How long a unit of work waits for a connection before it is a 503."""


class Location:
    """The file of a database. `sqlite://` (in memory) is a file of this process alone, deleted by `discard`."""

    def __init__(self, url: str, root: Path) -> None:
        parsed = make_url(url)
        if parsed.query:
            raise _with_options(parsed)
        name = parsed.database or ""
        self._folder = _private_folder() if name in ("", ":memory:") else None
        self.path = (self._folder / "memory.db") if self._folder else root / name
        self.is_durable = self._folder is None
        if not self.path.parent.is_dir():
            raise SennitError(
                code="model.E012",
                what=f"the folder of the database does not exist: {self.path.parent}",
                where=f"database={url!r}",
                fix=f"mkdir -p {self.path.parent}, or choose another place; relative paths start at {root}",
            )

    def discard(self) -> None:
        """Delete a database that was only to live as long as its engine."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _private_folder() -> Path:
    # Several connections to one memory database would share a cache, and lock each other's tables without waiting.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="sennit-", dir=memory))


def _with_options(url: URL) -> SennitError:
    return SennitError(
        code="model.E014",
        what=f"{url.render_as_string()!r} has options, and a SQLite file is opened the way that a server needs it",
        where="database=",
        fix='database="sqlite:///app.db"',
    )


def connect(location: Location) -> sqlite3.Connection:
    """A connection that waits for writers, checks foreign keys and loses nothing that was committed."""
    connection = sqlite3.connect(
        location.path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=BUSY_S
    )
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: NORMAL may lose the last acknowledged commits when the power goes.
    connection.execute(f"PRAGMA synchronous = {'FULL' if location.is_durable else 'OFF'}")
    connection.execute("PRAGMA foreign_keys = ON")
    # As on other engines: LIKE minds the case, and ilike works beyond ASCII.
    connection.execute("PRAGMA case_sensitive_like = ON")
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_function("upper", 1, _upper, deterministic=True)
    return connection


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def connect_reader(location: Location) -> sqlite3.Connection:
    """A connection that cannot write."""
    connection = connect(location)
    connection.execute("PRAGMA query_only = ON")
    return connection


def async_engine(location: Location) -> AsyncEngine:
    """SQLAlchemy's engine for units of work on the event loop."""

    return create_async_engine(
        "sqlite+aiosqlite://",
        async_creator=lambda *arguments, **options: HoppingConnection(lambda: connect(location)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
    )


def thread_engine(location: Location) -> Engine:
    """SQLAlchemy's engine for units of work in threads."""
    return create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(location),
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
    )


def is_writing(connection: Connection) -> bool:
    """Whether a transaction is open on the connection."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)
