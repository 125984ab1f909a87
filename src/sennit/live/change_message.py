"""Changes as they travel to the hubs of other processes: what may have changed, never the content of a row.

A value that cannot travel exactly is left out, and so counts as unknown: that costs a rendering, never a missed change.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ..model import Change

MOST_CHANGES = 500
"""Of one commit; more travel as "anything of these tables"."""
_MOST_INT = 1 << 62

_UUID = "uuid"
_DATE = "date"

Row = dict[str, Any]


def encode_changes(changes: "Sequence[Change]") -> bytes:
    if len(changes) > MOST_CHANGES:
        tables = dict.fromkeys(change.table for change in changes)
        return msgspec.msgpack.encode([(str(table), "any", None, {}, {}) for table in tables])
    return msgspec.msgpack.encode([_plain(change) for change in changes])


def decode_changes(octets: bytes) -> "list[Change]":
    """Raises ValueError for what is no list of changes."""
    # Imported when a change comes: an application without a database never loads the model strand.
    from ..model import Change

    found = msgspec.msgpack.decode(octets, type=list[tuple[str, str, list[str] | None, Row, Row]])
    return [
        Change(None, table, op, None, None if columns is None else frozenset(columns), _row(old), _row(new))  # type: ignore[arg-type]
        for table, op, columns, old, new in found
    ]


def _plain(change: "Change") -> tuple[Any, ...]:
    # Names may be of a subclass of str, which is not encoded.
    columns = None if change.columns is None else sorted(map(str, change.columns))
    return str(change.table), change.op, columns, _travelling(change.old), _travelling(change.new)


def _travelling(row: Mapping[str, Any]) -> Row:
    return {str(name): _tagged(value) for name, value in row.items() if _can_travel(value)}


def _can_travel(value: object) -> bool:
    """The very types whose equality `model.reads` trusts, but enumerations: their class is not known over there."""
    if type(value) is int:
        return abs(value) < _MOST_INT
    return value is None or type(value) in (str, bool, uuid.UUID, datetime.date)


def _tagged(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return {_UUID: value.hex}
    return {_DATE: value.isoformat()} if isinstance(value, datetime.date) else value


def _row(row: Row) -> Row:
    return {name: _untagged(value) for name, value in row.items()}


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if _UUID in value:
        return uuid.UUID(value[_UUID])
    return datetime.date.fromisoformat(value[_DATE])
