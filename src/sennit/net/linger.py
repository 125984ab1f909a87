"""The end of a connection whose peer may still be sending."""

from typing import Any, Protocol

from .errors import ProtocolError
from .reason import CloseReason, TimedOut

LINGER_S = 2.0
MOST_BYTES = 4 * 1024 * 1024


class Lingered(Protocol):
    def finish_closing(self) -> None: ...
    def abort(self, reason: CloseReason | None = None) -> None: ...


class Told(Protocol):
    def closed(self, reason: CloseReason) -> None: ...


class Lingering:
    """Reads to nowhere, at most MOST_BYTES, until the peer closes; then tells the protocol that it stands in for."""

    __slots__ = ("_before", "_connection", "_left")

    def __init__(self, connection: Lingered, before: Told) -> None:
        self._connection = connection
        self._before = before
        self._left = MOST_BYTES

    def connected(self, connection: object) -> None:
        """Never called: it takes over a connection that is open."""

    def received(self, messages: list[Any]) -> None:
        self._left -= sum(map(len, messages))
        if self._left < 0:
            self._connection.abort()

    def writable(self) -> None:
        """What was queued has left; the peer's end is still awaited."""

    def draining(self) -> None:
        """It is closing already."""

    def eof(self) -> None:
        self._connection.finish_closing()

    def failed(self, error: ProtocolError) -> None:
        """There is no codec any more."""

    def timed_out(self, kind: str) -> None:
        self._connection.abort(TimedOut(kind))

    def closed(self, reason: CloseReason) -> None:
        self._before.closed(reason)
