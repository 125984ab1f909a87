"""Form fields out of a model's columns: which input, how a value looks as text, how text becomes a value."""

import datetime
import decimal
import enum
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Column, Enum, String

TRUE = "on"


class Field:
    """One column as a form shows it. `widget`: text, textarea, number, checkbox, datetime, select, reference."""

    def __init__(self, model: Any, name: str, column: Column[Any]) -> None:
        self.name = name
        self.column = column
        self.kind = _kind_of(column)
        self.help = str(column.info.get("help") or "")
        self.length: int | None = getattr(column.type, "length", None) if self.kind is str else None
        self.is_optional = bool(column.nullable)
        self.has_default = column.default is not None or column.server_default is not None
        self.target = _target_of(column)
        self.choices = _choices_of(column)

    @property
    def label(self) -> str:
        words = self.name.removesuffix("_id") if self.target is not None else self.name
        return words.replace("_", " ").capitalize()

    @property
    def is_long(self) -> bool:
        return self.kind is str and (self.length is None or self.length > 250)

    @property
    def is_required(self) -> bool:
        return not self.is_optional and self.kind is not bool and not self.has_default

    @property
    def widget(self) -> str:
        if self.target is not None:
            return "reference"
        if self.choices:
            return "select"
        if self.is_long:
            return "textarea"
        return _WIDGETS.get(self.kind, "text")

    @property
    def step(self) -> str:
        return "1" if self.kind is int else "any"

    def text(self, value: Any) -> str:
        """The value as an input holds it."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return TRUE if value else ""
        if isinstance(value, datetime.datetime):
            return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        if isinstance(value, enum.Enum):
            return value.name
        return str(value)

    def parse(self, text: str) -> tuple[Any, str]:
        """The value of an input's text, and what is wrong with it (empty when nothing is)."""
        if self.kind is bool:
            return text in (TRUE, "true"), ""
        text = text.replace("\r\n", "\n")
        if not text.strip():
            return self._empty()
        if self.choices:
            return self._choose(text)
        if self.length is not None and len(text) > self.length:
            return None, f"has {len(text)} characters; {self.length} are the most"
        return self._convert(text)

    def _empty(self) -> tuple[Any, str]:
        if self.is_optional:
            return None, ""
        if self.kind is str and self.has_default:
            return "", ""
        return None, "is required"

    def _choose(self, text: str) -> tuple[Any, str]:
        found = [value for name, value in self.choices.items() if name == text]
        return (found[0], "") if found else (None, "is not one of the choices")

    def _convert(self, text: str) -> tuple[Any, str]:
        if self.kind is str:
            return text, ""
        try:
            value = msgspec.convert(text.strip(), self.kind, strict=False)
        except (msgspec.ValidationError, ValueError, OverflowError):
            return None, f"is no {_SPOKEN.get(self.kind, self.kind.__name__)}"
        if isinstance(value, datetime.datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=datetime.UTC)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            return None, "is too large a number"
        return value, ""


_WIDGETS: Mapping[Any, str] = {
    bool: "checkbox",
    int: "number",
    float: "number",
    decimal.Decimal: "number",
    datetime.datetime: "datetime",
    datetime.date: "date",
}
_SPOKEN: Mapping[Any, str] = {
    int: "whole number",
    float: "number",
    decimal.Decimal: "number",
    datetime.datetime: "date and time",
    datetime.date: "date",
}


def _kind_of(column: Column[Any]) -> Any:
    if isinstance(column.type, String) and not isinstance(column.type, Enum):
        return str
    kinds: tuple[Any, ...] = (column.type, getattr(column.type, "impl", None))
    for kind in kinds:  # a decorated type is known by what it decorates
        try:
            return kind.python_type
        except (NotImplementedError, AttributeError):
            continue
    return str


def _choices_of(column: Column[Any]) -> dict[str, Any]:
    """Enum members by their name, which is what the form sends."""
    kind = getattr(column.type, "enum_class", None)
    return {member.name: member for member in kind} if kind is not None else {}


def _target_of(column: Column[Any]) -> Any:
    """The column that a foreign key refers to, None for other columns."""
    keys = list(column.foreign_keys)
    return keys[0].column if keys else None


def private_names(model: Any) -> set[str]:
    mapper = model.__mapper__
    return {a.key for a in mapper.column_attrs if a.columns[0].info.get("private")}


def fields_of(model: Any) -> tuple[Field, ...]:
    """The columns that a form edits: no keys made by the database, nothing private, no version counter."""
    mapper = model.__mapper__
    hidden = private_names(model) | {"version", "session_version"}
    made: list[Field] = []
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        is_made = column.primary_key and not column.foreign_keys
        if attribute.key not in hidden and not is_made and isinstance(column, Column):
            made.append(Field(model, attribute.key, column))
    return tuple(made)
