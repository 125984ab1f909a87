"""A live region of a template, and its content when rendered for some values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jinja2 import Environment, Template
from markupsafe import Markup

from ..errors import SennitError
from ..view import Templates
from .digest import digest
from .row import keyed_row
from .tag import Kind, data_markup, dotted_value, json_rows

OTHERWISE = ""
"""The key of the row that `{% else %}` gives when there are no rows."""


class Row(NamedTuple):
    """key: what tells it from its siblings; text: its one element, or its JSON."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a region shows at one moment. A text region has exactly one row without a key."""

    kind: Kind
    rows: tuple[Row, ...]
    digest: str

    @property
    def markup(self) -> str:
        """As it stands in the page, between the markers."""
        if self.kind == "json":
            return str(data_markup(self.rows))
        return "".join(row.text for row in self.rows)

    @property
    def size(self) -> int:
        """In characters, about."""
        return sum(len(row.text) + len(row.key) for row in self.rows)


def content(kind: Kind, rows: Sequence[Row]) -> Content:
    return Content(kind, tuple(rows), digest(kind, *(part for row in rows for part in row)))


@dataclass(frozen=True, slots=True)
class Region:
    """A marked part of a template. `names` are the names it needs from outside itself."""

    template: str
    number: int
    line: int
    kind: Kind
    block: str
    names: frozenset[str]
    hold: bool
    key: str
    fields: tuple[str, ...]
    version: str
    """Of the template's text: other text, other region."""

    @property
    def place(self) -> str:
        return f"{self.template}:{self.line}"

    def render(self, templates: Templates, values: Mapping[str, Any]) -> Content:
        """The content for a view's values, queries already resolved. No I/O.

        Raises SennitError for a row that is not one element, a key that is there twice, or a missing value.
        """
        template = templates.get(self.template)
        with templates.explained(values):
            if self.kind == "rows":
                return content("rows", self._rows(template, values))
            if self.kind == "json":
                return content("json", self._data(template, values))
            return content("text", [Row("", "".join(self._pieces(template, values, {})).strip())])

    def _pieces(self, template: Template, values: Mapping[str, Any], hooks: Mapping[str, Any]) -> Iterator[str]:
        context = template.new_context({**values, **hooks})
        try:
            yield from template.blocks[self.block](context)
        except Exception:
            environment: Environment = template.environment
            environment.handle_exception()

    def _rows(self, template: Template, values: Mapping[str, Any]) -> list[Row]:
        pieces: list[str] = []
        starts: list[tuple[str, int]] = []

        def start(key: object) -> None:
            # Runs while the block is being consumed, so everything before this row is in `pieces` already.
            starts.append((OTHERWISE if key is None else self._checked(str(key)), len(pieces)))

        for piece in self._pieces(template, values, {"_live_row": start}):
            pieces.append(piece)  # noqa: PERF402 - `start` looks at how many there are so far
        ends = [*(at for _, at in starts[1:]), len(pieces)][: len(starts)]  # no rows and no else: nothing starts
        rows = [
            Row(key, keyed_row(key, "".join(pieces[at:end]), self.place))
            for (key, at), end in zip(starts, ends, strict=True)
        ]
        return self._distinct(rows)

    def _data(self, template: Template, values: Mapping[str, Any]) -> list[Row]:
        found: list[Row] = []

        def collect(rows: Sequence[Any], key: str, fields: Sequence[str]) -> Markup:
            found.extend(Row(*row) for row in json_rows(rows, key, fields, dotted_value))
            return Markup()

        for _ in self._pieces(template, values, {"_live_json": collect}):
            pass
        return self._distinct(found)

    def _checked(self, key: str) -> str:
        if key == OTHERWISE:
            raise self._bad_key("is empty")
        return key

    def _distinct(self, rows: list[Row]) -> list[Row]:
        keys = [row.key for row in rows]
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise self._bad_key(f"{twice[:80]!r} is there twice")
        return rows

    def _bad_key(self, why: str) -> SennitError:
        return SennitError(
            code="live.E003",
            what=f"a row's key {why}; keys tell the rows of a live region apart",
            where=self.place,
            fix="use a key that is different for each row, such as the primary key",
        )
