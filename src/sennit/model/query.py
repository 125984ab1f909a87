"""Queries as values: what to read, said without reading it. `db` alone does I/O."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NoReturn, TypeVar

from sqlalchemy import JSON, ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from ..errors import SennitError
from .changing import Deletion, Updating
from .keys import Identity, identity_of
from .names import unknown_name
from .reads import TableRead, reads_of
from .statement import select_of

if TYPE_CHECKING:
    from .base import Model
    from .page import Page

T = TypeVar("T")
V = TypeVar("V")

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


class Query(Generic[T]):
    """Rows of a model, or something computed from them, that have not been asked for yet.

    Every method gives a new query. `await db.all(q)`, `db.first(q)`, `db.one(q)`, `db.scalar(q)`, `db.page(q, …)`,
    `db.stream(q)` read; pages and JSON answers resolve the queries they are given. `bool()`, `len()`, iterating and
    awaiting raise SennitError `query.E001`, because each would be a read that nobody wrote down.
    """

    __slots__ = ("_identity", "_reads", "parts")

    def __init__(self, model: "type[Model] | None" = None, *, parts: Parts | None = None) -> None:
        self.parts = parts if parts is not None else Parts(model)
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
            pairs += _equalities(parts.model, name, value)
        return Query(parts=parts._replace(equal=pairs, conditions=parts.conditions + conditions))

    def order_by(self, *order: Any) -> "Query[T]":
        """Sorted by these columns or expressions, in place of any order given before; `"-at"` is descending."""
        named = tuple(_ordering(self.parts.model, by) if isinstance(by, str) else by for by in order)
        return self._with(order=named)

    def limit(self, most: int | None) -> "Query[T]":
        """At most this many rows; None means no limit."""
        return self._with(limit=_count(most, "limit"))

    def offset(self, skipped: int | None) -> "Query[T]":
        """Without the first rows."""
        return self._with(offset=_count(skipped, "offset"))

    def distinct(self) -> "Query[T]":
        """Equal results once."""
        return self._with(distinct=True)

    def load(self, *relations: Any) -> "Query[T]":
        """With these relations: `.load(Article.comments, Comment.author)`. One more query for each, not one a row.

        Raises SennitError `query.E004` for something that is no relation of the model or of one already named.
        """
        return self._with(load=self.parts.load + check_relations(self.parts.model, self.parts.load, relations))

    # -- what of them -----------------------------------------------------------------------------------------------

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

    def sum(self, column: "InstrumentedAttribute[V] | Any") -> "Query[Any]":
        """The sum of a column; None where there are no rows."""
        return self._aggregate("sum", column)

    def avg(self, column: Any) -> "Query[float | None]":
        """The mean of a column; None where there are no rows."""
        return self._aggregate("avg", column)

    def min(self, column: Any) -> "Query[Any]":
        """The smallest value of a column; None where there are no rows."""
        return self._aggregate("min", column)

    def max(self, column: Any) -> "Query[Any]":
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
        """A value for `db.execute`: deletes the rows without reading them."""
        return Deletion(self.parts)

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


def _equalities(model: Any, name: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """The (column attribute, value) pairs that `name=value` stands for."""
    if model is None:
        raise SennitError(
            code="query.E007",
            what=f"where({name}=…) on a query made from a select()",
            fix="give a condition: where(Order.status == 'open')",
        )
    if name in model.__table__.columns and name in model.__mapper__.columns:
        _refuse_list(model, name, value)
        return ((name, value),)
    mapper = model.__mapper__
    if name in mapper.column_attrs:
        return ((name, value),)
    if name not in mapper.relationships:
        raise unknown_name(model, name)
    return _relation_equalities(mapper.relationships[name], value)


def _relation_equalities(relation: Any, value: Any) -> tuple[tuple[str, Any], ...]:
    own, other = relation.parent, relation.mapper
    if relation.uselist:
        raise _no_relation(
            relation, f"is a list; ask {own.class_.__name__}.{relation.key}.contains(…) or .any(…) in a condition"
        )
    return tuple(
        (
            own.get_property_by_column(local).key,
            None if value is None else getattr(value, other.get_property_by_column(remote).key),
        )
        for local, remote in relation.local_remote_pairs
    )


def _refuse_list(model: Any, name: str, value: Any) -> None:
    if isinstance(value, (list, tuple, set, frozenset, Query)):
        if isinstance(model.__table__.columns[name].type, JSON):
            return  # the column itself holds lists
        raise SennitError(
            code="query.E003",
            what=f"where({name}=…) compares with one value and was given a {type(value).__name__}",
            where=f"{model.__name__}.{name}",
            fix=f"where({model.__name__}.{name}.in_(…))",
        )


def ordering_names(model: Any, names: Iterable[str]) -> tuple[Any, ...]:
    """Column expressions for names such as "at" and "-at"."""
    return tuple(_ordering(model, name) for name in names)


def _ordering(model: Any, name: str) -> Any:
    bare = name.removeprefix("-")
    if model is None or bare not in model.__mapper__.column_attrs:
        raise unknown_name(model, bare) if model is not None else not_read(f"it was ordered by the name {name!r}", "…")
    attribute = getattr(model, bare)
    return attribute.desc() if name.startswith("-") else attribute


def _count(number: int | None, name: str) -> int | None:
    if number is not None and (type(number) is not int or number < 0):
        raise SennitError(
            code="query.E005",
            what=f"{name}({number!r}) is not a number of rows",
            fix=f"{name}(n) takes a whole number from 0, or None",
        )
    return number if number is None else min(number, MAX_ROWS)


def check_relations(model: Any, known: tuple[Any, ...], relations: Iterable[Any]) -> tuple[Any, ...]:
    """The relations, each checked to start at the model or at the target of one before it."""
    owners = [model, *(relation.property.mapper.class_ for relation in known)]
    checked = []
    for relation in relations:
        prop = getattr(relation, "property", None)
        if prop is None or not hasattr(prop, "mapper") or not any(issubclass(o, prop.parent.class_) for o in owners):
            raise _no_relation(relation, f"is not a relation of {' or '.join(o.__name__ for o in owners)}")
        owners.append(prop.mapper.class_)
        checked.append(relation)
    return tuple(checked)


def _no_relation(relation: object, why: str) -> SennitError:
    return SennitError(
        code="query.E004",
        what=f"{relation} {why}",
        fix="load(Article.author, User.team): each relation starts at the model or at one named before it",
    )
