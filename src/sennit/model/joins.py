"""Joining: the other tables that a query's conditions and values may name."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.orm.util import AliasedClass

from ..errors import SennitError


class Joined(NamedTuple):
    """A relation, or a model, alias or subquery with the condition that ties it. outer: also rows without a partner."""

    target: Any
    on: Any
    outer: bool


def joined(model: Any, known: tuple[Joined, ...], target: Any, on: Any, outer: bool) -> Joined:
    """A checked join. Raises SennitError `query.E013` where it is not clear how the tables belong together."""
    if on is not None:
        return Joined(target, on, outer)
    if is_relation(target):
        return Joined(_checked_relation(model, known, target), None, outer)
    return Joined(_only_relation(list(_owners(model, known)), target), None, outer)


def is_relation(target: Any) -> bool:
    """Whether this is `Book.author` and the like."""
    return isinstance(target, QueryableAttribute) and hasattr(target.property, "mapper")


def entities_of(joins: Iterable[Joined]) -> Iterator[Any]:
    """What each join brings in, as something that names its tables: a relation brings its way there too."""
    for join in joins:
        if not is_relation(join.target):
            yield sa_inspect(join.target).selectable
            continue
        prop = join.target.property
        yield sa_inspect(getattr(join.target, "_of_type", None) or prop.mapper.class_).selectable
        if prop.secondary is not None:
            yield prop.secondary


def _owners(model: Any, known: tuple[Joined, ...]) -> Iterator[Any]:
    if model is not None:
        yield model
    for join in known:
        found = join.target.property.mapper.class_ if is_relation(join.target) else join.target
        if hasattr(found, "__mapper__") or isinstance(found, AliasedClass):
            yield found


def _checked_relation(model: Any, known: tuple[Joined, ...], relation: Any) -> Any:
    owner = relation.class_
    owners = list(_owners(model, known))
    if model is None or isinstance(owner, AliasedClass) or any(_is_a(known_owner, owner) for known_owner in owners):
        return relation
    raise _unclear(
        f"{owner.__name__}.{relation.key} does not start at {' or '.join(_name(o) for o in owners)}",
        f"join the way to it first: .join({_name(owners[0])}.…).join({owner.__name__}.{relation.key})",
    )


def _only_relation(owners: list[Any], target: Any) -> Any:
    """The one relation that leads from the query's models to the target."""
    ways = [
        (owner, relation.key)
        for owner in owners
        if not isinstance(owner, AliasedClass)
        for relation in owner.__mapper__.relationships
        if relation.mapper.class_ is target
    ]
    if len(ways) == 1:
        return getattr(*ways[0])
    names = [f"join({_name(owner)}.{key})" for owner, key in ways]
    raise _unclear(
        f"{len(ways) or 'no'} relation{'s' if len(ways) > 1 else ''} lead from "
        f"{' or '.join(_name(owner) for owner in owners) or 'this select()'} to {_name(target)}",
        f"{' or '.join(names)}" if names else f"say how: join({_name(target)}, Book.author_id == Author.id)",
    )


def _is_a(model: Any, owner: Any) -> bool:
    return isinstance(model, type) and issubclass(model, owner)


def _name(target: Any) -> str:
    return getattr(target, "__name__", None) or getattr(target, "name", None) or type(target).__name__


def _unclear(what: str, fix: str) -> SennitError:
    return SennitError(code="query.E013", what=what, fix=fix)
