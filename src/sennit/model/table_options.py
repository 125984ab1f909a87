"""What a model says about its table as a whole: the class keywords `unique`, `index`, `check` and `comment`."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint

from ..errors import SennitError, did_you_mean
from .names import unknown_name

KEYWORDS = tuple("table order_by live abstract soft_delete noun plural unique index check comment".split())
"""What a class statement of a model may say behind its bases."""

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
    _check_order(model)


def _check_order(model: Any) -> None:
    for name in model.__order_by__:
        if not hasattr(model, name.removeprefix("-")):
            raise unknown_name(model, name.removeprefix("-"))


def unknown_keyword(model: type, given: Iterable[str]) -> SennitError:
    """The error for class keywords that no base of a model takes."""
    name = next(iter(given))
    return SennitError(
        code="model.E048",
        what=f"class {model.__name__}(…, {name}=…): no model takes that.{did_you_mean(name, KEYWORDS)}",
        where=f"{model.__module__}.{model.__qualname__}",
        fix=f"it takes {', '.join(KEYWORDS)}",
    )


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
