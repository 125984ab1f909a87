"""A form that was sent: what of it is wrong, what changed, and whether somebody else changed the same meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..model.rows import model_of
from ..web.query_params import QueryParams
from .form_field import LEAVE, FormField, fingerprint
from .kinds import Wrong

OPENED = "_opened"
VERSION = "_version"


@dataclass(slots=True)
class Edit:
    """values: to be set, by field. errors: by field, in words. theirs: what is stored now where it clashes with what was
    sent. is_refused: whether the database would not take it."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    is_refused: bool = False

    @property
    def is_good(self) -> bool:
        return not (self.errors or self.theirs)


def read_new(fields: Sequence[FormField], form: QueryParams, prefix: str = "") -> Edit:
    """The values of a new row."""
    edit = Edit()
    for each in fields:
        if not each.is_fixed:
            _read(edit, each, form.get_all(prefix + each.name), is_new=True)
    return edit


def read_changes(fields: Sequence[FormField], form: QueryParams, row: Any) -> Edit:
    """What to set on a row so that what the sender changed is changed, and nothing else.

    A field that somebody else changed since the form was opened clashes if the sender changed it too, to something else.
    With a `version` on the model any change since then makes every difference a clash.
    """
    edit, opened = Edit(), _opened(form)
    is_stale = _is_stale(form, row)
    for each in fields:
        if each.is_fixed or each.is_key:
            continue
        sent = form.get_all(each.name)
        stored = each.text(row)
        _read(edit, each, sent, is_new=False)
        if each.name not in edit.values:
            continue
        wanted = each.kind.text(edit.values[each.name])
        if wanted == stored and not _is_secret(each):
            del edit.values[each.name]
        elif is_stale and not _is_secret(each):
            edit.theirs[each.name] = stored
        elif opened.get(each.name) != fingerprint(stored):
            _merge(edit, each, wanted, stored, opened.get(each.name))
    return edit


def _merge(edit: Edit, each: FormField, wanted: str, stored: str, opened: str | None) -> None:
    """The stored value changed since the form was opened: theirs stays if the sender left the field alone."""
    if _is_secret(each):
        return
    if opened == fingerprint(wanted):
        del edit.values[each.name]
    else:
        edit.theirs[each.name] = stored


def _is_secret(each: FormField) -> bool:
    return each.kind.type == "password"


def _read(edit: Edit, each: FormField, sent: Sequence[str], *, is_new: bool) -> None:
    try:
        value = each.read(sent, is_new=is_new)
    except Wrong as wrong:
        edit.errors[each.name] = str(wrong)
    else:
        if value is not LEAVE:
            edit.values[each.name] = value


def opened_text(fields: Sequence[FormField], row: Any) -> str:
    """What a form remembers of the row that it shows: a fingerprint of each field."""
    prints = {each.name: fingerprint(each.text(row)) for each in fields if not each.is_fixed}
    return msgspec.json.encode(prints).decode()


def _opened(form: QueryParams) -> Mapping[str, str]:
    """Without what it remembers, a form counts as opened before everything that is stored."""
    try:
        return msgspec.json.decode(form.get(OPENED, "").encode("utf-8", "replace"), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def version_text(row: Any) -> str:
    """The row's version, empty for models without one."""
    mapper = model_of(row).__mapper__
    column = mapper.version_id_col
    return "" if column is None else str(getattr(row, mapper.get_property_by_column(column).key))


def _is_stale(form: QueryParams, row: Any) -> bool:
    return form.get(VERSION, "") != version_text(row)
