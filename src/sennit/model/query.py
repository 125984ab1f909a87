"""Queries as values: what to read, said without reading it. `db` alone does I/O."""

from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NoReturn, TypeVar, TypeVarTuple, overload

from sqlalchemy import ColumnElement, ScalarSelect, Select, Subquery
from sqlalchemy.orm import InstrumentedAttribute

from ..errors import SennitError
from .changing import Deletion, Erasure, Updating
from .joins import Joined, joined
from .keys import Identity, identity_of
from .names import check_relations, column_named, equalities, ordering, unknown_name
from .reads import TableRead, reads_of
from .soft_delete import standing
from .statement import Lock, select_of
from .unions import united

if TYPE_CHECKING:
    from .base import Model
    from .page import Page

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")

if TYPE_CHECKING:
    from sqlalchemy import SQLColumnExpression as Value

    Several = TypeVarTuple("Several")

    class Row(tuple[*Several]):
        """Several values of one result: a tuple whose values also have the names of their columns."""

        __slots__ = ()

        def __getattr__(self, name: str) -> Any: ...


Shape = Literal["rows", "first", "scalar", "exists", "values", "page"]
"""How a query is resolved: a list of models, one or None, one value, a bool, a list of values or tuples, a Page."""

MAX_PAGE_SIZE = 1000
MAX_ROWS = 10**12
"""More rows than any table; keeps limits, offsets and page numbers that come from outside within 64 bits."""


class Parts(NamedTuple):
    """What a query is made of. Immutable, so that a query can be kept, shared and compared."""

    model: Any
    equal: tuple[tuple[str, Any], ...] = ()
    conditions: tuple[ColumnElement[bool], ...] = ()
    order: tuple[Any, ...] = ()
    limit: int | None = None
    offset: int | None = None
    load: tuple[InstrumentedAttribute[Any], ...] = ()
    columns: tuple[Any, ...] = ()
    aggregate: str = ""
    distinct: bool = False
    shape: Shape = "rows"
    page: tuple[int, int] = (0, 0)
    statement: Select[Any] | None = None
    joins: tuple[Joined, ...] = ()
    group: tuple[Any, ...] = ()
    having: tuple[ColumnElement[bool], ...] = ()
    lock: Lock | None = None


class Query(Generic[T]):
    """Rows of a model, or something computed from them, that have not been asked for yet.

    Every method gives a new query. `await db.all(q)`, `db.first(q)`, `db.one(q)`, `db.scalar(q)`, `db.page(q, …)`,
    `db.stream(q)` read; pages and JSON answers resolve the queries they are given. `bool()`, `len()`, iterating and
    awaiting raise SennitError `query.E001`, because each would be a read that nobody wrote down.
    """

    __slots__ = ("_identity", "_reads", "parts")

    def __init__(self, model: "type[Model] | None" = None, *, parts: Parts | None = None) -> None:
        self.parts = parts if parts is not None else Parts(model, standing(model))
        self._identity: Identity | None = None
        self._reads: frozenset[TableRead] | None = None

    def _with(self, **changed: Any) -> "Query[Any]":
        return Query(parts=self.parts._replace(**changed))

    # -- which rows -------------------------------------------------------------------------------------------------

    def where(self, *conditions: Any, **equal: Any) -> "Query[T]":
        """Only rows for which every condition holds. `name=None` asks for NULL, `author=user` compares the keys.

        Raises SennitError `query.E002` for a name the model lacks, `query.E003` for a list as a value.
        """
        parts = self.parts
        pairs = parts.equal
        for name, value in equal.items():
            pairs += equalities(parts.model, name, value)
        return Query(parts=parts._replace(equal=pairs, conditions=parts.conditions + conditions))

    def with_deleted(self) -> "Query[T]":
        """Also rows that are marked as deleted, of a model with `soft_delete=`."""
        hidden = standing(self.parts.model)
        return self._with(equal=tuple(pair for pair in self.parts.equal if pair not in hidden))

    def order_by(self, *order: Any) -> "Query[T]":
        """Sorted by these columns or expressions, in place of any order given before; `"-at"` is descending."""
        model, statement = self.parts.model, self.parts.statement
        named = tuple(ordering(model, statement, by) if isinstance(by, str) else by for by in order)
        return self._with(order=named)

    def limit(self, most: int | None) -> "Query[T]":
        """At most this many rows; None means no limit."""
        return self._with(limit=_count(most, "limit"))

    def offset(self, skipped: int | None) -> "Query[T]":
        """Without the first rows."""
        return self._with(offset=_count(skipped, "offset"))

    def join(self, target: Any, on: Any = None) -> "Query[T]":
        """Only rows with a partner, whose columns the query may then name: `Book.all().join(Book.author)`.

        target: a relation of the model or of one joined before; or a model, an alias or a subquery, with `on` where no
        single relation leads there. A list relation gives a row for each partner; `.distinct()` gives it once.
        Raises SennitError `query.E013` where it is not clear how the tables belong together.
        """
        made = joined(self.parts.model, self.parts.joins, target, on, outer=False)
        return self._with(joins=(*self.parts.joins, made))

    def outer_join(self, target: Any, on: Any = None) -> "Query[T]":
        """As `join`, and rows without a partner too; the partner's columns are None there."""
        made = joined(self.parts.model, self.parts.joins, target, on, outer=True)
        return self._with(joins=(*self.parts.joins, made))

    def group_by(self, *columns: Any) -> "Query[T]":
        """One result for all rows that agree in these: `.group_by("author_id").values(Book.author_id, func.count())`.

        Raises SennitError `query.E015` when it is read without `.values(…)`.
        """
        model, statement = self.parts.model, self.parts.statement
        return self._with(
            group=tuple(column_named(model, statement, by) if isinstance(by, str) else by for by in columns)
        )

    def having(self, *conditions: "ColumnElement[bool]") -> "Query[T]":
        """Only groups for which every condition holds: `.having(func.count() > 2)`."""
        return self._with(having=(*self.parts.having, *conditions))

    def union(self, *others: "Query[T]") -> "Query[T]":
        """What this query or one of the others finds, each of it once; a limit inside counts for its part only.

        For rows of one model, or equally many `.values(…)`. The order is said afterwards.
        Raises SennitError `query.E014` for queries of different kinds.
        """
        return Query(parts=united([self.parts, *(other.parts for other in others)]))

    def with_for_update(self, *, skip_locked: bool = False, nowait: bool = False) -> "Query[T]":
        """The rows as they are now, which nobody else can change until this unit of work ends.

        skip_locked: without rows that somebody else holds. nowait: an error instead of waiting for them. SQLite knows
        one lock for everything, which is waited for.
        """
        return self._with(lock=Lock(skip_locked, nowait))

    def distinct(self) -> "Query[T]":
        """Equal results once."""
        return self._with(distinct=True)

    def load(self, *relations: Any) -> "Query[T]":
        """With these relations: `.load(Article.comments, Comment.author)`. One more query for each, not one a row.

        Raises SennitError `query.E004` for something that is no relation of the model or of one already named.
        """
        return self._with(load=self.parts.load + check_relations(self.parts.model, self.parts.load, relations))

    # -- what of them -----------------------------------------------------------------------------------------------

    @overload
    def values(self, a: "Value[A]", /) -> "Query[A]": ...
    @overload
    def values(self, a: "Value[A]", b: "Value[B]", /) -> "Query[Row[A, B]]": ...
    @overload
    def values(self, a: "Value[A]", b: "Value[B]", c: "Value[C]", /) -> "Query[Row[A, B, C]]": ...
    @overload
    def values(self, a: "Value[A]", b: "Value[B]", c: "Value[C]", d: "Value[D]", /) -> "Query[Row[A, B, C, D]]": ...
    @overload
    def values(
        self, a: "Value[A]", b: "Value[B]", c: "Value[C]", d: "Value[D]", e: "Value[E]", /
    ) -> "Query[Row[A, B, C, D, E]]": ...
    @overload
    def values(self, *columns: Any) -> "Query[Any]": ...
    def values(self, *columns: Any) -> "Query[Any]":
        """These columns or expressions only: plain values for one of them, tuples for several."""
        return self._with(columns=columns, shape="values", load=())

    def first(self) -> "Query[T | None]":
        """The first row, or None."""
        return self._with(shape="first", limit=1)

    def count(self) -> "Query[int]":
        """How many rows there are."""
        return self._with(aggregate="count", shape="scalar", load=())

    def exists(self) -> "Query[bool]":
        """Whether there is any row."""
        return self._with(shape="exists", order=(), load=())

    def sum(self, column: "Value[A]") -> "Query[A | None]":
        """The sum of a column; None where there are no rows."""
        return self._aggregate("sum", column)

    def avg(self, column: "Value[Any]") -> "Query[float | None]":
        """The mean of a column; None where there are no rows."""
        return self._aggregate("avg", column)

    def min(self, column: "Value[A]") -> "Query[A | None]":
        """The smallest value of a column; None where there are no rows."""
        return self._aggregate("min", column)

    def max(self, column: "Value[A]") -> "Query[A | None]":
        """The largest value of a column; None where there are no rows."""
        return self._aggregate("max", column)

    def page(self, number: int, size: int = 50) -> "Query[Page[T]]":
        """One page of the rows, counted from 1. A number below 1 is page 1; `size` is at most 1000."""
        return self._with(
            shape="page", page=(min(max(1, number), MAX_ROWS // MAX_PAGE_SIZE), min(max(1, size), MAX_PAGE_SIZE))
        )

    def _aggregate(self, function: str, column: Any) -> "Query[Any]":
        return self._with(aggregate=function, columns=(column,), shape="scalar", load=())

    # -- changing them ----------------------------------------------------------------------------------------------

    def update(self, **values: Any) -> Updating:
        """A value for `db.execute`: `Todo.where(id=1).update(n=Todo.n - 1)`, computed by the database in one step."""
        for name in values:
            if name not in self.parts.model.__mapper__.column_attrs:
                raise unknown_name(self.parts.model, name)
        return Updating(self.parts, values)

    def delete(self) -> Deletion:
        """A value for `db.execute`: deletes the rows, or marks them as deleted, without reading them."""
        return Deletion(self.parts)

    def erase(self) -> Erasure:
        """A value for `db.execute`: removes the rows, also of a model whose `delete()` marks them."""
        return Erasure(self.parts)

    # -- as a value -------------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """Structure and values apart."""
        if self._identity is None:
            self._identity = identity_of(self.parts)
        return self._identity

    @property
    def key(self) -> tuple[Any, ...]:
        """Hashable; equal for queries that read the same. Structure first, then the values."""
        return self.identity.key

    def reads(self) -> frozenset[TableRead]:
        """Which tables, and which of their rows as far as that can be proved, the result depends on."""
        if self._reads is None:
            self._reads = reads_of(self)
        return self._reads

    def select(self) -> Select[Any]:
        """The same as a SQLAlchemy statement."""
        return select_of(self.parts)

    def subquery(self, name: str | None = None) -> Subquery:
        """As a table of its own, for `join(…)` and `select(…)`: its columns are `found.c.title`."""
        return self.select().subquery(name)

    def scalar_subquery(self) -> "ScalarSelect[Any]":
        """As one value inside an expression: `Book.pages > Book.all().avg(Book.pages).scalar_subquery()`.

        Tables that the outer query has are those of the outer query.
        """
        return self.select().scalar_subquery()

    def __clause_element__(self) -> Select[Any]:
        """A query stands for its statement inside an expression: `Order.team_id.in_(Team.all().values(Team.id))`."""
        return self.select()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        name = getattr(self.parts.model, "__name__", "select")
        return f"<Query {name} {self.parts.shape}: {' '.join(str(self.select()).split())}>"

    # -- not a value ------------------------------------------------------------------------------------------------

    def __bool__(self) -> NoReturn:
        raise not_read("it was asked whether it is true", "await db.scalar(query.exists())")

    def __len__(self) -> NoReturn:
        raise not_read("its length was asked for", "await db.scalar(query.count())")

    def __iter__(self) -> NoReturn:
        raise not_read("it was iterated", "for row in await db.all(query), or async for row in db.stream(query)")

    def __aiter__(self) -> NoReturn:
        raise not_read("it was iterated", "async for row in db.stream(query)")

    def __await__(self) -> NoReturn:
        raise not_read("it was awaited", "await db.all(query), or db.first, db.one, db.scalar")

    def __getitem__(self, index: object) -> NoReturn:
        raise not_read("it was indexed", "query.offset(n).limit(m), read with await db.all(…)")


def not_read(what: str, call: str) -> SennitError:
    """The error for using a query as if it were its result."""
    return SennitError(
        code="query.E001",
        what=f"a query is a value and has read nothing yet, but {what}",
        fix=call,
    )


def _count(number: int | None, name: str) -> int | None:
    if number is not None and (type(number) is not int or number < 0):
        raise SennitError(
            code="query.E005",
            what=f"{name}({number!r}) is not a number of rows",
            fix=f"{name}(n) takes a whole number from 0, or None",
        )
    return number if number is None else min(number, MAX_ROWS)
