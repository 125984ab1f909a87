"""What has come over a connection and waits for the one coroutine that takes it, and the waits of both directions.

Compiled where that is possible, from this very file (`inbox.pxd` gives the types). A message that is there is taken without a
wait, and a coroutine that waits goes on inside the read that brings its message: what it answers to all messages of
one read leaves in one write, and no future is made for a message.
"""

import asyncio
from asyncio import CancelledError, InvalidStateError, current_task, get_running_loop
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from types import TracebackType
from typing import Any

from ..errors import SennitError
from .connection import Connection
from .errors import ConnectionClosed

FAIR_SHARE = 256
"""Messages after which a busy coroutine lets others run: asyncio never would."""
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
        return Receiving(self, False)  # type: ignore[return-value]  # it has all that a coroutine has

    def next(self) -> Coroutine[Any, Any, Any]:
        """As `receive`, for `__anext__`: StopAsyncIteration at the end, and where draining has begun."""
        return Receiving(self, True)  # type: ignore[return-value]

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
            return SENT  # type: ignore[return-value]
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

    def _wait(self) -> "Wakeup":
        if self._reader is not None:
            raise SennitError(
                code="net.E005",
                what="two coroutines receive from one connection",
                where=f"the connection from {self.connection.peer}",
                fix="receive in one coroutine and hand the messages on; sending from many is fine",
            )
        self._turns = 0
        self._reader = Wakeup(self, get_running_loop())
        return self._reader


class Receiving:
    """One wait for a message, to be awaited once. It counts as a coroutine: tasks can be made of it."""

    __slots__ = ("_inbox", "_iterates", "_wakeup")

    def __init__(self, inbox: Inbox, iterates: bool) -> None:
        self._inbox = inbox
        self._iterates = iterates
        self._wakeup: Wakeup | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self  # type: ignore[return-value]  # it has all that `await` asks of a generator

    def __iter__(self) -> "Receiving":
        return self

    def __next__(self) -> Any:
        inbox = self._inbox
        if inbox._at < len(inbox._batch) and not (self._iterates and inbox._in_hand == 0):
            if inbox._turns < FAIR_SHARE:
                inbox._turns += 1
                raise StopIteration(inbox.take())
            inbox._turns = 0
            return None
        if self._iterates and inbox._in_hand != UNBOUNDED:
            raise StopAsyncIteration
        if inbox._has_ended:
            raise self._end()
        self._wakeup = inbox._wait()
        return self._wakeup

    def _end(self) -> BaseException:
        error = self._inbox.why_ended()
        return StopAsyncIteration() if self._iterates and isinstance(error, ConnectionClosed) else error

    def send(self, value: None) -> Any:
        return self.__next__()

    def throw(self, kind: Any, error: BaseException | None = None, traceback: TracebackType | None = None) -> Any:
        self.close()
        if isinstance(kind, BaseException):
            raise kind
        raise kind() if error is None else error

    def close(self) -> None:
        """The wait is given up."""
        if self._wakeup is not None and self._inbox._reader is self._wakeup:
            self._inbox._reader = None


class Sent:
    """Something that has been done when it is returned. It counts as a coroutine."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, None]:
        return self  # type: ignore[return-value]

    def __iter__(self) -> "Sent":
        return self

    def __next__(self) -> Any:
        raise StopIteration

    def send(self, value: None) -> Any:
        raise StopIteration

    def throw(self, kind: Any, error: BaseException | None = None, traceback: TracebackType | None = None) -> Any:
        if isinstance(kind, BaseException):
            raise kind
        raise kind() if error is None else error

    def close(self) -> None:
        """There is nothing to give up."""


SENT = Sent()


class Wakeup:
    """What a task that receives waits for: of asyncio's Future the part that tasks use, with room for one callback."""

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_context",
        "_inbox",
        "_is_cancelled",
        "_is_done",
        "_loop",
        "_why",
    )

    def __init__(self, inbox: Inbox, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = True
        self._inbox = inbox
        self._loop = loop
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._is_done = self._is_cancelled = False
        self._why: object = None

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._is_cancelled

    def result(self) -> None:
        if self._is_cancelled:
            raise CancelledError() if self._why is None else CancelledError(self._why)
        if not self._is_done:
            raise InvalidStateError("no message has come yet")

    def exception(self) -> None:
        self.result()

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        self._callback = callback
        self._context = copy_context() if context is None else context
        if self._is_done:
            self.wake_soon()

    def remove_done_callback(self, callback: Callable[[Any], object]) -> int:
        if self._callback != callback:
            return 0
        self._callback = None
        return 1

    def cancel(self, msg: object = None) -> bool:
        if self._is_done:
            return False
        self._is_cancelled = True
        self._why = msg
        if self._inbox._reader is self:
            self._inbox._reader = None
        self.wake_soon()
        return True

    def wake(self) -> None:
        """Let the task go on here and now, unless another is in the middle of a step: asyncio's do not nest."""
        if current_task(self._loop) is not None:
            self.wake_soon()
            return
        self._is_done = True
        callback, self._callback = self._callback, None
        if callback is not None and self._context is not None:
            self._context.run(callback, self)

    def wake_soon(self) -> None:
        self._is_done = True
        callback, self._callback = self._callback, None
        if callback is not None:
            self._loop.call_soon(callback, self, context=self._context)
