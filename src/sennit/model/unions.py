"""Rows or values that either of several queries finds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, select, tuple_, union
from sqlalchemy.sql.selectable import _CompoundSelectKeyword

from ..errors import SennitError
from .rows import key_names
from .statement import select_of

if TYPE_CHECKING:
    from .query import Parts


def united(members: Sequence["Parts"]) -> "Parts":
    """The parts of a query for what any of the members finds, each of it once.

    Rows of a model stay rows of the model, found by their keys, so that such a query can be narrowed, ordered, loaded,
    changed and deleted like any other. Raises SennitError `query.E014` for members of different kinds.
    """
    first = members[0]
    _refuse_mixture(members)
    if first.shape == "rows":
        model, keys = first.model, key_attributes(first.model)
        found = [_member(parts._replace(columns=keys, shape="values", load=())) for parts in members]
        return type(first)(model, conditions=(among(keys, union(*found)),), load=first.load)
    return of_values(first, union(*(_member(parts) for parts in members)))


def of_values(parts: "Parts", compound: CompoundSelect[Any]) -> "Parts":
    """The parts of a query for the values of a compound statement."""
    rows = compound.subquery()
    return type(parts)(None, statement=select(*rows.columns), shape="values")


def of_rows(parts: "Parts", compound: CompoundSelect[Any]) -> "Parts | None":
    """The parts for a compound statement whose members all select the model of `parts`; None where it says more than
    which rows: an order, a limit, or `UNION ALL`, which gives rows twice."""
    keys = key_attributes(parts.model)
    members: list[Any] = [
        member.with_only_columns(*keys, maintain_column_froms=True)
        for member in compound.selects
        if isinstance(member, Select)
    ]
    if len(members) != len(compound.selects) or compound.keyword in _WITH_DUPLICATES or _is_cut(compound):
        return None
    plain: CompoundSelect[Any] = CompoundSelect(compound.keyword, *members)
    return type(parts)(parts.model, conditions=(among(keys, plain),))


_WITH_DUPLICATES = frozenset(
    {_CompoundSelectKeyword.UNION_ALL, _CompoundSelectKeyword.INTERSECT_ALL, _CompoundSelectKeyword.EXCEPT_ALL}
)


def _is_cut(compound: CompoundSelect[Any]) -> bool:
    return bool(compound._order_by_clauses) or compound._limit_clause is not None or compound._offset_clause is not None


def key_attributes(model: Any) -> tuple[Any, ...]:
    """The model's primary key as expressions."""
    return tuple(getattr(model, name) for name in key_names(model))


def among(keys: tuple[Any, ...], statement: Any) -> Any:
    """The condition that a row's key is among those that a statement gives."""
    return keys[0].in_(statement) if len(keys) == 1 else tuple_(*keys).in_(statement)


def _member(parts: "Parts") -> Select[Any]:
    statement = select_of(parts)
    if parts.limit is None and parts.offset is None and parts.statement is None:
        return statement.order_by(None)
    # Inside a union an order and a limit need a query of their own.
    return select(*statement.subquery().columns)


def _width(parts: "Parts") -> int:
    return len(select_of(parts).selected_columns)


def _refuse_mixture(members: Sequence["Parts"]) -> None:
    shapes = {(parts.shape, parts.model if parts.shape == "rows" else _width(parts)) for parts in members}
    if len(shapes) == 1 and members[0].shape in ("rows", "values"):
        return
    raise SennitError(
        code="query.E014",
        what="union() joins queries for rows of one model, or for equally many values, and was given other ones",
        fix="Book.where(a).union(Book.where(b)), or .values(…) on each: Book.all().values(Book.title).union(…)",
    )
