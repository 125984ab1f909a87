"""How one model appears in the console: what its list shows, what can be searched and filtered, what its form has.

Every name is looked up once, when the console is put together, and only in what is public: what is not named in a
registration cannot be asked for by any address.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ..errors import SennitError, did_you_mean
from ..model.mapping import snake_case
from .columns import attribute_of, public_columns, references, target_of
from .filters import Filter, filter_for
from .form_field import FormField, fields_of
from .list_column import ListColumn, column_for, stock_columns
from .search import search_column
from .wording import naming_column, noun_of, plural_of

PAGE_SIZE = 50


class Registration:
    """See `Admin.register` for the options. Raises SennitError admin.E001 for a name that cannot be used so."""

    def __init__(
        self,
        model: Any,
        *,
        list: Sequence[str] = (),
        search: Sequence[str] = (),
        filters: Sequence[str] = (),
        inlines: Sequence[Any] = (),
        fields: Sequence[str] = (),
        readonly: Sequence[str] = (),
        access: Callable[..., Any] | None = None,
        title: str = "",
    ) -> None:
        self.model = model
        self.slug = snake_case(model.__name__)
        self.noun = noun_of(model)
        self.title = title or plural_of(model)
        self.access = access
        self.columns = tuple(self._column(name) for name in list or stock_columns(model))
        self.search = self._search(search)
        self.filters = {made.name: made for made in map(self._filter, filters)}
        self.inlines = tuple(Inline(self, child) for child in inlines)
        self._names = (tuple(fields), tuple(readonly))
        for name in (*fields, *readonly):
            if name not in public_columns(model):
                raise self._unusable("fields", name, [*public_columns(model)])

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        """Made when first shown: a model that a reference points to may be defined after this one."""
        return fields_of(self.model, names=self._names[0], fixed=self._names[1])

    @property
    def loaded(self) -> tuple[Any, ...]:
        """The relations that the list shows."""
        return tuple(getattr(self.model, column.relation) for column in self.columns if column.relation)

    @property
    def sorts(self) -> frozenset[str]:
        """The columns that the list may be sorted by."""
        return frozenset(column.sort for column in self.columns if column.sort)

    def _column(self, name: str) -> ListColumn:
        column = column_for(self.model, name)
        if column is None:
            raise self._unusable("list", name, [*public_columns(self.model), *references(self.model)])
        return column

    def _search(self, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if search_column(self.model, name) is None:
                texts = [known for known in public_columns(self.model) if search_column(self.model, known) is not None]
                raise self._unusable("search", name, texts)
        named = naming_column(self.model)
        stock = [named] if named and search_column(self.model, named) is not None else []
        return tuple(names or stock)

    def _filter(self, name: str) -> Filter:
        made = filter_for(self.model, name)
        if made is None:
            raise self._unusable("filters", name, [*public_columns(self.model), *references(self.model)])
        return made

    def _unusable(self, option: str, name: str, known: Sequence[str]) -> SennitError:
        return SennitError(
            code="admin.E001",
            what=f"{option}=[…] of {self.model.__name__} names {name!r}, which is private, no column, or of the wrong kind."
            f"{did_you_mean(name, known)}",
            where=f"admin.register({self.model.__name__}, {option}=…)",
            fix=f"use some of: {', '.join(known)}",
        )


class Inline:
    """Rows of another model that refer to one of this, shown and added on its page."""

    def __init__(self, parent: Registration, model: Any) -> None:
        self.model = model
        self.slug = snake_case(model.__name__)
        self.noun = noun_of(model)
        self.title = plural_of(model)
        self.prefix = f"{self.slug}."
        self.reference = self._reference(parent.model, model)
        self.columns = tuple(
            column
            for name in stock_columns(model)
            if (column := column_for(model, name)) is not None and not self._is_parent(column)
        )

    def _reference(self, parent: Any, model: Any) -> str:
        """The attribute that refers to the parent. Raises SennitError admin.E003 unless there is exactly one."""
        found = [attribute_of(model, column) for column in model.__table__.columns if target_of(column) is parent]
        if len(found) != 1:
            raise SennitError(
                code="admin.E003",
                what=f"{model.__name__} has {len(found) or 'no'} references to {parent.__name__}; an inline needs one",
                where=f"admin.register({parent.__name__}, inlines=[{model.__name__}])",
                fix=f"{parent.__name__.lower()}_id: Mapped[int] = column(references={parent.__name__}.id)",
            )
        return found[0]

    def _is_parent(self, column: ListColumn) -> bool:
        held = references(self.model).get(column.relation or "")
        return column.name == self.reference or (held is not None and attribute_of(self.model, held) == self.reference)

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        return tuple(field for field in fields_of(self.model) if field.name != self.reference and not field.is_fixed)
