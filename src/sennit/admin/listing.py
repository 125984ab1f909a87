"""One view of a list: what is searched, filtered, sorted and shown, read from an address and written back into one.

Only declared names are read. Everything else of an address is ignored, and so is a value that is none of the options.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from ..model import Database, Query
from .filters import Filter
from .kinds import Choice
from .list_column import ListColumn
from .registration import PAGE_SIZE, Registration
from .search import search_condition


class ShownFilter(NamedTuple):
    filter: Filter
    chosen: str
    options: list[Choice]


class Listing:
    """given: the address's parameters, as texts."""

    def __init__(self, registration: Registration, given: Mapping[str, str]) -> None:
        self.registration = registration
        self.q = given.get("q", "").strip()[:200] if registration.search else ""
        self.sort = self._sort(given.get("sort", ""))
        self.number = _number(given.get("page", ""))
        self.chosen = {
            name: value
            for name, filter in registration.filters.items()
            if (value := given.get(name, "")) and filter.condition(value) is not None
        }

    @classmethod
    def from_query(cls, registration: Registration, text: str) -> "Listing":
        """From the part of an address that a page was told to lead back to."""
        return cls(registration, dict(parse_qsl(text[:2000], max_num_fields=50)[:50]) if text.count("&") < 50 else {})

    def _sort(self, sort: str) -> str:
        return sort if sort.removeprefix("-") in self.registration.sorts else ""

    # -- reading -----------------------------------------------------------------------------------------------------

    def query(self) -> Query[Any]:
        """The rows, with the relations that the list shows; by key where nothing else decides, so that pages never overlap."""
        registration = self.registration
        query = registration.model.all()
        for name, value in self.chosen.items():
            query = query.where(registration.filters[name].condition(value))
        found = search_condition(registration.model, registration.search, self.q)
        query = query if found is None else query.where(found)
        return query.order_by(*self._order()).load(*registration.loaded)  # type: ignore[no-any-return]

    def _order(self) -> list[Any]:
        model = self.registration.model
        keys = [column.desc() for column in model.__mapper__.primary_key]
        if self.sort:
            return [self.sort, *keys]
        return [*model.__order_by__, *keys]

    def rows(self) -> Query[Any]:
        """One page of them."""
        return self.query().page(self.number, PAGE_SIZE)

    async def shown_filters(self, db: Database) -> list[ShownFilter]:
        return [
            ShownFilter(filter, self.chosen.get(name, ""), await filter.options(db, self.chosen.get(name, "")))
            for name, filter in self.registration.filters.items()
        ]

    # -- writing -----------------------------------------------------------------------------------------------------

    def address(self, **changed: Any) -> str:
        """The part of the address after `?`, with some parameters changed; empty when nothing differs from the plain list."""
        values = {"q": self.q, **self.chosen, "sort": self.sort, "page": str(self.number), **changed}
        if not {"page"} & changed.keys() and changed:
            values["page"] = "1"
        return urlencode(
            {name: value for name, value in values.items() if value and (name, str(value)) != ("page", "1")}
        )

    def sort_address(self, column: ListColumn) -> str:
        """Up, then down, then as the model says."""
        following = {"": column.sort, column.sort: f"-{column.sort}", f"-{column.sort}": ""}
        return self.address(sort=following.get(self.sort, column.sort))

    def direction(self, column: ListColumn) -> str:
        """`ascending`, `descending` or `none`, the words of aria-sort."""
        return {column.sort: "ascending", f"-{column.sort}": "descending"}.get(self.sort, "none")

    @property
    def lead_back(self) -> str:
        """To be put behind the address of a row's page, so that it leads back here."""
        address = self.address()
        return f"?{urlencode({'from': address})}" if address else ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or self.chosen)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 9 else 1
