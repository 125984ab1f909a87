"""What makes two queries the same: a structure that SQL is made from once, and the values put into it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BindParameter
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.util import AliasedClass
from sqlalchemy.sql.cache_key import NO_CACHE, CacheConst
from sqlalchemy.sql.visitors import anon_map

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
    # One for all expressions: it numbers the aliases and subqueries, so that two of the same form are told apart.
    seen = anon_map()
    expressions = [key_of(expression, binds, seen) for expression in _expressions(parts)]
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
            (len(parts.conditions), len(parts.order), len(parts.columns), len(parts.group), len(parts.having)),
            tuple((join.on is None, join.outer) for join in parts.joins),
            (parts.limit is None, parts.offset is None, parts.distinct, parts.lock),
            tuple((relation.class_, relation.key) for relation in parts.load),
            parts.page,
        )
    return Identity(structure, tuple(own), tuple(_given(binds, seen)))


def _given(binds: list[BindParameter[Any]], seen: anon_map) -> list[BindParameter[Any]]:
    """The parameters, those that `select(…).params(n=3)` names with the value given there."""
    given: Any = seen.get(CacheConst.PARAMS)
    if not given:
        return binds
    known: list[Any] = binds
    return [bind._with_value(given[bind.key]) if bind.key in given else bind for bind in known]


def _expressions(parts: "Parts") -> list[Any]:
    found = [*parts.conditions, *parts.order, *parts.columns, *parts.group, *parts.having]
    for join in parts.joins:
        found += (join.target,) if join.on is None else (join.target, join.on)
    return found if parts.statement is None else [*found, parts.statement]


def key_of(expression: Any, binds: list[BindParameter[Any]], seen: anon_map) -> tuple[Any, ...] | None:
    """The structural key of an expression, whose parameters are added to `binds`; None where there is none.

    seen: shared by all expressions of a query.
    """
    if isinstance(expression, InstrumentedAttribute) and isinstance(expression.class_, type):
        return (expression.class_, expression.key) if expression._of_type is None else None
    if isinstance(expression, type) and hasattr(expression, "__mapper__"):
        return (expression,)
    element = sa_inspect(expression) if isinstance(expression, AliasedClass) else expression
    element = element.__clause_element__() if hasattr(element, "__clause_element__") else element
    if not hasattr(element, "_gen_cache_key"):
        return (element,) if isinstance(element, (str, int, float, bool)) else None
    # SQLAlchemy's own key for its cache of compiled statements: the same promise, one level up.
    found = element._gen_cache_key(seen, binds)
    return None if found is None or NO_CACHE in seen else (found,)


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
