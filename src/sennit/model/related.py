"""Relations of read-only rows: one query for each relation, for all rows at once."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression

from .keys import Identity
from .plans import Plan, Plans, Tuples
from .rows import key_names, row_class, set_relation

CHUNK = 512
"""Keys in one IN list at most. Lists are filled up to a power of two, so that there are ten plans, not five hundred."""


Key = tuple[Any, ...]


class _Path(NamedTuple):
    """How a relation is followed: the attributes of the owner that make the key, and the statement that gives the
    key's values with each target."""

    names: tuple[str, ...]
    select: Callable[[list[Key]], Select[Any]]

    def key(self, row: Any) -> Key:
        """The key of an owner's row."""
        return tuple(getattr(row, name) for name in self.names)


Asking = Generator[tuple[str, tuple[Any, ...]], Tuples, Any]
"""Yields statements and their parameters, is sent their tuples."""


def load_relations(plans: Plans, model: Any, rows: list[Any], relations: Iterable[Any]) -> Asking:
    """Fill the named relations of the rows, and of what was loaded before them."""
    by_model: dict[Any, list[Any]] = {model: rows}
    for relation in relations:
        owner = next(known for known in by_model if issubclass(known, relation.property.parent.class_))
        loaded = yield from _load(plans, relation, by_model[owner])
        target = relation.property.mapper.class_
        by_model[target] = by_model.get(target, []) + loaded if target is not owner else loaded


def _load(plans: Plans, relation: Any, rows: list[Any]) -> Asking:
    path = _path(relation)
    keys = {path.key(row) for row in rows}
    found: dict[Key, list[Any]] = {}
    for chunk in _chunks([key for key in keys if None not in key]):
        plan, identity = _plan(plans, relation, path, chunk)
        for *key, target in plan.build((yield plan.rendered(identity))):
            found.setdefault(tuple(key), []).append(target)
    _fill(relation, rows, path, found)
    return [target for targets in found.values() for target in targets]


def _fill(relation: Any, rows: list[Any], path: _Path, found: dict[Key, list[Any]]) -> None:
    put = set_relation(row_class(relation.property.parent.class_), relation.key)
    for row in rows:
        targets = found.get(path.key(row), [])
        put(row, list(targets) if relation.property.uselist else (targets[0] if targets else None))


def _plan(plans: Plans, relation: Any, path: _Path, keys: list[Key]) -> tuple[Plan, Identity]:
    own = [(f"k{row}_{place}", value) for row, key in enumerate(keys) for place, value in enumerate(key)]
    identity = Identity(None, tuple(own), ())
    return plans.of_made(
        ("relation", relation.class_, relation.key, len(keys)), lambda: path.select(keys), identity
    ), identity


def _chunks(keys: list[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        wanted = 1 << (len(chunk) - 1).bit_length()
        yield chunk + [chunk[-1]] * (wanted - len(chunk))


def _path(relation: InstrumentedAttribute[Any]) -> _Path:
    prop = relation.property
    if prop.secondary is None and len(prop.local_remote_pairs) == 1 and _is_equality(prop.primaryjoin):
        return _direct_path(prop)
    return _joined_path(relation)


def _is_equality(condition: Any) -> bool:
    return isinstance(condition, BinaryExpression) and condition.operator is operators.eq


def _direct_path(prop: Any) -> _Path:
    """The target has the key itself: no join."""
    ((local, remote),) = prop.local_remote_pairs
    target = prop.mapper.class_
    attribute = getattr(target, prop.mapper.get_property_by_column(remote).key)

    def statement(keys: list[Key]) -> Select[Any]:
        return _sorted(select(attribute, target).where(_is_one_of((attribute,), keys)), prop, target)

    return _Path((prop.parent.get_property_by_column(local).key,), statement)


def _joined_path(relation: InstrumentedAttribute[Any]) -> _Path:
    """Composite keys, many-to-many, conditions of one's own: from the owner's key over SQLAlchemy's own join."""
    prop = relation.property
    model: Any = prop.parent.class_
    owner, names, target = aliased(model), key_names(model), prop.mapper.class_
    attributes = tuple(getattr(owner, name) for name in names)

    def statement(keys: list[Key]) -> Select[Any]:
        joined = select(*attributes, target).join_from(owner, getattr(owner, relation.key))
        return _sorted(joined.where(_is_one_of(attributes, keys)), prop, target)

    return _Path(names, statement)


def _is_one_of(attributes: tuple[Any, ...], keys: list[Key]) -> Any:
    rows = [
        [bindparam(f"k{row}_{place}", value, type_=attributes[place].type) for place, value in enumerate(key)]
        for row, key in enumerate(keys)
    ]
    if len(attributes) == 1:
        return attributes[0].in_([value for (value,) in rows])
    return or_(*(and_(*(a == value for a, value in zip(attributes, values, strict=True))) for values in rows))


def _sorted(statement: Select[Any], prop: Any, target: Any) -> Select[Any]:
    """In the relation's order, else in the order of the keys: an engine's own order may differ from run to run."""
    if prop.order_by:
        return statement.order_by(*prop.order_by)
    return statement.order_by(*(getattr(target, name) for name in key_names(target)))
