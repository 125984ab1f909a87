"""The database of handlers that change something: SQLAlchemy's unit of work, awaited."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ..errors import Conflict, SennitError, ServiceUnavailable
from .adopt import as_query
from .capture import OPTION, WatchedSession
from .completed import completed
from .database import Database, Load
from .failures import mended
from .fetch import CHUNK, paged
from .outcome import Outcome
from .plans import tuple_type
from .unit import Unit
from .work import Work, tracked_select

if TYPE_CHECKING:
    from .engine import Engine

R = TypeVar("R")


class TrackedDatabase(Database):
    """One unit of work. Takes a connection with its first call; `commit`, `rollback` or `close` give it back.

    Rows are objects that remember what changed. A relation that was not loaded raises SennitError `model.E003`.
    """

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._unit = Unit(engine.publish, engine.tables, engine.backend.turn)
        self._session = AsyncSession(
            engine.loop_engine, sync_session_class=WatchedSession, expire_on_commit=False, info={OPTION: self._unit}
        )
        self._work = Work(self._session.sync_session)

    async def _run(self, call: Callable[..., R], *arguments: Any) -> R:
        with mended(self._engine.tables()):
            return await self._session.run_sync(lambda session: call(*arguments))

    async def all(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._work.all, as_query(query, load))

    async def first(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._work.first, as_query(query, load))

    async def one(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._work.one, as_query(query, load))

    async def scalar(self, query: Any) -> Any:
        return await self._run(self._work.scalar, as_query(query))

    async def page(self, query: Any, number: int = 1, size: int = 50) -> Any:
        return await self._run(self._work.page, paged(query, number, size))

    async def resolve(self, query: Any) -> Any:
        return await self._run(self._work.resolve, as_query(query))

    async def find(self, model: Any, key: Any, *, load: Load = ()) -> Any:
        return await self._run(self._work.find, model, key, load)

    async def get(self, model: Any, key: Any, *, load: Load = (), lock: bool = False) -> Any:
        return await self._run(self._work.get_locked if lock else self._work.get, model, key, load)

    async def stream(self, query: Any) -> AsyncIterator[Any]:
        statement = tracked_select(as_query(query)).execution_options(yield_per=CHUNK)
        with mended(self._engine.tables()):
            result = await self._session.stream(statement)
        try:
            make = None if len(result.keys()) == 1 else tuple_type(tuple(result.keys()))._make
            async for row in result:
                yield row[0] if make is None else make(row)
        finally:
            await result.close()

    # -- changing ---------------------------------------------------------------------------------------------------

    def add(self, *rows: Any) -> None:
        self._work.add(*rows)

    async def delete(self, row: Any) -> None:
        await self._run(self._work.delete, row)

    async def flush(self) -> None:
        await self._run(self._session.sync_session.flush)

    async def execute(self, statement: Any, /, **parameters: Any) -> Outcome:
        return await self._run(self._work.execute, statement, parameters)

    def transaction(self) -> AbstractAsyncContextManager[None]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        await self._run(self._work.begin_writing)
        try:
            async with self._session.begin_nested():
                yield
                await self.flush()
        except BaseException:
            with suppress(SQLAlchemyError):  # what went wrong is told, not what came of it
                await self._run(self._work.refresh_expired)
            raise

    async def retry(self, work: Callable[[], Awaitable[R]], times: int = 3) -> R:
        for remaining in range(times - 1, -1, -1):
            try:
                async with self.transaction():
                    # What was read before may be what made it fail.
                    self._session.expire_all()
                    return await work()
            except (Conflict, ServiceUnavailable):
                if not remaining:
                    raise
        raise SennitError(code="model.E017", what=f"db.retry(…, times={times})", fix="times is 1 or more")

    @property
    def session(self) -> AsyncSession:
        return self._session

    # -- the end ----------------------------------------------------------------------------------------------------

    async def commit(self) -> None:
        """Make all changes last, and tell those who watch. Completes even when its caller is cancelled."""
        await completed(self._run(self._session.sync_session.commit))

    async def rollback(self) -> None:
        """Undo all changes since the last commit."""
        await completed(self._run(self._session.sync_session.rollback))

    async def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        await completed(self._session.close())
