"""One column of a list: what it shows of a row, and whether the list can be sorted by it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from . import kinds
from .columns import kind_of, public_columns, references
from .wording import cut, label_for, label_of, naming_column, words

Look = Literal["text", "number", "yes", "no", "none", "moment", "choice", "reference"]


@dataclass(frozen=True, slots=True)
class Cell:
    """look: how it is set. href: only for references to models of the console."""

    text: str
    look: Look
    row: Any = None


@dataclass(frozen=True, slots=True)
class ListColumn:
    """name: of a column, a relation to one row, or an attribute of the model. sort: the column that sorts it, if any."""

    name: str
    label: str
    sort: str | None
    kind: kinds.Kind | None = None
    relation: str | None = None

    def cell(self, row: Any) -> Cell:
        value = getattr(row, self.name)
        if callable(value):
            value = value()
        if value is None or value == "":
            return Cell("–", "none")
        if self.relation:
            return Cell(label_of(value), "reference", value)
        if isinstance(self.kind, kinds.Select) and not isinstance(value, bool):
            return Cell(_choice(self.kind, value), "choice")
        return plain_cell(value)


def plain_cell(value: Any) -> Cell:
    """A value as a list shows it: one line, numbers to the right, times in UTC."""
    if isinstance(value, bool):
        return Cell("Yes", "yes") if value else Cell("No", "no")
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return Cell(moment.strftime("%Y-%m-%d %H:%M"), "moment")
    if isinstance(value, date | time):
        return Cell(value.isoformat(), "moment")
    if isinstance(value, bytes):
        return Cell(f"{len(value)} bytes", "number")
    return Cell(cut(str(value)), "text" if isinstance(value, str) else "number" if _is_number(value) else "text")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or hasattr(value, "as_tuple")


def _choice(kind: kinds.Select, value: Any) -> str:
    return next((label for _, label, member in kind.members if member == value), str(value))


def column_for(model: Any, name: str) -> ListColumn | None:
    """The list column of a name, None for one that cannot be shown: private, a relation to many, or nothing at all."""
    columns, single = public_columns(model), references(model)
    if name in columns:
        return ListColumn(name, label_for(model, name), name, kind_of(columns[name], name))
    if name in single:
        return ListColumn(name, label_for(model, name), None, relation=name)
    if name in model.__mapper__.attrs or name.startswith("_") or not hasattr(model, name):
        return None
    return ListColumn(name, words(name), None)


def stock_columns(model: Any) -> list[str]:
    """Without a choice of the program: what a row is called, then up to five columns of limited length."""
    columns, single = public_columns(model), references(model)
    relation_of = {column.key: relation for relation, column in single.items()}
    first = naming_column(model)
    short = [
        relation_of.get(name, name)
        for name, column in columns.items()
        if name != first and not column.primary_key and _is_short(kind_of(column, name))
    ]
    keys = [name for name, column in columns.items() if column.primary_key and first is None]
    return [*([first] if first else keys), *(name for name in short if name != "version")][:6]


def _is_short(kind: kinds.Kind) -> bool:
    return kind.widget != "shown" and (kind.widget != "textarea" or kind.max_length is not None)
