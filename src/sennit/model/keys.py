"""What makes two queries the same: a structure that SQL is made from once, and the values put into it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BindParameter
from sqlalchemy.orm import InstrumentedAttribute

if TYPE_CHECKING:
    from .query import Parts


class Identity(NamedTuple):
    """structure: hashable, None when SQLAlchemy cannot tell (then nothing is kept for it). own: the values of the
    equalities, the limit and the offset by parameter name. binds: the parameters inside the query's expressions."""

    structure: tuple[Any, ...] | None
    own: tuple[tuple[str, Any], ...]
    binds: tuple[BindParameter[Any], ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """Hashable; equal for queries that read the same."""
        # Without a structure a query equals itself only: `binds` are objects of this one query.
        structure = self.structure if self.structure is not None else (id(self.binds),)
        return structure, frozen(value for _, value in self.own), frozen(bind.effective_value for bind in self.binds)


def identity_of(parts: "Parts") -> Identity:
    """Structure and values of a query, apart."""
    binds: list[BindParameter[Any]] = []
    expressions = [
        key_of(expression, binds)
        for expression in (*parts.conditions, *parts.order, *parts.columns, *_given(parts.statement))
    ]
    own = [(f"q{index}", value) for index, (_, value) in enumerate(parts.equal) if value is not None]
    own += [("qlimit", parts.limit)] if parts.limit is not None else []
    own += [("qoffset", parts.offset)] if parts.offset is not None else []
    structure: tuple[Any, ...] | None = None
    if None not in expressions:
        structure = (
            parts.model,
            parts.shape,
            parts.aggregate,
            tuple((name, value is None) for name, value in parts.equal),
            tuple(expressions),
            (len(parts.conditions), len(parts.order), len(parts.columns)),
            (parts.limit is None, parts.offset is None, parts.distinct),
            tuple((relation.class_, relation.key) for relation in parts.load),
            parts.page,
        )
    return Identity(structure, tuple(own), tuple(binds))


def key_of(expression: Any, binds: list[BindParameter[Any]]) -> tuple[Any, ...] | None:
    """The structural key of an expression, whose parameters are added to `binds`; None where there is none."""
    if isinstance(expression, InstrumentedAttribute):
        return expression.class_, expression.key
    element = expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression
    if not hasattr(element, "_generate_cache_key"):
        return (element,) if isinstance(element, (str, int, float, bool)) else None
    # SQLAlchemy's own key for its cache of compiled statements: the same promise, one level up.
    found = element._generate_cache_key()
    if found is None:
        return None
    binds.extend(found.bindparams)
    return (found.key,)


def _given(statement: Any) -> tuple[Any, ...]:
    return () if statement is None else (statement,)


def frozen(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values as something hashable. True and 1 stay equal: they are the same to SQL."""
    return tuple(_freeze(value) for value in values)


def _freeze(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return frozen(value)
    if isinstance(value, (set, frozenset)):
        return frozenset(_freeze(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((key, _freeze(item)) for key, item in value.items()))
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value
