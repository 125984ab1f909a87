"""Server-sent events as an answer (HTML standard §9.2)."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from .cross_site import check_socket_origin
from .encode import JsonDefault
from .event_block import encode_event
from .response import Response

if TYPE_CHECKING:
    from .context import Context

MEDIA_TYPE = "text/event-stream"
PING = b":\n\n"
OPENING_S = 0.1
"""A browser is told that the stream is open no later than this; a generator that fails sooner is still a 500."""

log = logging.getLogger("sennit.web")


class EventStream(Response):
    """`EventStream(items, ping_s=15)`.

    An item is a dict of `event`, `data`, `id`, `retry` (milliseconds), or just data: `str` goes as it is, anything else as
    JSON; a `Comment` is seen by nobody. A comment is sent after `ping_s` seconds without an item, so that proxies keep the
    line. The generator runs in one task and goes on after `yield` once the client's side has taken the item. When the client
    leaves or the server shuts down it is cancelled and closed; an exception in it is logged and cuts the stream, so that the
    browser connects again. Raises SennitError web.E051 for a `ping_s` that is not above 0.
    """

    def __init__(self, items: AsyncIterable[Any], *, ping_s: float = 15) -> None:
        if not ping_s > 0:
            raise SennitError(
                code="web.E051",
                what=f"ping_s={ping_s!r} would send comments without a pause",
                where="EventStream",
                fix="give the seconds of silence after which a comment is sent, such as 15",
            )
        self._feed = _Feed(items, ping_s)
        super().__init__(self._feed.blocks(), media_type=MEDIA_TYPE)
        self.headers["cache-control"] = "no-store"
        self.headers["x-accel-buffering"] = "no"

    def prepare(self, ctx: "Context") -> None:
        """Before it is sent: pages of other sites may not read it (threat R24), and Models are written as JSON. Raises Forbidden."""
        assert ctx.exchange is not None
        check_socket_origin(ctx.exchange, ctx.route.sharing)
        self._feed.json_default = ctx.site.json_default

    def end(self) -> None:
        """Come to an end: the browser connects again by itself."""
        self._feed.end()


class _Feed:
    """One item at a time from a generator that runs in a task of its own, so that waiting for it can stop to ping.

    One task, not one for each item: what a generator holds over a `yield` (time-outs, task groups, context variables) is
    bound to its task.
    """

    json_default: JsonDefault | None = None

    def __init__(self, items: AsyncIterable[Any], ping_s: float) -> None:
        self._items = items
        self._ping_s = ping_s
        self._offered: list[Any] = []  # at most one
        self._is_ending = False
        self._news = asyncio.Event()
        self._taken = asyncio.Event()

    def end(self) -> None:
        self._is_ending = True
        self._news.set()

    async def blocks(self) -> AsyncIterator[bytes]:
        running = asyncio.create_task(self._run())
        wait_s = OPENING_S
        try:
            while not (self._is_ending or (running.done() and not self._offered)):
                if self._offered:
                    yield encode_event(self._offered.pop(), self.json_default)
                    self._taken.set()
                elif not await self._has_news(wait_s):
                    yield PING
                wait_s = self._ping_s
            if running.done():
                running.result()
        finally:
            await _stop(running)

    async def _has_news(self, wait_s: float) -> bool:
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _run(self) -> None:
        iterator = aiter(self._items)
        try:
            async for item in iterator:
                self._offered.append(item)
                self._news.set()
                await self._taken.wait()
                self._taken.clear()
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()
            self._news.set()


async def _stop(running: asyncio.Task[None]) -> None:
    if running.done():
        return
    running.cancel()
    await asyncio.wait({running})
    if not running.cancelled() and running.exception() is not None:
        log.error("the end of an event stream failed", exc_info=running.exception())
