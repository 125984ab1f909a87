"""Server-sent events for programs without an event loop: `EventSource`, minus `await`."""

from collections.abc import AsyncIterator
from typing import Self

from .caller import Caller
from .event_source import EventSource
from .event_stream import Event


class SyncEventSource:
    """`with client.events(url) as events: for event in events: ...`

    It ends when the server answers 204, and raises what went wrong after ten tries in a row that brought no event.
    Silence longer than `Timeouts.read_s` counts as an end of the stream; there is no total time-out.
    """

    def __init__(self, source: EventSource, caller: Caller) -> None:
        self._source = source
        self._caller = caller

    @property
    def last_event_id(self) -> str:
        return self._source.last_event_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Also from another thread: the iteration ends."""
        self._caller.tell(self._source.close)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        event = self._caller.run(_next(aiter(self._source)))
        if event is None:
            raise StopIteration
        return event


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)
