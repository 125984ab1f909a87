"""What has come over a connection and waits for the one coroutine that takes it, and the waits of both directions.

Compiled where that is possible, from this very file (`inbox.pxd` gives the types). A message that is there is taken without a
wait, and a coroutine that waits goes on inside the read that brings its message: what it answers to all messages of
one read leaves in one write, and no future is made for a message.
"""

import asyncio
from asyncio import get_running_loop
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from .connection import Connection

if TYPE_CHECKING:
    from .receiving import FAIR_SHARE, SENT, receiving
    from .wakeup import Wakeup
else:
    try:
        from ._receiving import FAIR_SHARE, SENT, receiving
        from ._wakeup import Wakeup
    except ImportError:
        from .receiving import FAIR_SHARE, SENT, receiving
        from .wakeup import Wakeup

UNBOUNDED = -1


class Inbox:
    """The base of whatever coroutines receive from: `net.Conn` and WebSockets. One coroutine receives, many may send.

    Above `most_messages`, or `most_bytes` that came since it was last empty, reading pauses until a quarter of the
    messages is left. `why_ended` is the subclass's: the error for whoever receives when nothing more comes.
    """

    __slots__ = (
        "_at",
        "_batch",
        "_bytes",
        "_has_ended",
        "_in_hand",
        "_is_paused",
        "_most_bytes",
        "_most_messages",
        "_reader",
        "_turns",
        "_writers",
        "connection",
    )

    connection: Connection

    def __init__(self, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._batch: list[Any] = []
        self._at = 0
        self._bytes = 0
        self._turns = 0
        self._in_hand = UNBOUNDED
        self._has_ended = self._is_paused = False
        self._reader: Wakeup | None = None
        self._writers: list[asyncio.Future[None]] | None = None

    def why_ended(self) -> Exception:
        """A new error each time; iteration ends silently where it is a ConnectionClosed."""
        raise NotImplementedError

    # ── the coroutine's side ─────────────────────────────────────────────────

    @property
    def waiting(self) -> int:
        """Messages that have come and are not taken."""
        return len(self._batch) - self._at

    def receive(self) -> Coroutine[Any, Any, Any]:
        """Await it for the next message. Raises what `why_ended` gives; a wait that is cancelled loses nothing."""
        return receiving(self, False)

    def next(self) -> Coroutine[Any, Any, Any]:
        """As `receive`, for `__anext__`: StopAsyncIteration at the end, and where draining has begun."""
        return receiving(self, True)

    def take(self) -> Any:
        """The next message, which must be there."""
        batch = self._batch
        message = batch[self._at]
        batch[self._at] = None
        self._at += 1
        if self._at == len(batch):
            self._at = self._bytes = 0
            batch.clear()
        if self._in_hand > 0:
            self._in_hand -= 1
        if self._is_paused:
            self.resume_if_room()
        return message

    def sent(self) -> Coroutine[Any, Any, None]:
        """What `send` returns: done at once unless the peer is behind or it is the turn of others."""
        self._turns += 1
        if self._turns < FAIR_SHARE and not self.connection.is_blocked:
            return SENT
        return self._wait_for_room()

    async def _wait_for_room(self) -> None:
        if self._turns >= FAIR_SHARE:
            self._turns = 0
            await asyncio.sleep(0)
        while self.connection.is_blocked and not self.connection.is_lost:
            if self._writers is None:
                self._writers = []
            writer = get_running_loop().create_future()
            self._writers.append(writer)
            await writer
        self.has_room()

    def has_room(self) -> None:
        """A send that has waited goes on; here a subclass raises where it is all over."""

    # ── the connection's side ────────────────────────────────────────────────

    def put(self, messages: list[Any], size: int) -> None:
        """What one read brought, `size` bytes of it. Whoever receives goes on before this returns."""
        if self._at > self._most_messages:
            del self._batch[: self._at]
            self._at = 0
        self._batch += messages
        self._bytes += size
        if len(self._batch) - self._at > self._most_messages or self._bytes > self._most_bytes:
            self.hold_back()
        reader = self._reader
        if reader is not None:
            self._reader = None
            reader.wake()

    def end_input(self) -> None:
        """Nothing more comes; what is here can still be taken."""
        self._has_ended = True
        self._wake_soon()

    def begin_draining(self) -> None:
        """What has come is in hand and still iterated over; what comes after it is not."""
        self._in_hand = len(self._batch) - self._at
        self._wake_soon()

    @property
    def is_draining(self) -> bool:
        return self._in_hand != UNBOUNDED

    def drop_input(self) -> None:
        """Nobody takes it any more."""
        self._batch.clear()
        self._at = self._bytes = 0
        self.resume_if_room()

    def catch_up(self) -> None:
        """The peer has caught up, or has gone: whoever waits to send goes on."""
        writers, self._writers = self._writers, None
        for writer in writers or ():
            if not writer.done():
                writer.set_result(None)

    def hold_back(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.connection.pause_reading()

    def resume_if_room(self) -> None:
        if self._is_paused and 4 * (len(self._batch) - self._at) <= self._most_messages:
            self._is_paused = False
            self.connection.resume_reading()

    def _wake_soon(self) -> None:
        """Not at once: who ends many connections is in the middle of it."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.wake_soon()

    def wait(self) -> "Wakeup":
        """What whoever receives waits for. Raises SennitError net.E005 where another does already."""
        reader = self._reader
        if reader is not None and not reader.done():
            raise SennitError(
                code="net.E005",
                what="two coroutines receive from one connection",
                where=f"the connection from {self.connection.peer}",
                fix="receive in one coroutine and hand the messages on; sending from many is fine",
            )
        self._turns = 0
        self._reader = reader = Wakeup(self.connection.loop)
        return reader

    def gives_up(self, wakeup: "Wakeup") -> None:
        """The wait is over without a message."""
        if self._reader is wakeup:
            self._reader = None
