"""What a form offers for a reference: the rows that can be chosen, or where they are too many, a field for the key."""

from typing import Any, NamedTuple

from ..model import Database
from .form_field import FormField
from .kinds import Choice, Wrong
from .wording import label_of, naming_column

MOST_CHOICES = 100


class Offer(NamedTuple):
    """is_complete: every row is among the choices. chosen: what the current one is called, for the field of a key."""

    choices: list[Choice]
    is_complete: bool
    chosen: str


async def offer_for(db: Database, field: FormField, text: str) -> Offer:
    """text: what the field holds now."""
    named = naming_column(field.target)
    query = field.target.all().order_by(*([named] if named else []))
    rows = list(await db.all(query.limit(MOST_CHOICES + 1)))
    choices = [Choice(_value_text(row, field), label_of(row)) for row in rows[:MOST_CHOICES]]
    chosen = next((choice.label for choice in choices if choice.value == text), "")
    if text and not chosen:
        row = await referred(db, field, text)
        chosen = "" if row is None else label_of(row)
        choices += [] if row is None else [Choice(text, chosen)]
    return Offer(choices, len(rows) <= MOST_CHOICES, chosen)


async def referred(db: Database, field: FormField, text: str) -> Any:
    """The row that a field's text refers to, None when there is none."""
    try:
        return await db.find(field.target, field.kind.parse(text))
    except Wrong:
        return None


def _value_text(row: Any, field: FormField) -> str:
    return field.kind.text(getattr(row, field.target.__mapper__.primary_key[0].key))
