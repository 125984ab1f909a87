"""A thread with an event loop of its own, for programs that have none: started by the first call, gone with its client."""

import asyncio
import atexit
import os
import sys
import threading
from asyncio import _get_running_loop
from collections.abc import Awaitable, Callable
from importlib.util import find_spec

from ..errors import SennitError
from .errors import client_closed
from .job_threads import JobThreads

NAME = "sennit client"


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed; the contract is asyncio."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


class LoopThread:
    """closing: what is to be awaited at the end, in the loop. new_loop: makes the loop, in the thread that calls first.

    A daemon, so that it keeps no interpreter alive; one that nobody has closed is closed as the interpreter ends.
    """

    def __init__(
        self,
        closing: Callable[[], Awaitable[None]],
        new_loop: Callable[[], asyncio.AbstractEventLoop] = new_event_loop,
    ) -> None:
        self._closing = closing
        self._new_loop = new_loop
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._is_closed = self._is_over = False

    def call(self, function: Callable[[asyncio.AbstractEventLoop], object]) -> None:
        """Have it called in the loop soon. What is called before `close` is, is called before the loop ends.

        Raises ConnectFailed (client.E011) once it is closed, SennitError in a loop (client.E034), after a fork (client.E035).
        """
        running = _get_running_loop()
        if running is not None and (running is self._loop or not is_notebook()):
            raise _in_a_loop()
        if self._loop is not None and self._pid != os.getpid():
            raise _after_a_fork()
        with self._lock:
            if self._is_closed:
                raise client_closed("")
            loop = self._loop or self._start()
            loop.call_soon_threadsafe(function, loop)

    def tell(self, function: Callable[..., object], *args: object) -> None:
        """As `call`, for what nobody waits for: dropped without a word when there is no loop any more."""
        loop = self._loop
        if loop is None or self._pid != os.getpid():
            return
        try:
            loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            pass  # it has ended meanwhile

    def close(self) -> None:
        """Calls that are under way raise ConnectFailed; the thread has ended when this returns. Twice is once."""
        if self._loop is not None and _get_running_loop() is self._loop:
            raise _in_a_loop()
        if self.close_soon() and self._thread is not None:
            self._thread.join()

    def close_soon(self) -> bool:
        """Without waiting for the end. False where there is nothing to wait for: not started, or another process's."""
        if self._loop is not None and self._pid != os.getpid():
            return False
        with self._lock:
            is_first, self._is_closed = not self._is_closed, True
            if self._loop is None:
                return False
            if is_first:
                self._loop.call_soon_threadsafe(self._begin_end)
        return True

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = self._new_loop()
        # Its own, so that the threads which ask for names and write files end with it.
        self._executor = JobThreads(NAME)
        loop.set_default_executor(self._executor)
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._serve, args=(loop,), name=NAME, daemon=True)
        self._thread.start()
        self._loop = loop
        atexit.register(self.close)
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._is_over:
            try:
                loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                pass  # raised by the program's code in a call, whose thread gets it
        self._executor.shutdown()
        loop.close()
        atexit.unregister(self.close)

    def _begin_end(self) -> None:
        assert self._loop is not None
        self._ending = self._loop.create_task(self._end(self._loop))

    async def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            await self._closing()
        finally:
            left = asyncio.all_tasks(loop) - {self._ending}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await loop.shutdown_asyncgens()
            self._is_over = True
            loop.stop()


def is_notebook() -> bool:
    """A cell of a notebook runs inside the loop of its kernel, which waits for every cell anyway."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def _in_a_loop() -> SennitError:
    return SennitError(
        code="client.E034",
        what="a SyncClient was used where an event loop runs: everything in that loop would stand still until the answer comes",
        where="SyncClient in a coroutine, or in a function that one has called",
        fix="use `async with Client() as client` and await its methods; or, in a function that cannot, "
        "`await asyncio.to_thread(client.get, url)`",
    )


def _after_a_fork() -> SennitError:
    return SennitError(
        code="client.E035",
        what="this SyncClient was used before the process was forked: its thread and its connections are the parent's",
        where=f"SyncClient in process {os.getpid()}",
        fix="make a SyncClient in each process, after the fork",
    )
