"""Filters of a list: by yes or no, by choice, by reference, by time. A value that is no option filters nothing."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ..errors import NotFound
from ..model import Database, utcnow
from . import kinds
from .columns import kind_of, public_columns, python_type, references, relation_for, target_of
from .kinds import Choice
from .row_key import key_text, key_value
from .wording import cut, label_for, label_of, naming_column

EMPTY = "~"
"""The option of rows that have no value; no other option can be written so."""
MOST_OPTIONS = 100
RESERVED = frozenset({"q", "sort", "page"})


class Filter(ABC):
    """name: of the parameter in the address. column: the attribute that it looks at."""

    def __init__(self, model: Any, name: str, column: str) -> None:
        self.model = model
        self.name = f"{name}_" if name in RESERVED else name
        self.label = label_for(model, name)
        self.column = column
        self.is_nullable = bool(model.__mapper__.columns[column].nullable)

    @property
    def attribute(self) -> Any:
        return getattr(self.model, self.column)

    async def options(self, db: Database, chosen: str) -> list[Choice]:
        """What can be chosen, at most MOST_OPTIONS and whatever is chosen now."""
        found = await self.values(db, chosen)
        return [*found, Choice(EMPTY, "None")] if self.is_nullable else found

    def condition(self, chosen: str) -> Any:
        """For `where`; None when nothing, or nothing that exists, is chosen."""
        if chosen == EMPTY:
            return self.attribute.is_(None) if self.is_nullable else None
        return self.compare(chosen) if chosen else None

    @abstractmethod
    async def values(self, db: Database, chosen: str) -> list[Choice]: ...

    @abstractmethod
    def compare(self, chosen: str) -> Any: ...


class YesNo(Filter):
    async def values(self, db: Database, chosen: str) -> list[Choice]:
        return [Choice("yes", "Yes"), Choice("no", "No")]

    def compare(self, chosen: str) -> Any:
        return self.attribute.is_(chosen == "yes") if chosen in ("yes", "no") else None


class OneOf(Filter):
    """The members of an Enum."""

    def __init__(self, model: Any, name: str, column: str, kind: kinds.Kind) -> None:
        super().__init__(model, name, column)
        self.kind = kind

    async def values(self, db: Database, chosen: str) -> list[Choice]:
        return list(self.kind.choices)

    def compare(self, chosen: str) -> Any:
        try:
            return self.attribute == self.kind.parse(chosen)
        except kinds.Wrong:
            return None


class Present(OneOf):
    """The values that rows have now, for texts and numbers of which there are few."""

    async def values(self, db: Database, chosen: str) -> list[Choice]:
        query = self.model.all().where(self.attribute.is_not(None)).values(self.attribute).distinct()
        found = await db.all(query.order_by(self.attribute).limit(MOST_OPTIONS))
        texts = [self.kind.text(value) for value in found]
        known = texts if not chosen or chosen in texts else [*texts, chosen]
        return [Choice(text, cut(text, 40)) for text in known if text and text != EMPTY]


class Reference(Filter):
    """The rows that are referred to, by what they are called."""

    def __init__(self, model: Any, name: str, column: str, target: Any) -> None:
        super().__init__(model, name, column)
        self.target = target

    async def values(self, db: Database, chosen: str) -> list[Choice]:
        named = naming_column(self.target)
        query = self.target.all().order_by(*([named] if named else []))
        rows = list(await db.all(query.limit(MOST_OPTIONS)))
        if chosen and chosen not in {key_text(row) for row in rows}:
            rows += await self._chosen(db, chosen)
        return [Choice(key_text(row), label_of(row)) for row in rows]

    async def _chosen(self, db: Database, chosen: str) -> list[Any]:
        try:
            row = await db.find(self.target, key_value(self.target, chosen))
        except NotFound:
            return []
        return [] if row is None else [row]

    def compare(self, chosen: str) -> Any:
        try:
            return self.attribute == key_value(self.target, chosen)
        except NotFound:
            return None


class When(Filter):
    """Spans of time that end now or later, in UTC."""

    SPANS: Sequence[tuple[str, str, Callable[[date], tuple[date, date | None]]]] = (
        ("today", "Today", lambda day: (day, day + timedelta(1))),
        ("week", "Past 7 days", lambda day: (day - timedelta(6), day + timedelta(1))),
        ("month", "This month", lambda day: (day.replace(day=1), (day.replace(day=28) + timedelta(4)).replace(day=1))),
        (
            "year",
            "This year",
            lambda day: (day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)),
        ),
        ("future", "In the future", lambda day: (day + timedelta(1), None)),
    )

    async def values(self, db: Database, chosen: str) -> list[Choice]:
        return [Choice(value, label) for value, label, _ in self.SPANS]

    def compare(self, chosen: str) -> Any:
        span = next((span for value, _, span in self.SPANS if value == chosen), None)
        if span is None:
            return None
        first, end = span(utcnow().date())
        condition = self.attribute >= self._bound(first)
        return condition if end is None else condition & (self.attribute < self._bound(end))

    def _bound(self, day: date) -> date:
        is_moment = python_type(self.model.__mapper__.columns[self.column]) is datetime
        return datetime.combine(day, time(), UTC) if is_moment else day


def filter_for(model: Any, name: str) -> Filter | None:
    """The filter of a column or relation; None for one that cannot be filtered by, private ones first of all."""
    columns, single = public_columns(model), references(model)
    if name in single:
        held = next((key for key, column in columns.items() if column is single[name]), None)
        return Reference(model, name, held, target_of(single[name])) if held else None
    if name not in columns:
        return None
    target = target_of(columns[name])
    if target is not None:
        return Reference(model, relation_for(model, name) or name, name, target)
    return _by_kind(model, name, kind_of(columns[name], name))


def _by_kind(model: Any, name: str, kind: kinds.Kind) -> Filter | None:
    if python_type(model.__mapper__.columns[name]) is bool:
        return YesNo(model, name, name)
    if isinstance(kind, kinds.Moment | kinds.Day):
        return When(model, name, name)
    if isinstance(kind, kinds.Select):
        return OneOf(model, name, name, kind)
    if isinstance(kind, kinds.Text | kinds.Whole):
        return Present(model, name, name, kind)
    return None
