"""`@app.every(seconds)` as a service: one run at a time, errors logged, stopped between two runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("sennit.app")


class PeriodicWork:
    """Runs `work()` every `seconds`, first after one interval; a run that takes longer delays the next."""

    def __init__(self, name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._seconds = seconds
        self._work = work
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def drain(self) -> None:
        self._stopping.set()

    async def drained(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task})

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while not await self._is_stopped_within(self._seconds):
            try:
                await self._work()
            except Exception:
                log.exception("%s failed; it runs again in %g s", self.name, self._seconds)

    async def _is_stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True
