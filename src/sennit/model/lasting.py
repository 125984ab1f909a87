"""The database of handlers that live as long as a connection: it holds nothing between calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from ..errors import Conflict, SennitError, ServiceUnavailable
from .database import Database, Load
from .outcome import Outcome
from .reading import ReadDatabase
from .tracked import TrackedDatabase

if TYPE_CHECKING:
    from .engine import Engine

R = TypeVar("R")


class LastingDatabase(Database):
    """Reads like a GET handler. Inside `async with db.transaction()` it is a unit of work, committed at its end.

    Each task has transactions of its own, so that one connection's handler may start others.
    """

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._reading = ReadDatabase(engine)
        self._open: dict[object, TrackedDatabase] = {}

    @property
    def _now(self) -> Database:
        return self._open.get(asyncio.current_task(), self._reading)

    def _writing(self, call: str) -> TrackedDatabase:
        tracked = self._open.get(asyncio.current_task())
        if tracked is None:
            raise SennitError(
                code="model.E018",
                what=f"{call} outside a transaction, in a handler that lives as long as its connection",
                fix=f"async with db.transaction(): … {call}",
            )
        return tracked

    async def all(self, query: Any, *, load: Load = ()) -> Any:
        return await self._now.all(query, load=load)

    async def first(self, query: Any, *, load: Load = ()) -> Any:
        return await self._now.first(query, load=load)

    async def one(self, query: Any, *, load: Load = ()) -> Any:
        return await self._now.one(query, load=load)

    async def scalar(self, query: Any) -> Any:
        return await self._now.scalar(query)

    async def page(self, query: Any, number: int = 1, size: int = 50) -> Any:
        return await self._now.page(query, number, size)

    async def resolve(self, query: Any) -> Any:
        return await self._now.resolve(query)

    async def find(self, model: Any, key: Any, *, load: Load = ()) -> Any:
        return await self._now.find(model, key, load=load)

    async def get(self, model: Any, key: Any, *, load: Load = (), lock: bool = False) -> Any:
        if lock:
            return await self._writing("db.get(…, lock=True)").get(model, key, load=load, lock=True)
        return await self._now.get(model, key, load=load)

    async def stream(self, query: Any) -> AsyncIterator[Any]:
        async for row in self._now.stream(query):
            yield row

    def add(self, *rows: Any) -> None:
        self._writing("db.add(…)").add(*rows)

    async def delete(self, row: Any) -> None:
        await self._writing("db.delete(…)").delete(row)

    async def flush(self) -> None:
        await self._now.flush()

    async def execute(self, statement: Any, /, **parameters: Any) -> Outcome:
        return await self._writing("db.execute(…)").execute(statement, **parameters)

    def transaction(self) -> AbstractAsyncContextManager[None]:
        tracked = self._open.get(asyncio.current_task())
        return tracked.transaction() if tracked is not None else self._unit()

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        async with self._engine.tracked() as tracked:
            self._open[task] = tracked
            try:
                yield
            finally:
                del self._open[task]

    async def retry(self, work: Callable[[], Awaitable[R]], times: int = 3) -> R:
        for _ in range(times - 1):
            try:
                async with self.transaction():
                    return await work()
            except (Conflict, ServiceUnavailable):
                continue
        async with self.transaction():
            return await work()

    @property
    def session(self) -> AsyncSession:
        return self._writing("db.session").session
