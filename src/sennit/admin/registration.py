"""What the console shows of one model: which columns, what is searched, what narrows the list."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Mapper

from ..errors import SennitError, did_you_mean
from ..model import Query
from .fields import Field, fields_of, private_names

PAGE_SIZE = 50
MOST_CHOICES = 200
"""Rows offered in the select of a foreign key; beyond that the number is typed."""


class Registration:
    """One model in the console. Raises SennitError admin.E001 for a name that is no column or relation of it."""

    def __init__(
        self,
        model: Any,
        *,
        list: Sequence[str] = (),
        search: Sequence[str] = (),
        filters: Sequence[str] = (),
        inlines: Sequence[Any] = (),
    ) -> None:
        self.model = model
        self.mapper: Mapper[Any] = model.__mapper__
        self.name: str = model.__name__
        self.path = self.name.lower()
        self.fields = fields_of(model)
        self.columns = tuple(list) or self._default_columns()
        self.search = tuple(search)
        self.filters = tuple(filters)
        self.inlines = tuple(inlines)
        for name in (*self.columns, *self.search, *self.filters):
            self._check(name)

    @property
    def title(self) -> str:
        """`Order lines` of OrderLine."""
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in self.name).strip()
        return words[:1].upper() + words[1:]

    @property
    def plural(self) -> str:
        title = self.title
        if title.endswith("y") and title[-2:-1] not in tuple("aeiou"):
            return title[:-1] + "ies"
        return title + ("es" if title.endswith(("s", "x", "ch", "sh")) else "s")

    def _default_columns(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if not field.is_long)[:5] or ("id",)

    def _names(self) -> list[str]:
        shown = {*self.mapper.column_attrs.keys(), *self.mapper.relationships.keys()}
        return sorted(shown - private_names(self.model))

    def _check(self, name: str) -> None:
        if name not in self._names():
            raise SennitError(
                code="admin.E001",
                what=f"{self.name} has no column or relation {name!r} to show.{did_you_mean(name, self._names())}",
                where=f"admin.register({self.name}, …)",
                fix=f"use names from {', '.join(self._names())}",
            )

    def is_relation(self, name: str) -> bool:
        return name in self.mapper.relationships

    @property
    def relations(self) -> list[Any]:
        """Of the listed columns those that are relations, to be loaded with the rows."""
        return [getattr(self.model, name) for name in self.columns if self.is_relation(name)]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def filter_fields(self) -> list[Field]:
        """The filters that have few values: choices, truth values."""
        fields = [self.field(name) for name in self.filters]
        return [field for field in fields if field is not None and (field.choices or field.kind is bool)]

    def query(self, q: str, sort: str, chosen: dict[str, str]) -> Query[Any]:
        """Rows of the list: searched, narrowed and sorted by declared names only; anything else is ignored."""
        query: Query[Any] = self.model.all()
        if q and self.search:
            query = query.where(self._matches(q))
        for field in self.filter_fields():
            text = chosen.get(field.name, "")
            if text:
                value, error = field.parse(text)
                query = query.where(**{field.name: value}) if not error else query
        if self.relations:
            query = query.load(*self.relations)
        return query.order_by(*self._order(sort))

    def _matches(self, q: str) -> Any:
        found = [getattr(self.model, name).icontains(q, autoescape=True) for name in self.search]
        condition = found[0]
        for other in found[1:]:
            condition = condition | other
        return condition

    def _order(self, sort: str) -> list[Any]:
        key = getattr(self.model, self.key_name)
        name = sort.removeprefix("-")
        if name not in self.columns or self.is_relation(name):
            return [key.desc()]
        column = getattr(self.model, name)
        return [column.desc() if sort.startswith("-") else column.asc(), key.desc()]

    @property
    def key_name(self) -> str:
        attribute = self.mapper.get_property_by_column(self.mapper.primary_key[0])
        return attribute.key

    def key_of(self, row: Any) -> Any:
        return getattr(row, self.key_name)

    def label_of(self, row: Any) -> str:
        """What a row is called: its own `str()`, else its first text column, else its key."""
        if "__str__" in self.model.__dict__:
            return str(row)
        named = next((f.name for f in self.fields if f.kind is str and not f.is_long), None)
        return str(getattr(row, named)) if named else f"{self.title} {self.key_of(row)}"

    @property
    def is_searched(self) -> bool:
        return bool(self.search)
