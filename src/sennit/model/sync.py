"""The database of functions that run in a thread: the same calls without `await`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ..errors import Conflict, ServiceUnavailable
from .adopt import as_query
from .capture import OPTION, WatchedSession
from .changing import Deletion, Updating
from .database import Load
from .failures import mended
from .fetch import CHUNK, paged
from .outcome import Outcome
from .page import Page
from .plans import tuple_type
from .query import Query
from .unit import Unit
from .work import Work, tracked_select

if TYPE_CHECKING:
    from .engine import Engine

T = TypeVar("T")
R = TypeVar("R")


class SyncDatabase:
    """One unit of work for a thread, see `Database` for the calls. Takes a connection with its first call.

    It may be used from several threads one after the other, not at the same time.
    """

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._unit = Unit(engine.publish_from_thread, engine.tables)
        self._session = WatchedSession(engine.thread_engine, expire_on_commit=False, info={OPTION: self._unit})
        self._work = Work(self._session)

    def _run(self, call: Callable[..., R], *arguments: Any) -> R:
        with mended(self._engine.tables()):
            return call(*arguments)

    @overload
    def all(self, query: Query[T], *, load: Load = ()) -> list[T]: ...
    @overload
    def all(self, query: Select[Any], *, load: Load = ()) -> list[Any]: ...
    def all(self, query: Any, *, load: Load = ()) -> list[Any]:
        """All results."""
        return self._run(self._work.all, as_query(query, load))

    @overload
    def first(self, query: Query[T], *, load: Load = ()) -> T | None: ...
    @overload
    def first(self, query: Select[Any], *, load: Load = ()) -> Any: ...
    def first(self, query: Any, *, load: Load = ()) -> Any:
        """The first result, or None."""
        return self._run(self._work.first, as_query(query, load))

    @overload
    def one(self, query: Query[T], *, load: Load = ()) -> T: ...
    @overload
    def one(self, query: Select[Any], *, load: Load = ()) -> Any: ...
    def one(self, query: Any, *, load: Load = ()) -> Any:
        """The only result. Raises NotFound (404) for none, SennitError `query.E009` for several."""
        return self._run(self._work.one, as_query(query, load))

    @overload
    def scalar(self, query: Query[T]) -> T: ...
    @overload
    def scalar(self, query: Select[Any]) -> Any: ...
    def scalar(self, query: Any) -> Any:
        """One value, or None without a row."""
        return self._run(self._work.scalar, as_query(query))

    def page(self, query: Query[T] | Select[Any], number: int = 1, size: int = 50) -> Page[Any]:
        """One page of the results, counted from 1."""
        return self._run(self._work.page, paged(query, number, size))

    def resolve(self, query: Any) -> Any:
        """What a query stands for by itself."""
        return self._run(self._work.resolve, as_query(query))

    def get(self, model: type[T], key: Any, *, load: Load = (), lock: bool = False) -> T:
        """The row with this primary key. Raises NotFound (404)."""
        return self._run(self._work.get_locked if lock else self._work.get, model, key, load)  # type: ignore[no-any-return]

    def find(self, model: type[T], key: Any, *, load: Load = ()) -> T | None:
        """The row with this primary key, or None."""
        return self._run(self._work.find, model, key, load)  # type: ignore[no-any-return]

    def stream(self, query: Any) -> Iterator[Any]:
        """The results one after the other, some hundred of them in memory at a time."""
        statement = tracked_select(as_query(query)).execution_options(yield_per=CHUNK)
        with mended(self._engine.tables()), self._session.execute(statement) as result:
            make = None if len(result.keys()) == 1 else tuple_type(tuple(result.keys()))._make
            for row in result:
                yield row[0] if make is None else make(row)

    def add(self, *rows: Any) -> None:
        """Store new rows with the next flush or commit."""
        self._work.add(*rows)

    def delete(self, row: Any) -> None:
        """Delete a row with the next flush or commit."""
        self._run(self._work.delete, row)

    def flush(self) -> None:
        """Send what was added, changed and deleted to the database now."""
        self._run(self._session.flush)

    def execute(self, statement: "str | Updating | Deletion | Any", /, **parameters: Any) -> Outcome:
        """Run SQL text with `:name` parameters, a change, or a SQLAlchemy statement."""
        return self._run(self._work.execute, statement, parameters)

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside happens or nothing does."""
        return self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run(self._work.begin_writing)
        try:
            with self._session.begin_nested():
                yield
                self.flush()
        except BaseException:
            with suppress(SQLAlchemyError):  # what went wrong is told, not what came of it
                self._work.refresh_expired()
            raise

    def retry(self, work: Callable[[], R], times: int = 3) -> R:
        """Run the work in a transaction, again from the start when it meets a Conflict, at most `times` in all."""
        for _ in range(times - 1):
            try:
                return self._attempt(work)
            except (Conflict, ServiceUnavailable):
                continue
        return self._attempt(work)

    def _attempt(self, work: Callable[[], R]) -> R:
        with self.transaction():
            self._session.expire_all()
            return work()

    @property
    def session(self) -> Session:
        """The SQLAlchemy session underneath."""
        return self._session

    def commit(self) -> None:
        """Make all changes last, and tell those who watch."""
        self._run(self._session.commit)

    def rollback(self) -> None:
        """Undo all changes since the last commit."""
        self._run(self._session.rollback)

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        self._session.close()
