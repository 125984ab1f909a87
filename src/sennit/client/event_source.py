"""Server-sent events received: connected again when the stream ends, from the event after the last one (HTML §9.2)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from .backoff import Backoff
from .errors import ClientError, ConnectFailed, ProtocolFailed, StatusError, TimedOut
from .event_stream import Event, EventStream
from .options import Options
from .preparing import timeouts_of
from .response import Response, events_in
from .timeouts import Timeouts
from .url import URL

if TYPE_CHECKING:
    from .client import Client

MEDIA_TYPE = "text/event-stream"
RECONNECT = Backoff(first_s=6.0, most_s=60.0, tries=10)
PASSING = frozenset((429, 500, 502, 503, 504))
"""Answers of a server that restarts or has too much to do; any other but 200 is meant (HTML §9.2.3)."""


class EventSource:
    """`async with client.events(url) as events: async for event in events: ...`

    It ends when the server answers 204 or `close` is called, and raises what went wrong after `reconnect.tries` tries in a
    row that brought no event. The server's `retry` takes the place of `reconnect.first_s`: nobody comes back earlier than
    it says. Silence longer than `Timeouts.read_s` counts as an end of the stream; there is no total time-out.
    """

    def __init__(
        self,
        client: "Client",
        url: str | URL,
        options: Options,
        last_event_id: str = "",
        *,
        reconnect: Backoff = RECONNECT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._url = url
        self._options = options
        self._backoff = reconnect
        self._is_closed = False
        self._sleep = sleep
        self._events: AsyncIterator[Event] | None = None
        self._response: Response | None = None
        self._stream = EventStream(last_event_id)
        self._failures = 0

    @property
    def last_event_id(self) -> str:
        return self._stream.last_event_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Also while somebody iterates: the iteration ends."""
        self._is_closed = True
        self._release()

    def _release(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.release()

    def __aiter__(self) -> AsyncIterator[Event]:
        if self._events is None:
            self._events = self._received()
        return self._events

    async def _received(self) -> AsyncIterator[Event]:
        while not self._is_closed:
            try:
                self._response = await self._connected()
                if self._response is None:
                    return
                async for event in events_in(self._response, self._stream):
                    self._failures = 0
                    yield event
            except (StatusError, ConnectFailed, ProtocolFailed, TimedOut) as error:
                if self._is_closed:
                    return
                self._count(error)
            finally:
                self._release()
            if not self._is_closed:
                await self._sleep(self._pause_s())

    def _count(self, error: ClientError) -> None:
        self._failures += 1
        is_meant = isinstance(error, StatusError) and error.status not in PASSING
        if is_meant or error.code in _MEANT or self._failures >= self._backoff.tries:
            raise error

    def _pause_s(self) -> float:
        backoff, asked_s = self._backoff, self._stream.retry_s
        if asked_s is not None:
            first_s = max(asked_s, 0.001) / max(1 - backoff.jitter, 0.1)  # what jitter leaves of it is what was asked
            backoff = replace(backoff, first_s=first_s, most_s=max(backoff.most_s, first_s))
        return backoff.delay_s(max(self._failures, 1))

    async def _connected(self) -> Response | None:
        self._stream = _next_stream(self._stream)
        response = await self._client.begin("GET", self._url, **self._asking())
        if response.status == 204:
            response.release()
            return None
        try:
            response.raise_for_status()
            if response.status != 200 or response.media_type != MEDIA_TYPE:
                raise ProtocolFailed(
                    f"this is no event stream: status {response.status}, {response.media_type[:80]!r}",
                    url=response.url,
                    phase="head",
                    code="client.E033",
                    fix="check the URL; the server has to answer 200 and text/event-stream",
                )
        except ClientError:
            response.release()
            raise
        return response

    def _asking(self) -> Options:
        given = self._options.get("headers", {})
        headers = {name.lower(): value for name, value in (given if isinstance(given, list) else given.items())}
        headers = {"accept": MEDIA_TYPE, "cache-control": "no-store", **headers}
        if self._stream.last_event_id:
            # The id is UTF-8 on the wire (HTML §9.2.3); field values are text in ISO 8859-1 here.
            headers["last-event-id"] = self._stream.last_event_id.encode().decode("latin-1")
        return {**self._options, "headers": headers, "timeout_s": _endless(self._options.get("timeout_s", Timeouts()))}


_MEANT = frozenset(("client.E008", "client.E011", "client.E033"))
"""An address that is refused, a client that is closed, no event stream."""


def _next_stream(before: EventStream) -> EventStream:
    stream = EventStream(before.last_event_id)
    stream.retry_s = before.retry_s
    return stream


def _endless(given: float | Timeouts) -> Timeouts:
    return replace(timeouts_of(given), total_s=None)
