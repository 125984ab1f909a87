"""Threads that read SQLite: each has a connection of its own, and takes whole units of work in one hop.

A hop to a thread and back costs six times what a small query does, so everything that belongs together (a page and its
count, rows and their relations) is one hop, and results that are ready at the same time wake the loop once.
"""

import asyncio
import collections
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from .failures import busy

R = TypeVar("R")
Work = Callable[[sqlite3.Connection], R]

MAX_WAITING = 10_000


class Readers:
    """A fixed number of reading threads for one event loop."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], threads: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[asyncio.Future[Any], Work[Any]] | None] = queue.SimpleQueue()
        self._finished: collections.deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = collections.deque()
        self._is_waking = False
        self._waiting = 0
        self._threads = [
            threading.Thread(target=self._read, args=(connect,), name=f"sennit-reader-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, work: Work[R]) -> R:
        """The result of the work, done on a reader's connection. Raises ServiceUnavailable when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise busy("Too many reads wait for the database.")
        future: asyncio.Future[R] = self._loop.create_future()
        self._waiting += 1
        self._queue.put((future, work))
        return await future

    async def close(self) -> None:
        """Finish what is queued, close the connections, end the threads."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._deliver()

    # -- in the threads ---------------------------------------------------------------------------------------------

    def _read(self, connect: Callable[[], sqlite3.Connection]) -> None:
        connection: sqlite3.Connection | None = None
        while (item := self._queue.get()) is not None:
            future, work = item
            try:
                connection = connection or connect()
                self._finish(future, work(connection), None)
            except BaseException as error:
                self._finish(future, None, error)
            del item, future, work  # do not keep the last result alive until the next one
        if connection is not None:
            connection.close()

    def _finish(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._finished.append((future, result, error))
        if self._is_waking:
            return  # the loop has been told and has not come yet: it will find this one too
        self._is_waking = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more

    # -- in the loop ------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        self._is_waking = False
        while self._finished:
            future, result, error = self._finished.popleft()
            self._waiting -= 1
            if future.done():
                continue  # whoever asked has gone
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)
