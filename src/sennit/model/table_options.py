"""What a model says about its table as a whole: the class keywords `unique`, `index`, `check` and `comment`."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint

from .names import unknown_name

Groups = str | Iterable[str | tuple[str, ...]]
"""`"email"`, `("team", "name")`, or several of these in a list."""


class TableOptions(NamedTuple):
    """uniques, indexes: groups of attributes. checks: conditions in SQL by the name that a refusal tells."""

    uniques: Groups = ()
    indexes: Groups = ()
    checks: Mapping[str, str] | None = None
    comment: str | None = None


def put_on_table(model: Any) -> None:
    """Add the constraints of the model and its abstract bases to its table.

    Raises SennitError `query.E002` for a name the model lacks.
    """
    for base in reversed(model.__mro__):
        options = base.__dict__.get("__options__")
        if options is not None:
            _put(model, options)


def _put(model: Any, options: TableOptions) -> None:
    table = model.__table__
    for names in _groups(options.uniques):
        table.append_constraint(UniqueConstraint(*_columns(model, names)))
    for names in _groups(options.indexes):
        Index(None, *_columns(model, names))
    for name, condition in (options.checks or {}).items():
        table.append_constraint(CheckConstraint(condition, name=name))
    table.comment = options.comment or table.comment


def _groups(given: Groups) -> list[tuple[str, ...]]:
    if isinstance(given, str):
        return [(given,)]
    if isinstance(given, tuple) and all(isinstance(name, str) for name in given):
        return [given] if given else []
    return [(group,) if isinstance(group, str) else tuple(group) for group in given]


def _columns(model: Any, names: Iterable[str]) -> list[Column[Any]]:
    found = []
    for name in names:
        if name not in model.__mapper__.columns:
            raise unknown_name(model, name)
        found.append(model.__mapper__.columns[name])
    return found
