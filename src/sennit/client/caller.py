"""A thread that has something awaited in another thread's loop, and does meanwhile what the loop asks of it.

So the program's own functions and iterators run where the program runs: in the thread that made the call.
"""

import asyncio
import inspect
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from .errors import client_closed
from .loop_thread import LoopThread

T = TypeVar("T")

_CALLER: ContextVar["weakref.ref[Caller]"] = ContextVar("sennit caller")
"""Whose call a task serves. Set in `Caller.run`, read in `the_caller`. Weak, because what a call leaves behind in the loop
(a watched socket, a timer) keeps the call's context as long as it lasts."""

_END = object()


class Caller:
    """One conversation: a call, or an answer and the reading of it. Its turns follow each other, whoever takes them.

    keeps: what must not be given up while this is there.
    """

    __slots__ = ("__weakref__", "_inbox", "_keeps", "_thread", "_turn")

    def __init__(self, thread: LoopThread, keeps: object) -> None:
        self._thread = thread
        self._keeps = keeps
        self._inbox: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._turn = threading.RLock()

    def run(self, coroutine: Coroutine[Any, Any, T], drop: Callable[[T], object] | None = None) -> T:
        """What it returns or raises. An interruption (KeyboardInterrupt) cancels it and is raised at once; `drop` is then called
        in the loop with what it returns all the same.

        Raises ConnectFailed, SennitError as `LoopThread.call` does.
        """
        call = _Call(coroutine, self._inbox, drop)
        mine = _CALLER.set(weakref.ref(self))
        try:
            self._thread.call(call.begin)
        except BaseException:
            coroutine.close()
            raise
        finally:
            _CALLER.reset(mine)
        try:
            with self._turn:
                self._attend(call)
            return call.result()
        except BaseException:
            self._thread.tell(call.cancel)
            raise

    def _attend(self, call: "_Call[Any]") -> None:
        inbox = self._inbox
        while not call.is_done:
            inbox.get()()

    def tell(self, function: Callable[[], object]) -> None:
        """Have it called in the loop; nobody waits for that."""
        self._thread.tell(function)

    # ── in the loop ──────────────────────────────────────────────────────────

    async def do(self, function: Callable[..., T], *args: Any) -> T:
        """What a function returns or raises that is called in the thread which waits."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[T | None, Exception | None]] = loop.create_future()

        def work() -> None:
            result, error = None, None
            try:
                result = function(*args)
            except Exception as raised:
                error = raised
            self._thread.tell(_settle, done, (result, error))

        self._inbox.put(work)
        result, error = await done
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def order(self, function: Callable[[], object]) -> None:
        """Have a function called in the thread which waits, without waiting for it; what it raises ends the call."""
        self._inbox.put(function)


class _Call(Generic[T]):
    """One coroutine that a thread waits for. Its end stands in the inbox behind all that it has ordered: none of that
    is lost."""

    __slots__ = ("_coroutine", "_drop", "_inbox", "_task", "is_done")

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, T],
        inbox: "SimpleQueue[Callable[[], object]]",
        drop: Callable[[T], object] | None,
    ) -> None:
        self._coroutine = coroutine
        self._drop = drop
        self._inbox = inbox
        self.is_done = False

    def __call__(self) -> None:
        """The waiting thread has come to its end."""
        self.is_done = True

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._coroutine)
        self._task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._inbox.put(self)

    def cancel(self) -> None:
        """The thread has gone: what comes of it is nobody's."""
        self._task.cancel()
        self._task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[T]") -> None:
        if not task.cancelled() and task.exception() is None and self._drop is not None:
            self._drop(task.result())

    def result(self) -> T:
        if self._task.cancelled():
            raise client_closed("")
        return self._task.result()


def _settle(done: "asyncio.Future[Any]", outcome: object) -> None:
    if not done.done():
        done.set_result(outcome)


def the_caller() -> Caller:
    """Of the task that asks. Raises ConnectFailed (client.E011) when nobody waits any more."""
    caller = _CALLER.get()()
    if caller is None:
        raise client_closed("")
    return caller


def ordered(function: Callable[[int], None]) -> Callable[[int], None]:
    """A function of one number, to be called in the loop, that is called in the thread which waits."""
    return lambda number: the_caller().order(lambda: function(number))


async def called(function: Callable[..., Any], *args: Any) -> Any:
    """In the thread which waits; what it returns is awaited in the loop if it is to be."""
    said = await the_caller().do(function, *args)
    return await said if inspect.isawaitable(said) else said


async def pieces_of(iterable: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Each one made in the thread which waits."""
    caller = the_caller()
    iterator = iter(iterable)
    while (piece := await caller.do(next, iterator, _END)) is not _END:
        yield piece  # whatever it is: `body.Once` looks


async def pieces_made(make: Callable[[], Iterable[bytes]]) -> AsyncIterator[bytes]:
    """What a function makes there, anew for each try."""
    async for piece in pieces_of(await the_caller().do(make)):
        yield piece
