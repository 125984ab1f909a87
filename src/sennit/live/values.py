"""What a view returned: its queries and sources resolved together, each with what it read."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import SennitError
from .reads import TopicRead
from .topic import Source, table_of

if TYPE_CHECKING:
    from .hub import Hub
    from .reads import Read


class Resolved(NamedTuple):
    """values: by name, ready for templates. reads: by name, for the names that were queries or sources."""

    values: dict[str, Any]
    reads: dict[str, "frozenset[Read]"]

    def reads_of(self, names: Collection[str]) -> "frozenset[Read]":
        return frozenset().union(*(self.reads.get(name, frozenset()) for name in names))


async def resolve(hub: "Hub", db: Any, given: Mapping[str, Any], names: Collection[str] | None) -> Resolved:
    """Resolve the values of these names, or of all with None; queries run side by side."""
    values = dict(given)
    reads: dict[str, frozenset[Read]] = {}
    pending: dict[str, Awaitable[Any]] = {}
    for name, value in given.items():
        if names is not None and name not in names:
            continue
        query = hub.query_in(value)
        if query is not None:
            reads[name] = query.reads()
            pending[name] = db.resolve(query)
        elif isinstance(value, Source):
            reads[name] = frozenset({TopicRead(table_of(value.topic))})
            made = value.resolve(hub)
            values[name] = made
            if isawaitable(made):
                pending[name] = made
    if len(pending) == 1:
        ((name, one),) = pending.items()
        values[name] = await one
    elif pending:
        values.update(zip(pending, await asyncio.gather(*pending.values()), strict=True))
    return Resolved(values, reads)


def checked(value: object, where: str) -> Mapping[str, Any]:
    """What a view returned, if it is a mapping. Raises SennitError."""
    if isinstance(value, Mapping):
        return value
    raise SennitError(
        code="live.E009",
        what=f"the view returned {type(value).__name__}, but a template needs names: a dict",
        where=where,
        fix='return {"items": …}',
    )
