"""Who depends on what: read sets, and the holders that a change concerns, found without asking every one."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from ..model import Change, TableRead

    Read: TypeAlias = "TableRead | TopicRead"

EVERYTHING = "*"
"""As in `model.reads`: the name that stands for all tables."""

TOPIC = "topic:"
"""Tables of this prefix are not in any database: a topic that something other than a commit touches."""

RECENT = 1000
"""Changes that are kept for those who register after having read."""


class TopicRead(NamedTuple):
    """Shaped as `model.TableRead`, so that an application without a database never loads the model strand."""

    table: str
    equals: frozenset[tuple[str, Any]] = frozenset()
    columns: frozenset[str] | None = None


class Holder(Protocol):
    """A shape or a seat: something that read, and must hear of changes."""

    def touched(self) -> None: ...


class ReadLog:
    """Collects what is read through a database, or by values that are no queries."""

    def __init__(self) -> None:
        self.reads: set[Read] = set()

    def note(self, reads: Iterable["Read"]) -> None:
        self.reads.update(reads)


class ReadIndex:
    """table -> column -> value -> holders, and the holders of each table without a usable equality."""

    def __init__(self) -> None:
        self.position = 0
        """Grows with every batch of changes; note it before reading, give it to `set` after."""
        self._reads: dict[Holder, frozenset[Read]] = {}
        self._wide: dict[str, dict[Holder, None]] = defaultdict(dict)
        self._by_value: dict[str, dict[str, dict[Any, dict[Holder, None]]]] = {}
        self._recent: deque[tuple[int, Change | str]] = deque(maxlen=RECENT)

    def set(self, holder: Holder, reads: Iterable["Read"], since: int) -> None:
        """Register what a holder has read since a position; it is touched at once if one of the changes since then matters."""
        self.remove(holder)
        kept = frozenset(reads)
        self._reads[holder] = kept
        for read in kept:
            self._slot(read)[holder] = None
        if self._missed(kept, since):
            holder.touched()

    def remove(self, holder: Holder) -> None:
        for read in self._reads.pop(holder, ()):
            self._slot(read).pop(holder, None)
            self._prune(read)

    def reads_of(self, holder: Holder) -> frozenset["Read"]:
        return self._reads.get(holder, frozenset())

    def apply(self, changes: Sequence["Change"]) -> None:
        """Touch every holder that one of the changes may concern."""
        self.position += 1
        self._recent.extend((self.position, change) for change in changes)
        hit: dict[Holder, None] = {}
        for change in changes:
            for holder in self._candidates(change):
                if holder not in hit and any(_matches(read, change) for read in self._reads[holder]):
                    hit[holder] = None
        for holder in hit:
            holder.touched()

    def has_holders(self, table: str) -> bool:
        """Whether anybody depends on a topic's table."""
        return bool(self._wide.get(table))

    def touch(self, table: str) -> None:
        """Touch every holder of a topic's table."""
        self.position += 1
        self._recent.append((self.position, table))
        for holder in list(self._wide.get(table, ())):
            holder.touched()

    def touch_all(self) -> None:
        """Something may have been missed: every holder is to look."""
        self.position += 1
        self._recent.clear()
        for holder in list(self._reads):
            holder.touched()

    def _missed(self, reads: frozenset["Read"], since: int) -> bool:
        if since >= self.position:
            return False
        if not self._recent or self._recent[0][0] > since + 1:
            return True
        return any(_matches(read, change) for at, change in self._recent if at > since for read in reads)

    def _slot(self, read: "Read") -> dict[Holder, None]:
        if _is_wide(read):
            return self._wide[read.table]
        column, value = _indexed_pair(read)
        return self._by_value.setdefault(read.table, {}).setdefault(column, {}).setdefault(value, {})

    def _prune(self, read: "Read") -> None:
        """Empty slots go: values come from requests, so they must not pile up."""
        if _is_wide(read):
            if not self._wide[read.table]:
                del self._wide[read.table]
            return
        column, value = _indexed_pair(read)
        values = self._by_value[read.table][column]
        if not values[value]:
            del values[value]
        if not values:
            del self._by_value[read.table][column]

    def _candidates(self, change: "Change") -> Iterator[Holder]:
        if change.table == EVERYTHING:
            yield from list(self._reads)
            return
        yield from list(self._wide.get(change.table, ()))
        yield from list(self._wide.get(EVERYTHING, ()))
        for column, by_value in self._by_value.get(change.table, {}).items():
            yield from self._of_column(column, by_value, change)

    def _of_column(self, column: str, by_value: dict[Any, dict[Holder, None]], change: "Change") -> Iterator[Holder]:
        """The holders whose value the row had or has; all of them where that is not known."""
        sides = {"insert": (change.new,), "delete": (change.old,), "update": (change.old, change.new)}.get(change.op)
        if sides is None or any(column not in side for side in sides):
            for holders in list(by_value.values()):
                yield from list(holders)
            return
        for value in dict.fromkeys(side[column] for side in sides):
            yield from list(by_value.get(value, ()))


def _is_wide(read: "Read") -> bool:
    return not read.equals or read.table == EVERYTHING


def _indexed_pair(read: "Read") -> tuple[str, Any]:
    """One equality of the read, always the same one."""
    return min(read.equals, key=lambda pair: pair[0])


def _matches(read: "TableRead | TopicRead", change: "Change | str") -> bool:
    if isinstance(change, str) or read.table.startswith(TOPIC):
        return read.table == change
    # Imported when a change comes: an application without a database never loads the model strand.
    from ..model import change_matches

    return change_matches(read, change)  # type: ignore[arg-type]
