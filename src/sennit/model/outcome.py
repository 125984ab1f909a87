"""What `db.execute` gives back."""

from collections.abc import Iterator
from typing import Any


class Outcome:
    """`rows`: named tuples, empty for a statement that returns none. `rowcount`: rows changed, -1 where unknown."""

    __slots__ = ("rowcount", "rows")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self.rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        # A statement without rows is not "nothing": ask rowcount or rows.
        return True
