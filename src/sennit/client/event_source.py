"""Server-sent events received: connected again when the stream ends, from the event after the last one (HTML §9.2)."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from .errors import ClientError, ConnectFailed, ProtocolFailed, StatusError, TimedOut, TooLarge
from .event_stream import Event, EventStream
from .options import Options
from .preparing import timeouts_of
from .response import Response
from .timeouts import Timeouts
from .url import URL

if TYPE_CHECKING:
    from .client import Client

MEDIA_TYPE = "text/event-stream"
RETRY_S = 3.0
LONGEST_S = 60.0


class EventSource:
    """`async with client.events(url) as events: async for event in events: ...`

    It ends when the server answers 204, and raises what went wrong after `failures` tries in a row that brought no event.
    Silence longer than `Timeouts.read_s` counts as an end of the stream; there is no total time-out.
    """

    def __init__(
        self,
        client: "Client",
        url: str | URL,
        options: Options,
        last_event_id: str = "",
        *,
        failures: int = 10,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._url = url
        self._options = options
        self._most_failures = failures
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
        response, self._response = self._response, None
        if response is not None:
            response.release()

    def __aiter__(self) -> AsyncIterator[Event]:
        if self._events is None:
            self._events = self._received()
        return self._events

    async def _received(self) -> AsyncIterator[Event]:
        while True:
            try:
                self._response = await self._connected()
                if self._response is None:
                    return
                async for event in self._of_one(self._response):
                    self._failures = 0
                    yield event
            except (StatusError, TooLarge):
                raise
            except (ConnectFailed, ProtocolFailed, TimedOut) as error:
                self._count(error)
            finally:
                self.close()
            await self._sleep(self._pause_s())

    def _count(self, error: ClientError) -> None:
        self._failures += 1
        if self._failures >= self._most_failures or error.code == "client.E033":
            raise error

    def _pause_s(self) -> float:
        first = RETRY_S if self._stream.retry_s is None else self._stream.retry_s
        longer = min(first * 2.0 ** min(max(self._failures - 1, 0), 20), max(LONGEST_S, first))
        return longer * (1 + 0.25 * random.random())

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

    async def _of_one(self, response: Response) -> AsyncIterator[Event]:
        stream, most = self._stream, self._client.limits.event
        async for piece in response:
            for event in stream.receive_data(piece):
                yield event
            if stream.pending > most:
                raise TooLarge(f"an event is larger than {most} bytes", url=response.url, phase="body")


def _next_stream(before: EventStream) -> EventStream:
    stream = EventStream(before.last_event_id)
    stream.retry_s = before.retry_s
    return stream


def _endless(given: float | Timeouts) -> Timeouts:
    return replace(timeouts_of(given), total_s=None)
