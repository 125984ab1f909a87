"""Coarse deadlines: setting one is a field write, a sweep now and then finds those that have passed.

A heap of timers would cost a push and a cancel for each request, and nobody needs to know to the millisecond
that a peer is silent.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from .turn import Turn

SWEEP_S = 1.0


class Timed(Protocol):
    def sweep(self, now: float) -> None:
        """Act on every deadline at or before `now`."""
        ...


class Deadlines:
    """The members that have deadlines, and `now`: monotonic seconds, at most one sweep old. `sweep_s`: between two sweeps.

    `turn`: which of them have something to send at the end of this turn of the loop.
    """

    __slots__ = ("_clock", "_handle", "_loop", "_members", "_sweep_s", "now", "turn")

    def __init__(self, clock: Callable[[], float] = time.monotonic, sweep_s: float = SWEEP_S) -> None:
        self._clock = clock
        self._sweep_s = sweep_s
        self._members: set[Timed] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None
        self.now = clock()
        self.turn = Turn()

    def add(self, member: Timed) -> None:
        self._members.add(member)

    def discard(self, member: Timed) -> None:
        self._members.discard(member)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.now = self._clock()
        self._handle = self._loop.call_later(self._sweep_s, self._tick)

    def stop(self) -> None:
        self._loop = None
        if self._handle is not None:
            self._handle.cancel()

    def sweep(self) -> None:
        """Look at every member once. The timer calls it; a test that has moved the clock may."""
        self.now = self._clock()
        for member in tuple(self._members):
            member.sweep(self.now)

    def _tick(self) -> None:
        if self._loop is not None:
            self._handle = self._loop.call_later(self._sweep_s, self._tick)
            self.sweep()
