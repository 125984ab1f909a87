"""How late the event loop is: what blocks it shows here, whatever it is."""

import asyncio

EVERY_S = 0.25


class LoopLag:
    """A service. `now`: seconds by which the last of its wake-ups was late; `most`: the worst since it was last read."""

    name = "loop lag"

    def __init__(self) -> None:
        self.now = 0.0
        self._most = 0.0
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        self._wait()

    def drain(self) -> None:
        """Goes on to the end."""

    async def drained(self) -> None:
        """Holds nothing."""

    async def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def take_most(self) -> float:
        most, self._most = self._most, self.now
        return most

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + EVERY_S
        self._handle = loop.call_at(self._due, self._woken)

    def _woken(self) -> None:
        self.now = max(0.0, asyncio.get_running_loop().time() - self._due)
        self._most = max(self._most, self.now)
        self._wait()
