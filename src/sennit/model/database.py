"""`Database`: what a handler's `db` can do. Two kinds: one reads at driver speed, one tracks changes."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, overload

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from .changing import Deletion, Updating
from .outcome import Outcome
from .page import Page
from .query import Query

T = TypeVar("T")
R = TypeVar("R")
Load = Iterable[Any]


class Database(ABC):
    """Reads and changes models. The queries are the same everywhere; a SQLAlchemy `select()` is taken wherever a query is.

    All calls raise ServiceUnavailable (503) when the database is too busy, Conflict (409) for a violated unique or
    foreign key or a stale `version`, SennitError `model.E009` when tables and models do not fit.
    """

    # -- reading ----------------------------------------------------------------------------------------------------

    @overload
    async def all(self, query: Query[T], *, load: Load = ()) -> list[T]: ...
    @overload
    async def all(self, query: Select[Any], *, load: Load = ()) -> list[Any]: ...
    @abstractmethod
    async def all(self, query: Any, *, load: Load = ()) -> list[Any]:
        """All results. load: relations to read with them."""

    @overload
    async def first(self, query: Query[T], *, load: Load = ()) -> T | None: ...
    @overload
    async def first(self, query: Select[Any], *, load: Load = ()) -> Any: ...
    @abstractmethod
    async def first(self, query: Any, *, load: Load = ()) -> Any:
        """The first result, or None."""

    @overload
    async def one(self, query: Query[T], *, load: Load = ()) -> T: ...
    @overload
    async def one(self, query: Select[Any], *, load: Load = ()) -> Any: ...
    @abstractmethod
    async def one(self, query: Any, *, load: Load = ()) -> Any:
        """The only result. Raises NotFound (404) for none, SennitError `query.E009` for several."""

    @overload
    async def scalar(self, query: Query[T]) -> T: ...
    @overload
    async def scalar(self, query: Select[Any]) -> Any: ...
    @abstractmethod
    async def scalar(self, query: Any) -> Any:
        """One value: a count, a sum, whether there is any, the first column of the first row; None without a row."""

    @overload
    async def page(self, query: Query[T], number: int = 1, size: int = 50) -> Page[T]: ...
    @overload
    async def page(self, query: Select[Any], number: int = 1, size: int = 50) -> Page[Any]: ...
    @abstractmethod
    async def page(self, query: Any, number: int = 1, size: int = 50) -> Page[Any]:
        """One page of the results, counted from 1, and how many there are in all."""

    @overload
    def stream(self, query: Query[T]) -> AsyncIterator[T]: ...
    @overload
    def stream(self, query: Select[Any]) -> AsyncIterator[Any]: ...
    @abstractmethod
    def stream(self, query: Any) -> AsyncIterator[Any]:
        """The results one after the other, some hundred of them in memory at a time."""

    @abstractmethod
    async def get(self, model: type[T], key: Any, *, load: Load = (), lock: bool = False) -> T:
        """The row with this primary key (a tuple for a composite one). Raises NotFound (404) when there is none.

        lock: nobody else can change the row until this unit of work ends.
        """

    @abstractmethod
    async def find(self, model: type[T], key: Any, *, load: Load = ()) -> T | None:
        """The row with this primary key, or None."""

    @abstractmethod
    async def resolve(self, query: Any) -> Any:
        """What a query stands for by itself: a list, one row or None, a value, a bool or a Page."""

    # -- changing ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def add(self, *rows: Any) -> None:
        """Store new rows with the next flush or commit."""

    @abstractmethod
    async def delete(self, row: Any) -> None:
        """Delete a row with the next flush or commit."""

    @abstractmethod
    async def flush(self) -> None:
        """Send what was added, changed and deleted to the database now, so that new rows have their keys."""

    @abstractmethod
    async def execute(self, statement: "str | Updating | Deletion | Any", /, **parameters: Any) -> Outcome:
        """Run SQL text with `:name` parameters, `Model.where(…).update(…)`, `.delete()`, or a SQLAlchemy statement."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[None]:
        """Everything inside happens or nothing does; holds the right to write from the start. May be nested."""

    @abstractmethod
    async def retry(self, work: Callable[[], Awaitable[R]], times: int = 3) -> R:
        """Run the work in a transaction, again from the start when it meets a Conflict, at most `times` in all."""

    @property
    @abstractmethod
    def session(self) -> AsyncSession:
        """The SQLAlchemy session underneath."""
