"""The database of GET handlers, views and rules: reads at driver speed into read-only rows, holds nothing between calls."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession

from ..errors import SennitError
from .adopt import as_query
from .database import Database, Load
from .failures import mended
from .fetch import Work, by_key, missing, paged
from .outcome import Outcome
from .query import Query
from .reads import EVERYTHING, TableRead
from .rows import model_of

if TYPE_CHECKING:
    from .engine import Engine

OnRead = Callable[[frozenset[TableRead]], None]


class ReadDatabase(Database):
    """Reads only. on_read: told what each call depends on, before it reads."""

    def __init__(self, engine: "Engine", on_read: OnRead | None = None) -> None:
        self._engine = engine
        self._on_read = on_read

    async def _run(self, work: Callable[[Query[Any]], Work], query: Query[Any]) -> Any:
        refuse_lock(query)
        if self._on_read is not None:
            self._on_read(query.reads())
        with mended():
            return await self._engine.backend.read(work(query))

    async def all(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._engine.fetch.all, as_query(query, load))

    async def first(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._engine.fetch.first, as_query(query, load))

    async def one(self, query: Any, *, load: Load = ()) -> Any:
        return await self._run(self._engine.fetch.one, as_query(query, load))

    async def scalar(self, query: Any) -> Any:
        return await self._run(self._engine.fetch.scalar, as_query(query))

    async def page(self, query: Any, number: int = 1, size: int = 50) -> Any:
        return await self._run(self._engine.fetch.page, paged(query, number, size))

    async def resolve(self, query: Any) -> Any:
        return await self._run(self._engine.fetch.resolve, as_query(query))

    async def stream(self, query: Any) -> AsyncIterator[Any]:
        asked = as_query(query)
        refuse_lock(asked)
        if self._on_read is not None:
            self._on_read(asked.reads())
        # Closed here: left to itself, a stream that is left early would give its connection back some time later.
        async with aclosing(self._engine.stream(asked)) as rows:
            async for row in rows:
                yield row

    async def find(self, model: Any, key: Any, *, load: Load = ()) -> Any:
        return await self._run(self._engine.fetch.first, by_key(model, key, load))

    async def get(self, model: Any, key: Any, *, load: Load = (), lock: bool = False) -> Any:
        if lock:
            self._refuse("db.get(…, lock=True)")
        found = await self.find(model, key, load=load)
        if found is None:
            raise missing(model, key)
        return found

    async def execute(self, statement: Any, /, **parameters: Any) -> Outcome:
        if not isinstance(statement, str):
            self._refuse(f"db.execute({type(statement).__name__})")
        if self._on_read is not None:
            self._on_read(frozenset({TableRead(EVERYTHING)}))  # nobody knows what a text reads
        with mended():
            return await self._engine.backend.read_text(self._engine.fetch.text(statement, parameters))

    # -- what cannot be done here -----------------------------------------------------------------------------------

    def add(self, *rows: Any) -> NoReturn:
        self._refuse(f"db.add({', '.join(getattr(model_of(row), '__name__', '…') for row in rows)})")

    async def delete(self, row: Any) -> NoReturn:
        self._refuse("db.delete(…)")

    async def flush(self) -> None:
        """Nothing to do: nothing can have been changed."""

    def transaction(self) -> AbstractAsyncContextManager[None]:
        self._refuse("db.transaction()")

    async def retry(self, work: Any, times: int = 3) -> NoReturn:
        self._refuse("db.retry(…)")

    @property
    def session(self) -> AsyncSession:
        self._refuse("db.session")

    def _refuse(self, call: str) -> NoReturn:
        raise reading_only(call)


def refuse_lock(query: Query[Any]) -> None:
    """Raise SennitError `model.E011` for a query with `with_for_update()`: nothing is held between reads."""
    statement = query.parts.statement
    if query.parts.lock is not None or getattr(statement, "_for_update_arg", None) is not None:
        raise reading_only("a query with_for_update()")


def reading_only(call: str) -> SennitError:
    """The error for changing something through a database that only reads."""
    return SennitError(
        code="model.E011",
        what=f"{call} where the database is only read: GET and HEAD handlers, views and rules change nothing",
        fix="do it in a handler for POST, PUT, PATCH or DELETE, in `async with app.database() as db`, "
        "or mark the GET with writes=True",
    )
