"""One unit of work: the changes it has made so far, per savepoint, and its turn to write."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.util import await_only

from .cascades import consequences
from .changes import Change
from .failures import BUSY_S, busy

MOST_ROWS = 100
"""Rows of one table and kind that are told one by one; more of them become one change without a key."""

_COLLAPSE_AT = 2000

_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|ROLLBACK TO|RELEASE)\s+(?:SAVEPOINT\s+)?\W?(\w+)", re.IGNORECASE)


class Turn:
    """Whose turn it is to write. Writers on the loop queue here in order, instead of polling SQLite's lock."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Wait for the turn. Raises ServiceUnavailable after BUSY_S seconds."""
        try:
            await asyncio.wait_for(self._lock.acquire(), BUSY_S)
        except TimeoutError:
            raise busy("Other writers hold the database.") from None

    def give_back(self) -> None:
        """Let the next writer in."""
        self._lock.release()


class Unit:
    """What a transaction has changed. Told to `publish` when it commits, forgotten when it rolls back.

    turn: None for a unit in a thread, which waits for SQLite's own lock.
    """

    def __init__(self, publish: Callable[[tuple[Change, ...]], None], tables: Any, turn: Turn | None = None) -> None:
        self._publish = publish
        self._tables = tables
        self._turn = turn
        self._has_turn = False
        self._changes: list[Change] = []
        self._marks: list[tuple[str, int]] = []
        self.is_flushing = False

    # -- the turn ---------------------------------------------------------------------------------------------------

    def take_turn(self) -> None:
        """Wait until this unit may write; called from SQLAlchemy's side of an await."""
        if self._turn is not None and not self._has_turn:
            await_only(self._turn.take())
            self._has_turn = True

    def give_turn_back(self) -> None:
        """The transaction has ended, one way or the other."""
        if self._has_turn and self._turn is not None:
            self._has_turn = False
            self._turn.give_back()

    # -- the changes ------------------------------------------------------------------------------------------------

    def changed(self, change: Change, table: Any = None) -> None:
        """Note a change, and what the database changes by itself in consequence."""
        for found in (change, *consequences(change, self._tables())):
            if is_told(found, self._tables()):
                self._changes.append(found)
        start = self._marks[-1][1] if self._marks else 0
        if len(self._changes) - start > _COLLAPSE_AT:
            self._changes[start:] = collapsed(self._changes[start:])

    def follow_savepoint(self, statement: str) -> bool:
        """Keep or forget changes with the savepoint that the statement begins, releases or rolls back; else False."""
        found = _SAVEPOINT.match(statement)
        if found is None:
            return False
        verb, name = found[1].upper(), found[2].lower()
        if verb == "SAVEPOINT":
            self._marks.append((name, len(self._changes)))
            return True
        while self._marks and any(mark == name for mark, _ in self._marks):
            mark, start = self._marks.pop()
            if mark == name:
                if verb == "ROLLBACK TO":
                    del self._changes[start:]
                    self._marks.append((name, start))  # it still stands
                break
        return True

    def committed(self) -> None:
        """Tell what changed, once, as one tuple."""
        changes, self._changes, self._marks = self._changes, [], []
        if changes:
            self._publish(tuple(collapsed(changes)))

    def ended(self) -> None:
        """The transaction is over: what was not committed is forgotten."""
        self._changes, self._marks, self.is_flushing = [], [], False
        self.give_turn_back()


def is_told(change: Change, tables: Any) -> bool:
    """False for models declared with live=False."""
    table = tables.get(change.table)
    return table is None or bool(table.info.get("live", True))


def collapsed(changes: list[Change]) -> list[Change]:
    """The same changes, those of more than MOST_ROWS rows of one table and kind as a single one."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.table, change.op), []).append(change)
    told: list[Change] = []
    for group in groups.values():
        told += group if len(group) <= MOST_ROWS else [_many(group)]
    return told


def _many(group: list[Change]) -> Change:
    columns: frozenset[str] | None = frozenset()
    for change in group:
        columns = None if columns is None or change.columns is None else columns | change.columns
    return Change(group[0].model, group[0].table, group[0].op, columns=columns)
