"""What a form shows: its fields with their texts, what is wrong beside each, and what can be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model import Database
from ..web.query_params import QueryParams
from . import kinds
from .editing import Edit
from .form_field import FormField
from .kinds import Choice
from .offer import offer_for

WIDE = 120
"""Characters from which on a line of text takes the whole width."""


@dataclass(slots=True)
class ShownField:
    """One field as the template draws it. theirs: what is stored now, where it clashes with `text`; None where it does not."""

    field: FormField
    text: str
    error: str = ""
    theirs: str | None = None
    choices: Sequence[Choice] = ()
    is_complete: bool = True
    chosen: str = ""
    is_fixed: bool = False

    @property
    def widget(self) -> str:
        """A text of several lines never goes through a field of one, which would join them."""
        kind = self.field.kind
        if self.is_fixed:
            return "shown"
        if self.field.target is not None:
            return "select" if self.is_complete else "key"
        if isinstance(kind, kinds.Text) and "\n" in self.text:
            return "textarea"
        return kind.widget

    @property
    def fixed(self) -> str:
        """What stands in place of a control."""
        if isinstance(self.field.kind, kinds.Moment):
            return self.text.replace("T", " ") + (" UTC" if self.text else "")
        if isinstance(self.field.kind, kinds.Tick):
            return "Yes" if self.text else "No"
        return self.chosen or self.text

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width: texts that may be long."""
        kind = self.field.kind
        return self.widget == "textarea" or (isinstance(kind, kinds.Text) and (kind.max_length or 0) >= WIDE)

    @property
    def theirs_shown(self) -> str:
        """As people read it: the label of a choice, not its value."""
        return next((choice.label for choice in self.choices if choice.value == self.theirs), self.theirs or "(empty)")


@dataclass(slots=True)
class ShownForm:
    """prefix: before the names of its fields, so that two forms on a page never share an id."""

    fields: list[ShownField] = field(default_factory=list)
    prefix: str = ""
    error: str = ""

    @property
    def wrong(self) -> int:
        return sum(bool(shown.error) for shown in self.fields)

    @property
    def clashes(self) -> int:
        return sum(shown.theirs is not None for shown in self.fields)


async def show_row(db: Database, fields: Sequence[FormField], row: Any) -> ShownForm:
    """The form of a row as it is stored."""
    return await _shown(db, fields, texts_of(fields, row), Edit(), is_new=False)


async def show_new(db: Database, fields: Sequence[FormField], given: Mapping[str, str], prefix: str = "") -> ShownForm:
    """An empty form; given: texts to begin with."""
    texts = {each.name: given.get(each.name, _first_text(each)) for each in fields}
    return await _shown(db, fields, texts, Edit(), is_new=True, prefix=prefix)


async def show_sent(
    db: Database,
    fields: Sequence[FormField],
    form: QueryParams,
    edit: Edit,
    *,
    stored: Mapping[str, str] | None = None,
    prefix: str = "",
) -> ShownForm:
    """What was sent, with what is wrong about it; stored: the texts of a row that exists. Passwords are not sent back."""
    texts = {each.name: _sent_text(each, form.get_all(prefix + each.name), stored) for each in fields}
    return await _shown(db, fields, texts, edit, is_new=stored is None, prefix=prefix)


def _sent_text(each: FormField, sent: Sequence[str], stored: Mapping[str, str] | None) -> str:
    if stored is not None and (each.is_fixed or each.is_key or not sent):
        return stored[each.name]
    if not sent or each.kind.type == "password":
        return ""
    return each.kind.text(each.kind.parse(sent[-1])) if isinstance(each.kind, kinds.Tick) else sent[-1]


def texts_of(fields: Sequence[FormField], row: Any) -> dict[str, str]:
    """What the form shows of a row, by field."""
    return {each.name: each.text(row) for each in fields}


async def _shown(
    db: Database, fields: Sequence[FormField], texts: Mapping[str, str], edit: Edit, *, is_new: bool, prefix: str = ""
) -> ShownForm:
    shown = ShownForm(prefix=prefix, error=edit.errors.get("", ""))
    for each in fields:
        if is_new and each.is_fixed:
            continue
        one = ShownField(each, texts[each.name], edit.errors.get(each.name, ""), edit.theirs.get(each.name))
        one.is_fixed = each.is_fixed or (each.is_key and not is_new)
        await _offer(db, one)
        shown.fields.append(one)
    return shown


async def _offer(db: Database, one: ShownField) -> None:
    if one.field.target is None:
        one.choices = one.field.kind.choices
        one.chosen = next((choice.label for choice in one.choices if choice.value == one.text), "")
        return
    offer = await offer_for(db, one.field, one.text)
    one.choices, one.is_complete, one.chosen = offer


def _first_text(each: FormField) -> str:
    """A plain default is shown; one that is computed when the row is made is left to that moment."""
    return each.kind.text(each.first) if each.first is not None else ""
