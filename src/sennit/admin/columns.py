"""What the columns of a model mean to the console: their kind, whether they are needed, what they point to."""

import datetime
import enum
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Enum, Float, Integer, LargeBinary, Numeric, String
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..model.rows import private_names
from . import kinds
from .wording import words

MOST_LINE_CHARACTERS = 255
"""Texts that may be longer are written in a box of several lines."""


def public_columns(model: Any) -> dict[str, Column[Any]]:
    """Every column by attribute name, private ones left out: the only way by which the console sees columns."""
    private = private_names(model)
    return {
        attribute.key: attribute.columns[0]
        for attribute in model.__mapper__.column_attrs
        if attribute.key not in private and isinstance(attribute.columns[0], Column)
    }


def kind_of(column: Column[Any], name: str) -> kinds.Kind:
    """How values of a column are shown and read."""
    kind = plain_type(column)
    if isinstance(kind, Boolean):
        return _tristate() if column.nullable else kinds.Tick()
    if isinstance(kind, Enum):
        return _select(kind, column)
    if isinstance(kind, String):
        return _text(column, kind, name)
    if isinstance(kind, Numeric) and not isinstance(kind, Float) and kind.asdecimal:
        return kinds.Exact(precision=kind.precision, scale=kind.scale)
    if isinstance(kind, Float | Numeric):
        return kinds.Real()
    if isinstance(kind, Integer):
        return kinds.Whole()
    if isinstance(kind, JSON):
        return kinds.Json()
    return _BY_PYTHON_TYPE.get(python_type(column), kinds.Shown)()


_BY_PYTHON_TYPE: dict[type, type[kinds.Kind]] = {
    datetime.datetime: kinds.Moment,
    datetime.date: kinds.Day,
    datetime.time: kinds.Clock,
    UUID: kinds.Identifier,
    Decimal: kinds.Exact,
    int: kinds.Whole,
    str: kinds.Text,
}


def _text(column: Column[Any], kind: String, name: str) -> kinds.Kind:
    is_line = (kind.length or MOST_LINE_CHARACTERS + 1) <= MOST_LINE_CHARACTERS or bool(column.index or column.unique)
    if name == "email":
        return kinds.Text(type="email", max_length=kind.length)
    return kinds.Text(widget="input" if is_line else "textarea", max_length=kind.length)


def _select(kind: Enum, column: Column[Any]) -> kinds.Kind:
    if kind.enum_class is not None and issubclass(kind.enum_class, enum.Enum):
        return kinds.Select(members=kinds.members_of(kind.enum_class))
    return kinds.Select(members=tuple((text, words(text), text) for text in kind.enums))


def _tristate() -> kinds.Kind:
    return kinds.Select(members=(("yes", "Yes", True), ("no", "No", False)))


def plain_type(column: Column[Any]) -> TypeEngine[Any]:
    """The type of a column, or the one that its decorator stands around, whose values it has."""
    kind = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return kind


def python_type(column: Column[Any]) -> type:
    """`object` for types that say none."""
    try:
        return plain_type(column).python_type
    except NotImplementedError:
        return object


def is_plain_text(column: Column[Any]) -> bool:
    """Whether a search can look into it."""
    return isinstance(plain_type(column), String) and not isinstance(plain_type(column), Enum)


def is_bytes(column: Column[Any]) -> bool:
    return isinstance(plain_type(column), LargeBinary)


def has_default(column: Column[Any]) -> bool:
    """Whether a new row gets a value by itself."""
    return any((column.default, column.server_default, column.identity, column.computed)) or is_numbered(column)


def is_numbered(column: Column[Any]) -> bool:
    """A key that the database counts up."""
    return bool(column.primary_key) and column.table.autoincrement_column is column


def target_of(column: Column[Any]) -> Any:
    """The model that a foreign key points to by its own single key; None for any other column."""
    targets = [key.column for key in column.foreign_keys]
    if len(targets) != 1 or [*targets[0].table.primary_key] != [targets[0]]:
        return None
    return targets[0].table.info.get("model")


def references(model: Any) -> dict[str, Any]:
    """Relations to one other row, by name, with the column that holds the reference: `author` -> `author_id`."""
    return {
        relation.key: next(iter(relation.local_columns))
        for relation in model.__mapper__.relationships
        if not relation.uselist and len(relation.local_columns) == 1 and _is_reference(relation)
    }


def _is_reference(relation: RelationshipProperty[Any]) -> bool:
    column: Any = next(iter(relation.local_columns))
    return bool(column.foreign_keys) and target_of(column) is relation.mapper.class_


def relation_for(model: Any, name: str) -> str | None:
    """The relation that goes with a column of references: `author_id` -> `author`."""
    column = model.__mapper__.columns[name]
    return next((relation for relation, held in references(model).items() if held is column), None)


def attribute_of(model: Any, column: Any) -> str:
    """The attribute name of a column."""
    return model.__mapper__.get_property_by_column(column).key  # type: ignore[no-any-return]
