"""PostgreSQL behind the seam: reads go straight to asyncpg on the loop, to psycopg in threads."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from . import postgres
from .backend import Backend
from .failures import busy
from .fetch import CHUNK, Statement, Stream, Work
from .outcome import Outcome
from .plans import Tuples, tuple_type
from .postgres_dialect import PlanDialect
from .postgres_failures import is_lost, is_unfit, meaning, refusal_of
from .postgres_opening import refuse_to_open
from .slots import Slots
from .thread_slots import ThreadSlots

R = TypeVar("R")

TABLES_LOCK = 0x73656E6E6974
"""The advisory lock of those who create and extend tables: "sennit" in ASCII."""


class _Lost(Exception):
    """The connection died under a read; the cause says how."""


class PostgresBackend(Backend):
    """A database on a server."""

    turn = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._dsn = postgres.dsn_of(url)
        self.dialect = PlanDialect()

    async def open(self) -> None:
        postgres.drivers()
        self.slots: Slots[Any] = Slots(
            lambda: postgres.connect_reader(self._dsn), postgres.READING, postgres.POOL_WAIT_S
        )
        self.thread_slots = ThreadSlots(
            lambda: postgres.connect_reader_in_thread(self._dsn), postgres.READING_IN_THREADS, postgres.POOL_WAIT_S
        )
        with refuse_to_open(self._url):
            self.slots.give_back(await self.slots.take())
        self.loop_engine = postgres.async_engine(self._dsn)
        self.thread_engine = postgres.thread_engine(self._dsn)

    async def close(self) -> None:
        await self.slots.close()
        self.thread_slots.close()
        await self.loop_engine.dispose()
        self.thread_engine.dispose()

    # -- reading, on the loop ---------------------------------------------------------------------------------------

    async def read(self, work: Work) -> Any:
        perform = _perform_in_snapshot if work.needs_snapshot else _perform
        return await self._ask(lambda connection: perform(connection, work))

    async def read_text(self, statement: Statement) -> Outcome:
        return await self._ask(lambda connection: _read_text(connection, statement))

    async def stream(self, stream: Stream) -> AsyncGenerator[list[Any], None]:
        connection = await self.slots.take()
        is_whole = False
        try:
            with _refusals():
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    sql, parameters = stream.statement
                    cursor = await connection.cursor(sql, *parameters)
                    while tuples := await cursor.fetch(CHUNK):
                        yield await _drive(connection, stream.rows(tuples))
                is_whole = True
        except GeneratorExit:
            is_whole = True  # the transaction was ended on the way here
            raise
        finally:
            (self.slots.give_back if is_whole else self.slots.drop)(connection)

    async def _ask(self, ask: Callable[[Any], Awaitable[R]]) -> R:
        """The answer. A connection that is found dead is replaced once: reading twice harms nobody."""
        with _refusals():
            try:
                return await self._ask_on(await self.slots.take(), ask)
            except _Lost:
                pass
            try:
                return await self._ask_on(await self.slots.take_fresh(), ask)
            except _Lost as lost:
                raise busy("The connection to the database was lost.") from lost.__cause__

    async def _ask_on(self, connection: Any, ask: Callable[[Any], Awaitable[R]]) -> R:
        try:
            answer = await ask(connection)
        except (asyncio.CancelledError, TimeoutError) as error:
            self.slots.drop(connection)  # the statement may still run; closing waits until the server has ended it
            if isinstance(error, TimeoutError):
                raise busy("The database took too long to answer.") from error
            raise
        except Exception as error:
            if _has_died(connection, error):
                self.slots.drop(connection)
                raise _Lost from error
            self.slots.give_back(connection)
            raise
        self.slots.give_back(connection)
        return answer

    # -- reading, in a thread ---------------------------------------------------------------------------------------

    def read_in_thread(self, work: Work) -> Any:
        perform = _perform_in_snapshot_in_thread if work.needs_snapshot else _perform_in_thread
        return self._ask_in_thread(lambda connection: perform(connection, work))

    def read_text_in_thread(self, statement: Statement) -> Outcome:
        return self._ask_in_thread(lambda connection: _read_text_in_thread(connection, statement))

    def stream_in_thread(self, stream: Stream) -> Iterator[list[Any]]:
        with _refusals(), self.thread_slots.taken() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for tuples in _pieces_in_thread(connection, stream.statement):
                yield _drive_in_thread(connection, stream.rows(tuples))

    def _ask_in_thread(self, ask: Callable[[Any], R]) -> R:
        with _refusals():
            try:
                with self.thread_slots.taken() as connection:
                    return ask(connection)
            except Exception as error:
                if not _has_died(connection, error):
                    raise
            self.thread_slots.forget_idle()  # what killed this one has killed those that lie beside it
            with self.thread_slots.taken() as connection:
                return ask(connection)

    # -- changing tables --------------------------------------------------------------------------------------------

    def lock_tables(self, connection: Connection) -> None:
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # others wait, and an index takes what it takes
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TABLES_LOCK})


def _has_died(connection: Any, error: Exception) -> bool:
    if isinstance(error, ConnectionError):
        return True
    refusal = refusal_of(error)
    closed = connection.closed if hasattr(connection, "closed") else connection.is_closed()
    return refusal is not None and (bool(closed) or is_lost(refusal))


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what a driver says into what the caller can act on."""
    try:
        yield
    except Exception as error:
        told = _told(error)
        if told is error:
            raise
        raise told from error


def _told(error: Exception) -> Exception:
    refusal = refusal_of(error)
    return (meaning(refusal) if refusal is not None else None) or error


# -- with asyncpg ---------------------------------------------------------------------------------------------------


async def _perform(connection: Any, work: Work) -> Any:
    return await _drive(connection, work.steps())


async def _perform_in_snapshot(connection: Any, work: Work) -> Any:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _drive(connection, work.steps())


async def _drive(connection: Any, steps: Any) -> Any:
    try:
        statement = next(steps)
        while True:
            statement = steps.send(await _fetch(connection, statement))
    except StopIteration as done:
        return done.value


async def _fetch(connection: Any, statement: Statement) -> Tuples:
    """The tuples; a whole number that no column can hold is compared, not refused."""
    sql, parameters = statement
    try:
        tuples: Tuples = await connection.fetch(sql, *parameters)
    except Exception as error:
        refusal, widened = refusal_of(error), _widened(statement)
        if widened is None or refusal is None or not is_unfit(refusal):
            raise
        tuples = await connection.fetch(widened[0], *widened[1])
    return tuples


async def _read_text(connection: Any, statement: Statement) -> Outcome:
    sql, parameters = statement
    records = await connection.fetch(sql, *parameters)
    if not records:
        return Outcome([], -1)
    row = tuple_type(tuple(records[0].keys()))
    return Outcome([row._make(record) for record in records], -1)


# -- with psycopg ---------------------------------------------------------------------------------------------------


def _perform_in_thread(connection: Any, work: Work) -> Any:
    return _drive_in_thread(connection, work.steps())


def _perform_in_snapshot_in_thread(connection: Any, work: Work) -> Any:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _drive_in_thread(connection, work.steps())


def _drive_in_thread(connection: Any, steps: Any) -> Any:
    try:
        statement = next(steps)
        while True:
            sql, parameters = _widened(statement) or statement
            statement = steps.send(connection.execute(sql, parameters).fetchall())
    except StopIteration as done:
        return done.value


def _read_text_in_thread(connection: Any, statement: Statement) -> Outcome:
    cursor = connection.execute(*statement)
    if cursor.description is None:
        return Outcome([], cursor.rowcount)
    row = tuple_type(tuple(column.name for column in cursor.description))
    return Outcome([row._make(values) for values in cursor.fetchall()], -1)


def _pieces_in_thread(connection: Any, statement: Statement) -> Iterator[Tuples]:
    """The tuples of a cursor on the server: the driver's own would bring all of them at once."""
    sql, parameters = _widened(statement) or statement
    connection.execute(f"DECLARE sennit_stream NO SCROLL CURSOR FOR {sql}", parameters)
    while tuples := connection.execute(f"FETCH {CHUNK} FROM sennit_stream").fetchall():
        yield tuples


# -- numbers that no column holds -----------------------------------------------------------------------------------

_INTEGER = re.compile(r"\$(\d+)::(?:SMALLINT|INTEGER|BIGINT)")


def _widened(statement: Statement) -> Statement | None:
    """The statement with room for whole numbers beyond 32 bits (`/todos/99999999999`); None where there are none."""
    sql, parameters = statement
    wide = {str(n): value for n, value in enumerate(parameters, 1) if type(value) is int and abs(value) >= 1 << 31}
    if not wide:
        return None

    def cast(found: re.Match[str]) -> str:
        if found[1] not in wide:
            return found[0]
        return f"${found[1]}::" + ("BIGINT" if abs(wide[found[1]]) < 1 << 63 else "NUMERIC")

    numbers = (Decimal(p) if type(p) is int and abs(p) >= 1 << 63 else p for p in parameters)
    return _INTEGER.sub(cast, sql), tuple(numbers)
