"""Long polling: an answer that waits for something to tell, for clients and proxies that take nothing better."""

import asyncio
from collections.abc import AsyncIterable, Awaitable
from typing import Any

from ..errors import SennitError
from .cross_site import check_socket_origin
from .request import Request
from .response import Response


async def long_poll(request: Request, awaited: Awaitable[Any] | AsyncIterable[Any], *, timeout_s: float = 25) -> Any:
    """`return await long_poll(request, queue.get())`: what is waited for as the answer, or 204 when it did not come.

    awaited: a coroutine, a future, or an async iterator, whose next item is meant and which is closed then. None, and the end
    of an iterator, are 204 too. It is cancelled after `timeout_s` seconds (25 is below what proxies allow), when the server
    shuts down, and, in a route that is cancelled with its client (GET and HEAD are), when the client leaves.
    Raises what `awaited` raises, Forbidden for a page of another site (threat R24), SennitError web.E051 for a `timeout_s`
    that is not between 0 and the route's limit `request_s`.
    """
    waiting = asyncio.ensure_future(_next(awaited) if isinstance(awaited, AsyncIterable) else awaited)
    try:
        check_socket_origin(request.exchange, request.context.route.sharing)
        _check_timeout(timeout_s, request.limits.request_s)
        await _over(waiting, request, timeout_s)
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
    # It may have come while it was being cancelled: then it is not lost.
    return _answer(None if waiting.cancelled() else waiting.result())


async def _next(awaited: AsyncIterable[Any]) -> Any:
    iterator = aiter(awaited)
    try:
        return await anext(iterator, None)
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


async def _over(waiting: asyncio.Future[Any], request: Request, timeout_s: float) -> None:
    """When it has come, the time is up, or the server drains."""
    draining = asyncio.Event()
    request.exchange.on_draining(draining.set)
    end = asyncio.ensure_future(draining.wait())
    try:
        await asyncio.wait({waiting, end}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        end.cancel()


def _check_timeout(timeout_s: float, request_s: float) -> None:
    if not 0 < timeout_s < request_s:
        raise SennitError(
            code="web.E051",
            what=f"timeout_s={timeout_s!r} is not between 0 and the limit request_s={request_s:g}",
            where="long_poll",
            fix="wait for 25 seconds or so, and let the client ask again; or raise the route's limit `request_s`",
        )


def _answer(value: Any) -> Any:
    if value is None:
        value = Response(status=204)
    elif isinstance(value, tuple):
        return value
    if isinstance(value, Response):
        value.headers.setdefault("cache-control", "no-store")
        return value
    return value, 200, {"cache-control": "no-store"}
