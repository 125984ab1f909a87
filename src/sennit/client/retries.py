"""Requests made again: after failures that may pass, of methods that may be repeated (RFC 9110 §9.2.2)."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ..http.date import parse_http_date
from .errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut
from .middleware import Next
from .request import Request
from .response import Response

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """most: tries beside the first. The pause before the n-th is random up to `pause_s * 2**n`, at most `longest_s`;
    a Retry-After of the server is kept to, unless it is longer than `longest_retry_after_s`: then its answer is the result.

    Nothing is tried that the total time-out would cut anyway.
    """

    most: int = 2
    pause_s: float = 0.2
    longest_s: float = 10.0
    longest_retry_after_s: float = 60.0
    statuses: frozenset[int] = frozenset((502, 503, 504))
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    chance: Callable[[], float] = field(default=random.random, repr=False)

    async def __call__(self, request: Request, next: Next) -> Response:
        if request.method not in IDEMPOTENT or not is_repeatable(request):
            return await next(request)
        for number in range(self.most):
            wait_s = await self._tried(request, next, number)
            if isinstance(wait_s, Response):
                return wait_s
            if request.trace is not None:
                request.trace.clear()
            await self.sleep(wait_s)
        return await next(request)

    async def _tried(self, request: Request, next: Next, number: int) -> "Response | float":
        """The answer if it is the result, else seconds to wait."""
        try:
            response = await next(request)
        except (ConnectFailed, ProtocolFailed, TimedOut) as error:
            wait_s = self.pause(number)
            if not may_pass(error) or self._is_too_late(request, wait_s):
                raise
            return wait_s
        if response.status not in self.statuses:
            return response
        asked_s = retry_after(response.headers.get("retry-after"), time.time())
        wait_s = self.pause(number) if asked_s is None else asked_s
        if wait_s > max(self.longest_retry_after_s, self.longest_s) or self._is_too_late(request, wait_s):
            return response
        response.release()
        return wait_s

    def pause(self, number: int) -> float:
        return min(self.longest_s, self.pause_s * 2.0 ** min(number, 30)) * (0.5 + 0.5 * self.chance())

    def _is_too_late(self, request: Request, wait_s: float) -> bool:
        return bool(request.due) and time.monotonic() + wait_s >= request.due


def is_repeatable(request: Request) -> bool:
    """A body from an iterator is gone once it has been sent."""
    return request.source is None or request.source.length is not None


def may_pass(error: ClientError) -> bool:
    if isinstance(error, TimedOut):
        return error.kind == "connect"
    return isinstance(error, ConnectFailed) or error.nothing_came


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds from now: the field has a number of them or a date (RFC 9110 §10.2.3); None for anything else."""
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= 10 else float("inf")
    at = parse_http_date(value)
    return None if at is None else max(0.0, at - now)
