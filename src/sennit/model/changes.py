"""What a commit changed, and whether that can matter to something that was read."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .reads import EVERYTHING, TableRead

Op = Literal["insert", "update", "delete", "any"]


class Change(NamedTuple):
    """One row, or all rows that one statement touched.

    model: the class, None for a table without one. table: its name, "*" for any table. op: "any" when the statement
    was text. key: the row's primary key, a tuple for a composite one, None for several rows or an unknown one.
    columns: names of the columns that an update may have changed, None for all. old, new: what is known of the
    row's routing columns (primary key, foreign keys, indexed ones) before and after; a column that is missing is
    unknown. Names are those of the database.
    """

    model: Any
    table: str
    op: Op
    key: Any = None
    columns: frozenset[str] | None = None
    old: Mapping[str, Any] = {}
    new: Mapping[str, Any] = {}


def change_matches(read: TableRead, change: Change) -> bool:
    """Whether the change may alter what was read. False only when that is impossible."""
    if change.table != read.table and EVERYTHING not in (change.table, read.table):
        return False
    if change.op == "any" or EVERYTHING in (change.table, read.table):
        return True
    if change.op == "update" and _untouched(read, change):
        return False
    before = change.op != "insert" and _may_hold(read, change.old)
    after = change.op != "delete" and _may_hold(read, change.new)
    return before or after


def _untouched(read: TableRead, change: Change) -> bool:
    return read.columns is not None and change.columns is not None and not read.columns & change.columns


def _may_hold(read: TableRead, row: Mapping[str, Any]) -> bool:
    """Whether a row of which only this is known may fulfil every equality that the read demands."""
    return all(column not in row or row[column] == value for column, value in read.equals)
