"""The awaitables of an inbox: a message that is there is taken without a wait, what has been sent is done at once.

They count as coroutines, so that tasks can be made of them, and have no frame. `_receiving.pyx` is the compiled twin.
"""

from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .errors import ConnectionClosed

if TYPE_CHECKING:
    from .inbox import Inbox
    from .wakeup import Wakeup

FAIR_SHARE = 256
"""Messages after which a busy coroutine lets others run: asyncio never would."""


def receiving(inbox: "Inbox", iterates: bool) -> Coroutine[Any, Any, Any]:
    """One wait for a message, to be awaited once. iterates: StopAsyncIteration at the end, and where draining has begun."""
    return Receiving(inbox, iterates)  # type: ignore[return-value]  # it has all that a coroutine has


class Receiving:
    """What `receiving` gives."""

    __slots__ = ("_inbox", "_iterates", "_wakeup")

    def __init__(self, inbox: "Inbox", iterates: bool) -> None:
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
        if self._iterates and inbox.is_draining:
            raise StopAsyncIteration
        if inbox._has_ended:
            raise end_of(inbox, self._iterates)
        self._wakeup = inbox.wait()
        return self._wakeup

    def send(self, value: None) -> Any:
        return self.__next__()

    def throw(self, kind: Any, error: BaseException | None = None, traceback: TracebackType | None = None) -> Any:
        self.close()
        if isinstance(kind, BaseException):
            raise kind
        raise kind() if error is None else error

    def close(self) -> None:
        """The wait is given up."""
        if self._wakeup is not None:
            self._inbox.gives_up(self._wakeup)


def end_of(inbox: "Inbox", iterates: bool) -> BaseException:
    """What is raised where nothing more comes."""
    error = inbox.why_ended()
    return StopAsyncIteration() if iterates and isinstance(error, ConnectionClosed) else error


class Sent:
    """Something that has been done when it is returned."""

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


SENT: Coroutine[Any, Any, None] = Sent()  # type: ignore[assignment]
