"""The steps that turn one list of keyed rows into another: few, in order, each naming a single row.

["-", key]                  take the row out
[">", key, before]          put the row that is there in front of another, or last (null)
["+", key, before, text]    put a new row in front of another, or last (null)
["~", key, text]            replace the row's text in place
"""

from bisect import bisect_left
from collections.abc import Sequence

from .region import Row

Step = list[str | None]


def difference(old: Sequence[Row], new: Sequence[Row]) -> list[Step]:
    """Removals first, then from the last row to the first, so that the row named as `before` is always in place."""
    before = {row.key: row.text for row in old}
    wanted = {row.key for row in new}
    steps: list[Step] = [["-", row.key] for row in old if row.key not in wanted]
    at = {row.key: index for index, row in enumerate(old)}
    stays = _longest_increasing([at[row.key] for row in new if row.key in at])
    following: str | None = None
    for row in reversed(new):
        if row.key not in before:
            steps.append(["+", row.key, following, row.text])
        else:
            if at[row.key] not in stays:
                steps.append([">", row.key, following])
            if before[row.key] != row.text:
                steps.append(["~", row.key, row.text])
        following = row.key
    return steps


def _longest_increasing(numbers: Sequence[int]) -> set[int]:
    """The members of a longest increasing run: rows that need not move. O(n log n)."""
    tails: list[int] = []
    tail_at: list[int] = []
    previous = [-1] * len(numbers)
    for index, number in enumerate(numbers):
        length = bisect_left(tails, number)
        previous[index] = tail_at[length - 1] if length else -1
        if length == len(tails):
            tails.append(number)
            tail_at.append(index)
        else:
            tails[length], tail_at[length] = number, index
    run: set[int] = set()
    index = tail_at[-1] if tail_at else -1
    while index >= 0:
        run.add(numbers[index])
        index = previous[index]
    return run
