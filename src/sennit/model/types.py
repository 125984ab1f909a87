"""Column types: which Python annotation becomes which SQL type, and times that are always aware."""

import enum
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Dialect, Enum, Interval, LargeBinary, String, Uuid
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..errors import SennitError
from .decimals import ExactDecimal


class NaiveDatetime(SennitError, DontWrapMixin):
    """A time without a zone was about to be stored or compared."""


def utcnow() -> datetime:
    """The current time, aware, in UTC; the only clock a model needs: `column(default=utcnow)`."""
    return datetime.now(UTC)


def refuse_naive(value: object, where: str = "") -> None:
    """Raise NaiveDatetime for a datetime that has no zone."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise NaiveDatetime(
            code="model.E001",
            what=f"{value!r} has no time zone, so it does not say which moment it means",
            where=where,
            fix="use sennit.utcnow(), or give it a zone: value.replace(tzinfo=datetime.UTC)",
        )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes only. Stored as UTC, given back aware in UTC by every engine."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """`datetime`, for forms and consoles that are made from columns."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        refuse_naive(value)
        value = value.astimezone(UTC)
        # SQLite has no zones: without this, "+00:00" would sort apart from rows that lack it.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        # One call instead of three on the hot read path; SQLite gives the text that the bind above wrote.
        if dialect.name == "sqlite":
            return _from_sqlite
        return _in_utc if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime | None) -> datetime | None:
    # asyncpg gives UTC itself, psycopg the zone of the session.
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def _from_sqlite(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _stored_values(kind: type[enum.Enum]) -> list[str]:
    """What is stored for each member: its value where all values are text, else its name."""
    members = list(kind)
    if all(isinstance(member.value, str) for member in members):
        return [member.value for member in members]
    return [member.name for member in members]


# 64 leaves room for members that are added later, so that a new one needs no change of the column.
_ENUM = Enum(enum.Enum, native_enum=False, length=64, values_callable=_stored_values, validate_strings=True)

# `row.tags.append(…)` must be a change like any other. (What lies deeper inside is not watched: assign it anew.)
_DICT = MutableDict.as_mutable(JSON(none_as_null=True))
_LIST = MutableList.as_mutable(JSON(none_as_null=True))

TYPE_MAP: dict[Any, TypeEngine[Any]] = {
    bytes: LargeBinary(),
    datetime: UtcDateTime(),
    Decimal: ExactDecimal(18, 6),
    dict: _DICT,
    dict[str, Any]: _DICT,
    dict[str, str]: _DICT,
    dict[str, int]: _DICT,
    enum.Enum: _ENUM,
    list: _LIST,
    list[Any]: _LIST,
    list[str]: _LIST,
    list[int]: _LIST,
    str: String(),
    timedelta: Interval(),
    UUID: Uuid(),
}
"""`Mapped[...]` annotations beyond those that SQLAlchemy maps in the way we want."""
