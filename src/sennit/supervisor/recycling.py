"""When a worker has done enough: against programs that leak."""

from collections.abc import Callable

from .messages import Beat, Plan

JITTER = 0.1
"""A worker serves up to a tenth more than asked, each another share, so that they do not all end together."""


class Recycling:
    """The limits of one worker. random: a number from 0 to 1."""

    def __init__(self, plan: Plan, random: Callable[[], float]) -> None:
        most = plan.max_requests
        self._most_requests = None if most is None else int(most * (1 + JITTER * random()))
        self._most_memory = plan.max_memory

    def reason(self, beat: Beat) -> str:
        """Why it is to be replaced; empty when it is not."""
        if self._most_requests is not None and beat.requests >= self._most_requests:
            return f"it has answered {beat.requests} requests"
        if self._most_memory is not None and beat.memory > self._most_memory:
            return f"it uses {beat.memory // 1024 // 1024} MiB"
        return ""
