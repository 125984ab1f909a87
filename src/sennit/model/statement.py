"""A query's parts as a SQLAlchemy statement."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, Select, exists, func, literal, literal_column, select

from ..errors import SennitError

if TYPE_CHECKING:
    from .query import Parts

Bind = Callable[[str, Any, Any], Any]
"""(name, value, type) -> what stands for the value: itself, or a parameter of that name in a kept plan."""


class Lock(NamedTuple):
    """What to do about rows that somebody else holds; without either, wait for them."""

    skip_locked: bool
    nowait: bool


def _plain(name: str, value: Any, type_: Any) -> Any:
    # A page far beyond the last one is an empty page, also where SQLAlchemy would take OFFSET for 32 bits.
    return literal(value, BigInteger()) if type_ is None and value >= 1 << 31 else value


def select_of(parts: "Parts", bind: Bind = _plain) -> Select[Any]:
    """The statement whose rows resolve the query; for a page, all rows without the page's own limit.

    Raises SennitError `query.E015` for groups of which nothing is asked.
    """
    is_counted = parts.aggregate == "count" or parts.shape == "exists"
    if parts.group and not is_counted and (parts.aggregate or not parts.columns):
        raise _groups_without_values(parts)
    if parts.shape == "exists":
        return select(exists(_rows(parts, bind, (literal_column("1"),))))
    if not parts.aggregate:
        return _ordered(parts, _rows(parts, bind, _wanted(parts)))
    if _is_narrowed(parts):
        return _aggregate_of_subquery(parts, bind)
    return _rows(parts, bind, (_function(parts.aggregate, parts.columns),))


def count_of(parts: "Parts", bind: Bind = _plain) -> Select[Any]:
    """The statement that counts the rows of a page's query."""
    return select_of(parts._replace(aggregate="count", shape="scalar", order=(), load=()), bind)


def conditions_of(parts: "Parts", bind: Bind = _plain) -> list[Any]:
    """The conditions as expressions, equalities first; equality with None asks for NULL."""
    return [_equality(parts.model, index, pair, bind) for index, pair in enumerate(parts.equal)] + list(
        parts.conditions
    )


def _equality(model: Any, index: int, pair: tuple[str, Any], bind: Bind) -> Any:
    attribute = getattr(model, pair[0])
    if pair[1] is None:
        return attribute.is_(None)
    return attribute == bind(f"q{index}", pair[1], attribute.type)


def _wanted(parts: "Parts") -> tuple[Any, ...]:
    return parts.columns or ((parts.model,) if parts.model is not None else ())


def _rows(parts: "Parts", bind: Bind, wanted: tuple[Any, ...]) -> Select[Any]:
    statement = _source(parts, wanted)
    for join in parts.joins:
        on = () if join.on is None else (join.on,)
        statement = statement.join(join.target, *on, isouter=join.outer)
    for condition in conditions_of(parts, bind):
        statement = statement.where(condition)
    if parts.limit is not None:
        statement = statement.limit(bind("qlimit", parts.limit, None))
    if parts.offset is not None:
        statement = statement.offset(bind("qoffset", parts.offset, None))
    if parts.group or parts.having:
        statement = statement.group_by(*parts.group).having(*parts.having)
    if parts.lock is not None:
        statement = _locked(statement, parts.lock)
    return statement.distinct() if parts.distinct else statement


def _locked(statement: Select[Any], lock: Lock) -> Select[Any]:
    # Objects that this unit of work knows already are made to show what is locked, not what was read before.
    locked = statement.with_for_update(skip_locked=lock.skip_locked, nowait=lock.nowait)
    return locked.execution_options(populate_existing=True)


def _source(parts: "Parts", wanted: tuple[Any, ...]) -> Select[Any]:
    if parts.statement is None:
        # Named, so that `Todo.all().count()` and a select of one column of another table stay on the model's rows.
        return select(*wanted).select_from(parts.model)
    if parts.columns or parts.shape == "exists":
        return parts.statement.with_only_columns(*wanted, maintain_column_froms=True)
    return parts.statement


def _ordered(parts: "Parts", statement: Select[Any]) -> Select[Any]:
    if parts.order:
        return (
            statement.order_by(None).order_by(*parts.order)
            if parts.statement is not None
            else statement.order_by(*parts.order)
        )
    if parts.statement is None and parts.shape != "values":
        return statement.order_by(*default_order(parts.model))
    return statement


def default_order(model: Any) -> list[Any]:
    """The order that the class keyword `order_by=` names."""
    return [
        getattr(model, name[1:]).desc() if name.startswith("-") else getattr(model, name) for name in model.__order_by__
    ]


def _is_narrowed(parts: "Parts") -> bool:
    return (
        parts.limit is not None
        or parts.offset is not None
        or parts.distinct
        or bool(parts.group)
        or parts.statement is not None
    )


def _function(name: str, columns: tuple[Any, ...]) -> Any:
    return func.count() if name == "count" else getattr(func, name)(*columns)


def _aggregate_of_subquery(parts: "Parts", bind: Bind) -> Select[Any]:
    """A limit, an offset, `distinct` or a user's own select() come first, the aggregate second."""
    wanted = parts.columns or parts.group or _wanted(parts)
    inner = _ordered(parts, _rows(parts, bind, wanted))
    if parts.limit is None and parts.offset is None:
        inner = inner.order_by(None)
    rows = inner.subquery()
    if parts.aggregate == "count":
        return select(func.count()).select_from(rows)
    return select(_function(parts.aggregate, (next(iter(rows.columns)),)))


def _groups_without_values(parts: "Parts") -> SennitError:
    return SennitError(
        code="query.E015",
        what="group_by() makes one result of many rows, and nothing says which of their values it shows",
        where=parts.model.__name__ if parts.model is not None else "",
        fix=".group_by(Book.author_id).values(Book.author_id, func.count(), func.sum(Book.pages))",
    )
