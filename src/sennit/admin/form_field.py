"""One field of a form: a column with its kind, or something that stands for one (a reference, a new password)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column

from ..auth import Account
from . import kinds
from .columns import has_default, is_bytes, is_numbered, kind_of, public_columns, relation_for, target_of
from .kinds import Kind, Wrong
from .wording import label_for

LEAVE: Any = object()
"""What `read` gives for a field that was left to its default, or not sent at all."""


@dataclass(frozen=True, slots=True)
class FormField:
    """name: in the form and on the model. target: the model that a reference points to.

    is_required: an empty text is no value. is_nullable: it is None. has_default: a new row has a value without it.
    first: the plain default of a new row. is_fixed: shown, never changed; so is a key once its row exists.
    """

    name: str
    label: str
    kind: Kind
    help: str = ""
    is_required: bool = False
    is_nullable: bool = False
    has_default: bool = False
    is_fixed: bool = False
    is_key: bool = False
    is_text: bool = False
    target: Any = None
    first: Any = None

    def text(self, row: Any) -> str:
        """What the form shows of a row."""
        return self.kind.text(getattr(row, self.name))

    def read(self, sent: Sequence[str], *, is_new: bool) -> Any:
        """The value that was sent, or LEAVE. Raises Wrong."""
        if not sent:
            return self._absent(is_new)
        if isinstance(self.kind, kinds.Tick):
            return self.kind.parse(sent[-1])
        if sent[-1].strip() == "":
            return self._empty(is_new)
        return self.kind.parse(sent[-1])

    def _absent(self, is_new: bool) -> Any:
        """Nobody changes what their form did not have; a new row needs it all the same."""
        if is_new and self.is_required:
            raise Wrong("is required")
        return LEAVE

    def _empty(self, is_new: bool) -> Any:
        if self.is_nullable:
            return None
        if is_new and self.has_default:
            return LEAVE
        if self.is_text and not self.is_required:
            return ""
        raise Wrong("is required")


@dataclass(frozen=True, slots=True)
class NewPassword(FormField):
    """Sets a password that nobody is shown; left empty it stays as it is, or there is none."""

    def text(self, row: Any) -> str:
        return ""

    def read(self, sent: Sequence[str], *, is_new: bool) -> Any:
        return self.kind.parse(sent[-1]) if sent and sent[-1] else LEAVE


NEW_PASSWORD = "new_password"


@dataclass(frozen=True, slots=True)
class PasswordKind(Kind):
    type: str = "password"
    max_length: int | None = 1024


def fields_of(model: Any, *, names: Sequence[str] = (), fixed: Sequence[str] = ()) -> tuple[FormField, ...]:
    """The fields of a model's form in the order of its columns, or of `names`.

    Never a private column, the `version` that guards against stale writes, or a key that the database counts up.
    """
    columns = {name: column for name, column in public_columns(model).items() if _is_edited(model, column)}
    made = {name: _field(model, name, column, name in fixed) for name, column in columns.items()}
    chosen = [made[name] for name in names if name in made] if names else list(made.values())
    if issubclass(model, Account):
        chosen.insert(min(1, len(chosen)), _new_password())
    return tuple(chosen)


def _is_edited(model: Any, column: Column[Any]) -> bool:
    return not (is_numbered(column) or column is model.__mapper__.version_id_col)


def _field(model: Any, name: str, column: Column[Any], is_fixed: bool) -> FormField:
    kind, target = kind_of(column, name), target_of(column)
    is_shown = isinstance(kind, kinds.Shown) or column.computed is not None or is_bytes(column)
    return FormField(
        name=name,
        label=label_for(model, (relation_for(model, name) if target else None) or name),
        kind=kind,
        help=str(column.info.get("help") or ""),
        is_required=not (column.nullable or has_default(column) or isinstance(kind, kinds.Tick)),
        is_nullable=bool(column.nullable),
        has_default=has_default(column),
        is_fixed=is_fixed or is_shown,
        is_key=bool(column.primary_key),
        is_text=isinstance(kind, kinds.Text),
        target=target,
        first=getattr(column.default, "arg", None) if column.default is not None and column.default.is_scalar else None,
    )


def _new_password() -> FormField:
    help_text = "At least 8 characters. Left empty, it stays as it is; without one nobody can sign in."
    return NewPassword(NEW_PASSWORD, "New password", PasswordKind(), help=help_text)


def fingerprint(text: str) -> str:
    """Of what a field showed when its form was opened: enough to see that it has changed since."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
