"""The one interface of every bus.

A message may be lost; that it may have been is told by `on_gap`, upon which listeners look at the truth themselves. So
a bus never has to repeat, store or acknowledge anything, and never makes a commit fail.
"""

from collections.abc import Callable
from typing import Protocol

OnMessage = Callable[[str, bytes], None]
"""Called with subject and payload of a message of another process, in the loop's thread."""

OnGap = Callable[[], None]
"""Called when messages may have been missed: the line was down, a number was skipped, a peer began anew."""


class Bus(Protocol):
    """A service (`net.Service`) that carries messages between the processes of one application."""

    name: str

    @property
    def is_alone(self) -> bool:
        """There is never another process: publishing is pointless and callers may skip encoding."""
        ...

    def listen(self, on_message: OnMessage, on_gap: OnGap) -> None:
        """Before `start`. Own messages do not come back."""
        ...

    def publish(self, subject: str, payload: bytes) -> None:
        """To every other process. Never waits, never raises; what cannot be sent becomes a gap there."""
        ...

    async def start(self) -> None: ...

    def drain(self) -> None: ...

    async def drained(self) -> None: ...

    async def close(self) -> None: ...
