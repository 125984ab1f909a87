"""Requests made again: after failures that may pass, of methods that may be repeated (RFC 9110 §9.2.2)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ..http.date import parse_http_date
from .backoff import Backoff
from .errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut
from .middleware import Next
from .request import Request
from .response import Response
from .unread import leave

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """most: tries beside the first. backoff: the pauses between them; how many there are says `most`. A Retry-After of the
    server is kept to, unless it is longer than `longest_retry_after_s`: then its answer is the result.

    Only methods that may be repeated, with bodies that can be sent again, after failures that may pass: no connection, an end
    before the answer, one of `statuses`. Nothing is tried that the total time-out would cut anyway.
    """

    most: int = 2
    backoff: Backoff = field(default=Backoff(first_s=0.2, most_s=10.0))
    longest_retry_after_s: float = 60.0
    statuses: frozenset[int] = frozenset((429, 502, 503, 504))
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    """Seconds since 1970: what the date of a Retry-After is measured by."""

    async def __call__(self, request: Request, next: Next) -> Response:
        if request.method not in IDEMPOTENT:
            return await next(request)
        for attempt in range(1, self.most + 1):
            wait_s = await self._tried(request, next, attempt)
            if isinstance(wait_s, Response):
                return wait_s
            if request.trace is not None:
                request.trace.clear()
            await self.sleep(wait_s)
        return await next(request)

    async def _tried(self, request: Request, next: Next, attempt: int) -> "Response | float":
        """The answer if it is the result, else seconds to wait."""
        try:
            response = await next(request)
        except (ConnectFailed, ProtocolFailed, TimedOut) as error:
            wait_s = self.backoff.delay_s(attempt)
            if not may_pass(error) or not is_repeatable(request) or self._is_too_late(request, wait_s):
                raise
            return wait_s
        if response.status not in self.statuses or not is_repeatable(request):
            return response
        asked_s = retry_after(response.headers.get("retry-after"), self.now())
        wait_s = self.backoff.delay_s(attempt) if asked_s is None else asked_s
        if (asked_s or 0) > self.longest_retry_after_s or self._is_too_late(request, wait_s):
            return response
        await leave(response)
        return wait_s

    def _is_too_late(self, request: Request, wait_s: float) -> bool:
        return bool(request.due) and time.monotonic() + wait_s >= request.due


def is_repeatable(request: Request) -> bool:
    """A body from an iterator is gone once it has been sent."""
    return request.source is None or request.source.is_repeatable


def may_pass(error: ClientError) -> bool:
    """No connection came about, for no reason that will be the same in a moment; or the server ended before it said a word."""
    if isinstance(error, TimedOut):
        return error.kind == "connect"
    if isinstance(error, ConnectFailed):
        return error.code not in _MEANT
    return error.nothing_came


_MEANT = frozenset(("client.E008", "client.E011", "client.E038"))
"""An address that is refused; a client that is closed, or of another loop."""


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds from now: the field has a number of them or a date (RFC 9110 §10.2.3); None for anything else."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= 10 else float("inf")
    at = parse_http_date(value)
    return None if at is None else max(0.0, at - now)
