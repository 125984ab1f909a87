"""Server-sent events (HTML standard §9.2)."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any

import msgspec

from .response import Response

MEDIA_TYPE = "text/event-stream"
_FIELDS = frozenset({"event", "data", "id", "retry"})


class EventStream(Response):
    """`EventStream(items, ping_s=15)`.

    An item is a dict of `event`, `data`, `id`, `retry`, or just data: `str` goes as it is, anything else as JSON. A comment
    is sent every `ping_s` seconds so that proxies keep the line. When the client leaves or the server shuts down, the
    generator is closed.
    """

    def __init__(self, items: AsyncIterable[Any], *, ping_s: float = 15) -> None:
        self._ending = asyncio.Event()
        super().__init__(_events(items, ping_s, self._ending), media_type=MEDIA_TYPE)
        self.headers["cache-control"] = "no-store"
        self.headers["x-accel-buffering"] = "no"

    def end(self) -> None:
        """Come to an end: the browser connects again by itself."""
        self._ending.set()


async def _events(items: AsyncIterable[Any], ping_s: float, ending: asyncio.Event) -> AsyncIterator[bytes]:
    iterator = aiter(items)
    upcoming = asyncio.ensure_future(anext(iterator, _END))
    end = asyncio.ensure_future(ending.wait())
    try:
        while True:
            await asyncio.wait({upcoming, end}, timeout=ping_s, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                return
            if not upcoming.done():
                yield b":\n\n"
                continue
            item = upcoming.result()
            if item is _END:
                return
            yield encode_event(item)
            upcoming = asyncio.ensure_future(anext(iterator, _END))
    finally:
        upcoming.cancel()
        end.cancel()
        await asyncio.wait({upcoming, end})
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


_END = object()


def encode_event(item: Any) -> bytes:
    """One event block. Line breaks in data become several data lines; in other fields they are taken out."""
    fields = item if isinstance(item, Mapping) and item and item.keys() <= _FIELDS else {"data": item}
    lines = [f"{name}: {_one_line(fields[name])}" for name in ("event", "id", "retry") if fields.get(name) is not None]
    if "data" in fields:
        lines.extend(f"data: {line}" for line in _data(fields["data"]).split("\n"))
    return ("\n".join(lines) + "\n\n").encode()


def _data(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _one_line(value: Any) -> str:
    return str(value).replace("\r", "").replace("\n", "").replace("\0", "")
