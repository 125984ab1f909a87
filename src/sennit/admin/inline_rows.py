"""Rows of other models on the page of the one that they refer to: the newest of them, and a form for one more."""

from dataclasses import dataclass
from typing import Any

from ..model import Database
from ..web.query_params import QueryParams
from .editing import Edit
from .form_page import ShownForm, show_new, show_sent
from .registration import Inline, Registration

MOST_ROWS = 50

Sent = tuple[Inline, QueryParams, Edit]
"""What was sent into the form of one inline."""


@dataclass(slots=True)
class InlinePart:
    """is_open: whether its form stands open, because what was sent into it is wrong."""

    inline: Inline
    rows: list[Any]
    total: int
    form: ShownForm
    is_open: bool


async def inline_parts(db: Database, entry: Registration, parent: Any, sent: Sent | None = None) -> list[InlinePart]:
    """Every inline of a registration for the row with the key `parent`."""
    return [await _part(db, inline, parent, sent) for inline in entry.inlines]


async def _part(db: Database, inline: Inline, parent: Any, sent: Sent | None) -> InlinePart:
    query = inline.model.where(**{inline.reference: parent})
    newest = query.order_by(*(column.desc() for column in inline.model.__mapper__.primary_key)).limit(MOST_ROWS)
    loaded = [getattr(inline.model, column.relation) for column in inline.columns if column.relation]
    rows = list(await db.all(newest, load=loaded))
    is_sent = sent is not None and sent[0] is inline
    if sent is not None and is_sent:
        form = await show_sent(db, inline.fields, sent[1], sent[2], prefix=inline.prefix)
    else:
        form = await show_new(db, inline.fields, {}, inline.prefix)
    return InlinePart(inline, rows, await db.scalar(query.count()), form, is_sent)
