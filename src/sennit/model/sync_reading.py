"""The database of GET handlers that run in a thread: reads at driver speed into read-only rows."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from .adopt import as_query
from .failures import mended
from .fetch import Work, by_key, missing
from .outcome import Outcome
from .query import Query
from .reading import reading_only, refuse_lock
from .sync import SyncDatabase

if TYPE_CHECKING:
    from .engine import Engine


class SyncReadDatabase(SyncDatabase):
    """Reads only; holds no connection between calls."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._work = _Reads(engine)  # type: ignore[assignment]

    def stream(self, query: Any) -> Iterator[Any]:
        asked = as_query(query)
        refuse_lock(asked)
        with mended():
            for rows in self._engine.backend.stream_in_thread(self._engine.fetch.stream(asked)):
                yield from rows

    def add(self, *rows: Any) -> NoReturn:
        raise reading_only("db.add(…)")

    def delete(self, row: Any) -> NoReturn:
        raise reading_only("db.delete(…)")

    def transaction(self) -> NoReturn:
        raise reading_only("db.transaction()")

    def retry(self, work: Any, times: int = 3) -> NoReturn:
        raise reading_only("db.retry(…)")

    @property
    def session(self) -> NoReturn:
        raise reading_only("db.session")

    def flush(self) -> None:
        """Nothing to do: nothing can have been changed."""

    def commit(self) -> None:
        """Nothing to do."""

    def rollback(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class _Reads:
    """The calls of `Work` that read, each on a connection borrowed for it."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def _read(self, work: Callable[[Query[Any]], Work], query: Query[Any]) -> Any:
        refuse_lock(query)
        return self._engine.backend.read_in_thread(work(query))

    def all(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.all, query)

    def first(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.first, query)

    def one(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.one, query)

    def scalar(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.scalar, query)

    def page(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.page, query)

    def resolve(self, query: Query[Any]) -> Any:
        return self._read(self._engine.fetch.resolve, query)

    def find(self, model: Any, key: Any, load: Any = ()) -> Any:
        return self.first(by_key(model, key, load))

    def get(self, model: Any, key: Any, load: Any = ()) -> Any:
        found = self.find(model, key, load)
        if found is None:
            raise missing(model, key)
        return found

    def get_locked(self, model: Any, key: Any, load: Any = ()) -> NoReturn:
        raise reading_only("db.get(…, lock=True)")

    def execute(self, statement: Any, parameters: dict[str, Any]) -> Outcome:
        if not isinstance(statement, str):
            raise reading_only(f"db.execute({type(statement).__name__})")
        return self._engine.backend.read_text_in_thread(self._engine.fetch.text(statement, parameters))
