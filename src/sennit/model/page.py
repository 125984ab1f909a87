"""One page of a long list."""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Page(Generic[T]):
    """`items`, out of `total` rows in all, as page `number` (from 1) of `pages`, `size` to a page."""

    __slots__ = ("items", "number", "size", "total")

    def __init__(self, items: list[T], total: int, number: int, size: int) -> None:
        self.items = items
        self.total = total
        self.number = number
        self.size = size

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def next(self) -> int | None:
        """The number of the next page, None on the last one."""
        return self.number + 1 if self.number < self.pages else None

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first one."""
        return min(self.number - 1, self.pages) if self.number > 1 else None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __json__(self) -> dict[str, object]:
        return {
            "items": self.items,
            "total": self.total,
            "page": self.number,
            "pages": self.pages,
            "next": self.next,
            "previous": self.previous,
        }
