"""Health endpoints: `/-/live` says that the process answers, `/-/ready` that it can do its work. Neither says more."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..web.response import TEXT, Response
from ..web.route import Route
from ..web.router import Router
from .message_service import in_transaction

if TYPE_CHECKING:
    from .runtime import Runtime

log = logging.getLogger("sennit.app")

LIVE = "/-/live"
READY = "/-/ready"
PROBES = frozenset((LIVE, READY))

CHECK_S = 1.0
"""For all checks together, which run side by side."""
KEPT_S = 1.0
"""An answer is good for that long: whoever asks more often costs nothing, the database least of all."""
SAY_AGAIN_S = 60.0


class Health:
    """Whether an application is ready: started, not draining, its database reachable, its own checks content."""

    def __init__(self, runtime: "Runtime", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self.is_started = False
        self.is_draining = False
        self._looking: asyncio.Task[str] | None = None
        self._looked_at = -KEPT_S
        self._said: tuple[str, float] = ("", -SAY_AGAIN_S)

    async def is_ready(self) -> bool:
        """One look at a time, however many ask."""
        if not self.is_started or self.is_draining:
            return False
        if self._looking is None or (self._looking.done() and self._clock() - self._looked_at >= KEPT_S):
            self._looking = asyncio.ensure_future(self._look())
        trouble = await asyncio.shield(self._looking)
        self._say(trouble)
        return not trouble

    async def _look(self) -> str:
        """What is wrong, empty when nothing is."""
        checks = [self._check("the database", self._ask_database)] if self._runtime.engine is not None else []
        checks.extend(self._check(route.where, lambda r=route: self._ask(r)) for route in self._runtime.readies)  # type: ignore[misc]
        troubles = await asyncio.gather(*checks)
        self._looked_at = self._clock()
        return "; ".join(filter(None, troubles))

    async def _check(self, name: str, ask: Callable[[], Awaitable[bool]]) -> str:
        try:
            async with asyncio.timeout(CHECK_S):
                return "" if await ask() else f"{name} says no"
        except TimeoutError:
            return f"{name} took longer than {CHECK_S:g} s"
        except Exception as error:
            return f"{name} failed: {type(error).__name__}: {error}"

    async def _ask_database(self) -> bool:
        assert self._runtime.engine is not None, "asked only where there is one"
        await self._runtime.engine.reading().execute("select 1")
        return True

    async def _ask(self, route: Route) -> bool:
        return await in_transaction(self._runtime.site, route, {}) is not False

    def _say(self, trouble: str) -> None:
        """To the log, not to whoever asks: once when it changes, and once a minute while it lasts."""
        before, at = self._said
        if trouble != before or (trouble and self._clock() - at >= SAY_AGAIN_S):
            self._said = (trouble, self._clock())
            if trouble:
                log.warning("not ready: %s", trouble)
            elif before:
                log.info("ready again")


def health_router(health: Callable[[], Health]) -> Router:
    """`health` is asked at each request, for it is made after the routes."""
    router = Router("/-", name="sennit.health")

    @router.get("/live", name="live")
    async def live() -> Response:
        return _answer("live", 200)

    @router.get("/ready", name="ready")
    async def ready() -> Response:
        return _answer("ready", 200) if await health().is_ready() else _answer("not ready", 503)

    return router


def _answer(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, {"cache-control": "no-store"}, TEXT)
