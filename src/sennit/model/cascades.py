"""What the database changes by itself when a row goes: ON DELETE CASCADE, SET NULL and SET DEFAULT."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ForeignKey, Table

from .changes import Change


def consequences(change: Change, tables: Mapping[str, Table]) -> list[Change]:
    """The changes in other rows that a delete (or a text that may be one) brings about, transitively."""
    if change.op not in ("delete", "any") or change.table not in tables:
        return []
    found: list[Change] = []
    waiting, seen = [change], {_state(change)}
    while waiting:
        cause = waiting.pop()
        for key in _keys_to(cause.table, tables):
            consequence = _consequence(key, cause)
            if consequence is None or _state(consequence) in seen:
                continue
            seen.add(_state(consequence))
            found.append(consequence)
            if consequence.op != "update":
                waiting.append(consequence)
    return found


def _state(change: Change) -> tuple[str, str, frozenset[tuple[str, Any]]]:
    # Beyond the first step little is known of the rows, so a tree that refers to itself comes to an end here.
    return change.table, change.op, frozenset(change.old.items())


def _keys_to(table: str, tables: Mapping[str, Table]) -> Iterator[ForeignKey]:
    for other in tables.values():
        for key in other.foreign_keys:
            if key.ondelete and _target(key) == table:
                yield key


def _target(key: ForeignKey) -> str:
    return str(key.target_fullname).rpartition(".")[0]


def _consequence(key: ForeignKey, change: Change) -> Change | None:
    column, table = key.parent, key.parent.table
    model = table.info.get("model")
    rule = (key.ondelete or "").upper()
    # What is known of the deleted row's key is known of the rows that refer to it.
    target = str(key.target_fullname).rpartition(".")[2]
    old = {column.name: change.old[target]} if change.op == "delete" and target in change.old else {}
    op: Any = "any" if change.op == "any" else "delete"
    if rule == "CASCADE":
        return Change(model, table.name, op, old=old)
    if rule in ("SET NULL", "SET DEFAULT"):
        new = {column.name: None} if rule == "SET NULL" else {}
        return Change(model, table.name, "update", columns=frozenset({column.name}), old=old, new=new)
    return None
