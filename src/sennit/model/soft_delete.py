"""Rows that are marked as deleted instead of removed: `class Note(Model, soft_delete="deleted_at")`."""

from datetime import datetime
from typing import Any

from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import Mapped, MappedColumn

from .columns import column
from .types import utcnow

MARK: Any = Mapped[datetime | None]
"""The annotation of the column that says when."""


def mark_of(model: Any) -> str | None:
    """The attribute that says when a row was deleted, None for models whose rows are removed."""
    name: str | None = getattr(model, "__soft_delete__", None)
    return name


def mark_column() -> MappedColumn[Any]:
    """The column that a model is given which does not declare it itself."""
    return column(index=True)


def standing(model: Any) -> tuple[tuple[str, Any], ...]:
    """What queries of a model ask from the beginning: that the row is not deleted."""
    name = mark_of(model)
    return () if name is None else ((name, None),)


def is_deleted(row: Any) -> bool:
    """Whether a row is marked."""
    name = mark_of(type(row))
    return name is not None and getattr(row, name) is not None


def mark(row: Any) -> bool:
    """Mark a stored row as deleted; False where it has to be removed."""
    name = mark_of(type(row))
    if name is None or not sa_inspect(row).persistent:
        return False
    if getattr(row, name) is None:
        setattr(row, name, utcnow())
    return True
