"""From a column of a database to the annotation that a model has for it."""

from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
)
from sqlalchemy.types import NullType


class Annotation(NamedTuple):
    """`text` stands in `Mapped[...]`, `options` in `column(...)`; `imports`: lines that the text needs."""

    text: str
    options: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    remark: str = ""


def annotation_of(column: Column[Any]) -> Annotation:
    """What fits the column's type. One that nothing fits is text, with a remark that says what it was."""
    found = column.type
    for kind, annotation in _BY_TYPE:
        if isinstance(found, kind):
            return annotation if isinstance(annotation, Annotation) else annotation(found)
    said = "no type" if isinstance(found, NullType) else f"the type {found}"
    return Annotation("str", remark=f"the database says {said}")


def _text(found: Any) -> Annotation:
    return Annotation("str", (f"length={found.length}",) if found.length else ())


def _number(found: Any) -> Annotation:
    if not found.asdecimal:
        return Annotation("float")
    options = (f"precision={found.precision}", f"scale={found.scale or 0}") if found.precision else ()
    return Annotation("Decimal", options, ("from decimal import Decimal",))


def _moment(name: str) -> Annotation:
    return Annotation(name, (), (f"from datetime import {name}",))


_BY_TYPE: list[tuple[Any, Any]] = [
    (Boolean, Annotation("bool")),
    (Integer, Annotation("int")),
    (Float, Annotation("float")),
    (Numeric, _number),
    (Uuid, Annotation("UUID", (), ("from uuid import UUID",))),
    (JSON, Annotation("dict[str, Any]", (), ("from typing import Any",))),
    (DateTime, _moment("datetime")),
    (Date, _moment("date")),
    (Time, _moment("time")),
    (Interval, _moment("timedelta")),
    (LargeBinary, Annotation("bytes")),
    (String, _text),
]
"""The first that fits."""
