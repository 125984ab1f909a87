"""A worker process, as its supervisor sees it."""

import asyncio
import logging
import signal
from collections.abc import Callable

from msgspec import Struct

from .channel import ChannelClosed
from .messages import Drain, FromWorker, Plan
from .recycling import Recycling
from .spawning import Spawned

log = logging.getLogger("sennit.supervisor")

ENDING_S = 2.0
"""For a worker to end whose line has ended."""


class Worker:
    """slot: which of the sockets it listens on by right. generation: which start or reload made it.

    `is_up` becomes True when it is ready, False when it ends before. Times are seconds of the supervisor's clock.
    """

    def __init__(self, spawned: Spawned, slot: int, generation: int, now: float) -> None:
        self.slot = slot
        self.generation = generation
        self.born_at = self.heard_at = now
        self.ready_at: float | None = None
        self.drained_by: float | None = None
        """By when it is to have ended, once it drains."""
        self.killed_for = ""
        self.plan: Plan | None = None
        self.recycling: Recycling | None = None
        self.listens_on: set[int] = {slot}
        self.has_services = False
        self.is_up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._process = spawned.process
        self._channel = spawned.channel

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_draining(self) -> bool:
        return self.drained_by is not None

    @property
    def is_serving(self) -> bool:
        return self.ready_at is not None and self.drained_by is None

    def lived_s(self, now: float) -> float:
        """How long it was ready; 0 when it never was."""
        return 0.0 if self.ready_at is None else now - self.ready_at

    # ── talking ──────────────────────────────────────────────────────────────

    def listen(self, said: Callable[["Worker", FromWorker], None]) -> None:
        """Hand on what the worker says."""
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._receive, said)

    def tell(self, message: Struct, descriptors: list[int] | None = None) -> None:
        try:
            self._channel.send(message, descriptors)
        except ChannelClosed as error:
            self._lose(error)

    def drain(self, until: float, *, hands_over: bool) -> None:
        """Have it finish what is in hand and end; one that is still starting ends at once."""
        self.drained_by = until
        if self.plan is None:
            self._process.terminate()
        else:
            self.tell(Drain(hands_over))

    def _receive(self, said: Callable[["Worker", FromWorker], None]) -> None:
        try:
            for message in self._channel.receive():
                said(self, message)
        except ChannelClosed as error:
            self._lose(error)

    def _lose(self, error: ChannelClosed) -> None:
        """It cannot be spoken to any more: mostly it has ended, and SIGCHLD is on its way."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._channel.fileno())
        if not self.is_draining:
            loop.call_later(ENDING_S, self._kill_if_there, f"it cannot be spoken to: {error}")

    def _kill_if_there(self, why: str) -> None:
        if self._process.poll() is None:
            self.kill(why)

    # ── ending ───────────────────────────────────────────────────────────────

    def end_now(self) -> None:
        """A second SIGTERM ends a worker that drains, without its leave."""
        self._process.terminate()

    def dump(self) -> None:
        """Have it write the stack of each thread to standard error, even if its loop stands still."""
        self._process.send_signal(signal.SIGQUIT)

    def kill(self, why: str) -> None:
        self.killed_for = self.killed_for or why
        self._process.kill()

    def has_ended(self) -> int | None:
        """The exit status, negative for a signal; None while it lives."""
        return self._process.poll()

    def let_go(self) -> None:
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        self._channel.close()
        if not self.is_up.done():
            self.is_up.set_result(False)


def ending(status: int) -> str:
    """How a process ended, for people."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
