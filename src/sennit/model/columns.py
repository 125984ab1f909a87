"""`column(...)`: what a mapped column may say about itself."""

from typing import Any, Literal

from sqlalchemy import Computed, ForeignKey, String
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from ..errors import SennitError
from .decimals import ExactDecimal
from .encrypted import Encrypted

OnDelete = Literal["cascade", "restrict", "set null", "set default", "no action"]

_MISSING: Any = object()


def column(
    *,
    default: Any = _MISSING,
    server_default: Any = None,
    onupdate: Any = None,
    length: int | None = None,
    precision: int | None = None,
    scale: int | None = None,
    type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    primary_key: bool = False,
    unique: bool = False,
    index: bool | None = None,
    nullable: bool | None = None,
    references: Any = None,
    on_delete: OnDelete | None = None,
    check: str | ColumnElement[bool] | None = None,
    computed: str | ColumnElement[Any] | None = None,
    private: bool = False,
    encrypted: bool = False,
    name: str | None = None,
    label: str = "",
    help: str = "",
    comment: str | None = None,
) -> MappedColumn[Any]:
    """A column of a model; its type and whether it may be None come from the `Mapped[...]` annotation.

    default: a value, or a function without parameters called for each new row. length: characters, for `str`.
    precision, scale: for `Decimal`, how many digits in all and behind the point (18 and 6); others are refused.
    references: `Other.id`, or `"Other.id"` for a model that comes later; such a column has an index unless
    `index=False`. on_delete: what the database does with this row when the referenced one goes; without it the
    referenced row cannot be deleted. check: a condition in SQL that each row fulfils. computed: an SQL expression of
    other columns that the database keeps up to date; it cannot be set. private: never in JSON, never in the admin's lists. encrypted: text
    that the database holds encrypted under the application's secret; private. name: the column's name in the database
    where it differs. label: its name in forms and lists, where the column's own does not say it. help: a sentence for
    forms. comment: a sentence for whoever looks into the database.

    Raises SennitError `model.E002` for options that contradict each other.
    """
    if on_delete is not None and references is None:
        raise _contradiction("on_delete= without references=", 'add references=Other.id, or drop on_delete="…"')
    if computed is not None and (default is not _MISSING or server_default is not None or onupdate is not None):
        raise _contradiction("computed= beside a default", "drop the default: the database computes every value")
    if encrypted and any((index, unique, primary_key, references, length, type, precision)):
        raise _contradiction(
            "encrypted=True beside an index, a key, a length or a type",
            "drop it: an encrypted value is text of any length that the database cannot compare",
        )
    if index and unique:
        raise _contradiction("index=True with unique=True", "drop index=True: a unique column has an index already")
    return mapped_column(
        Encrypted() if encrypted else _type(type, length, precision, scale),
        *_foreign_keys(references, on_delete),
        *([] if computed is None else [Computed(computed)]),
        name=name,
        primary_key=primary_key,
        unique=unique or None,
        index=_wants_index(index, references, unique, primary_key),
        onupdate=onupdate,
        server_default=server_default,
        comment=comment,
        info={
            "private": private or encrypted,
            "label": label,
            "help": help,
            "check": check,
            "late_reference": _late_reference(references, on_delete),
        },
        **_given(nullable=nullable, default=_MISSING if default is _MISSING else default),
    )


def _type(given: Any, length: int | None, precision: int | None, scale: int | None) -> Any:
    """The SQL type that the options name, None to take it from the annotation."""
    if sum(option is not None for option in (given, length, precision if precision is not None else scale)) > 1:
        raise _contradiction("more than one of type=, length= and precision=", "keep the one that is meant")
    if length is not None:
        return String(length)
    if precision is None and scale is None:
        return given
    if precision is None or not 0 <= (scale or 0) <= precision:
        raise _contradiction(
            f"precision={precision} and scale={scale}", "precision=12, scale=2 holds up to 9999999999.99"
        )
    return ExactDecimal(precision, scale or 0)


def _given(nullable: bool | None, default: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if nullable is not None:
        options["nullable"] = nullable
    if default is not _MISSING and default is not None:
        # `insert_default`: `default` of SQLAlchemy also means a dataclass field, which our models are not.
        options["insert_default"] = default
    return options


def _wants_index(index: bool | None, references: Any, unique: bool, primary_key: bool) -> bool | None:
    # Deleting a parent looks its children up by this column, and live views are matched by it.
    if index is None and references is not None and not unique and not primary_key:
        return True
    return index or None


def _foreign_keys(references: Any, on_delete: OnDelete | None) -> list[ForeignKey]:
    if references is None or isinstance(references, str):
        return []
    if isinstance(references, InstrumentedAttribute):
        return [foreign_key(references.property.columns[0], on_delete)]
    raise _contradiction(
        f"references={references!r}, which is not a column of a model",
        'write references=Other.id, or references="Other.id" when Other is defined further down',
    )


def foreign_key(target: Any, on_delete: OnDelete | None) -> ForeignKey:
    """The constraint for a column object or a `table.column` string."""
    return ForeignKey(target, ondelete=on_delete.upper() if on_delete else None)


def _late_reference(references: Any, on_delete: OnDelete | None) -> tuple[str, OnDelete | None] | None:
    """`references="Category.id"` is resolved by the model that holds the column: it knows the names around it."""
    return (references, on_delete) if isinstance(references, str) else None


def _contradiction(what: str, fix: str) -> SennitError:
    return SennitError(code="model.E002", what=f"column(...) has {what}", fix=fix)
