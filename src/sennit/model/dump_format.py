"""How rows stand in a dump: one JSON value a line, the same for every engine.

    {"sennit": "dump", "version": 1, "tables": ["author", "book"]}
    {"table": "author", "columns": ["id", "name"]}
    [1, "Ada"]
    {"table": "book", "columns": ["id", "author_id", "price", "at"]}
    [1, 1, "12.50", "2026-01-02T03:04:05Z"]
    {"rows": 2}

Times, decimals, UUIDs and durations are text, octets are base64, a number that is none or infinite is text. The last line
says how many rows there were, so that half a dump is noticed.
"""

import enum
import math
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import JSON, Column

from .encrypted import Encrypted, Sealed

VERSION = 1

_encoder = msgspec.json.Encoder()


def serialize(value: Any) -> bytes:
    """One line."""
    return _encoder.encode(value) + b"\n"


def writable(value: Any) -> Any:
    """A column's value as it stands in a dump."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def reader_of(column: Column[Any]) -> Callable[[Any], Any]:
    """From what stands in a dump to the column's value. The function raises ValueError for anything else."""
    if isinstance(column.type, JSON):
        return _as_it_is
    if isinstance(column.type, Encrypted):
        return lambda value: None if value is None else Sealed.from_dump(value)
    kind = _kind_of(column)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return lambda value: None if value is None else _member(kind, value)
    if kind is float:
        return lambda value: None if value is None else float(value)
    return lambda value: None if value is None else _converted(value, kind)


def _kind_of(column: Column[Any]) -> Any:
    try:
        return getattr(column.type, "enum_class", None) or column.type.python_type
    except NotImplementedError:
        return Any


def _as_it_is(value: Any) -> Any:
    return value


def _member(kind: type[enum.Enum], name: Any) -> enum.Enum:
    try:
        return kind[name]
    except KeyError:
        raise ValueError(f"{kind.__name__} has no {name!r}") from None


def _converted(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind, strict=kind is not bool)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
