"""PostgreSQL as a server application needs it: time-outs on everything, no more connections than agreed.

asyncpg serves the event loop, psycopg threads. Both are given the URL as it stands, so that `sslmode`, `host` for a Unix
socket and the like are written as in libpq.
"""

import json
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

from ..errors import SennitError
from .failures import busy

READING = 25
"""Connections that read for the loop."""

READING_IN_THREADS = 10
"""Connections that read for threads."""

UNITS = 10
"""Units of work that may hold a connection at once, for each of the two kinds (on the loop, in threads)."""

POOL_WAIT_S = 10
"""How long one waits for a connection before it is a 503."""

CONNECT_S = 5
"""How long the server has to let us in."""

STATEMENT_S = 30
"""How long a statement may take; then the server ends it."""

GRACE_S = 5
"""How much longer we wait for an answer than the server for the statement: beyond that the network is gone."""


def drivers() -> tuple[Any, Any]:
    """asyncpg and psycopg. Raises SennitError `model.E050` where one of them is not installed."""
    try:
        import asyncpg
        import psycopg
    except ImportError as error:
        raise SennitError(
            code="model.E050",
            what=f"the drivers of PostgreSQL are not installed: {error}",
            where="database=",
            fix="pip install 'sennit[postgres]'",
        ) from error
    return asyncpg, psycopg


def dsn_of(url: str) -> str:
    """The URL as both drivers read it."""
    return "postgresql" + url.removeprefix("postgresql").removeprefix("postgres")


def shown(url: str) -> str:
    """The URL without its password."""
    return make_url(url).render_as_string()


def _settings() -> dict[str, str]:
    return {"application_name": "sennit", "statement_timeout": str(round(STATEMENT_S * 1000)), "timezone": "UTC"}


_READ_ONLY = {"default_transaction_read_only": "on"}


async def connect(dsn: str, **settings: str) -> Any:
    """A connection of asyncpg. Raises ServiceUnavailable when the server cannot be reached or lets nobody in now."""
    asyncpg, _ = drivers()
    try:
        return await asyncpg.connect(
            dsn,
            timeout=CONNECT_S,
            command_timeout=STATEMENT_S + GRACE_S,
            statement_cache_size=1000,
            server_settings={**_settings(), **settings},
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise busy("The database cannot be reached.") from error


async def connect_reader(dsn: str) -> Any:
    """A connection that cannot write, and gives JSON as SQLAlchemy's do."""
    connection = await connect(dsn, **_READ_ONLY)
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=json.loads, format="text")
    return connection


def connect_in_thread(dsn: str, **settings: str) -> Any:
    """A connection of psycopg. Raises ServiceUnavailable."""
    _, psycopg = drivers()
    options = " ".join(f"-c {name}={value}" for name, value in {**_settings(), **settings}.items())
    try:
        return psycopg.connect(dsn, connect_timeout=CONNECT_S, options=options)
    except psycopg.Error as error:
        raise busy("The database cannot be reached.") from error


def connect_reader_in_thread(dsn: str) -> Any:
    """A connection that cannot write, and reads the statements that are made for asyncpg."""
    _, psycopg = drivers()
    connection = connect_in_thread(dsn, **_READ_ONLY)
    connection.autocommit = True
    connection.cursor_factory = psycopg.RawCursor  # parameters are $1, $2
    return connection


def async_engine(dsn: str) -> AsyncEngine:
    """SQLAlchemy's engine for units of work on the event loop."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda *arguments, **options: connect(dsn),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=UNITS,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """A connection that the server has ended meanwhile is replaced; asyncpg knows it without asking."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def thread_engine(dsn: str) -> Engine:
    """SQLAlchemy's engine for units of work in threads."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect_in_thread(dsn),
        poolclass=QueuePool,
        pool_size=UNITS,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,  # psycopg learns that a connection is gone only by using it
    )
