"""A plain pool for the event loop: a list of connections, and a queue of those who wait for one."""

import asyncio
import collections
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from .failures import busy

MAX_WAITING = 10_000

CLOSE_S = 5
"""How long a connection has to say goodbye."""


class Pooled(Protocol):
    """What a pool asks of a connection, as asyncpg has it."""

    def is_closed(self) -> bool:
        """Whether it is gone."""

    def terminate(self) -> None:
        """Cut it off."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  (as asyncpg has it)
        """End it; waits until a statement that was cancelled has ended."""


C = TypeVar("C", bound=Pooled)


class Slots(Generic[C]):
    """At most `limit` connections; who finds none waits, first come, first served, for at most `wait_s` seconds."""

    def __init__(self, connect: Callable[[], Awaitable[C]], limit: int, wait_s: float) -> None:
        self._connect = connect
        self._limit = limit
        self._wait_s = wait_s
        self._idle: list[C] = []
        self._used = 0  # slots that have a connection, or are getting or losing one
        self._waiting: collections.deque[asyncio.Future[C | None]] = collections.deque()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def used(self) -> int:
        """Connections that are open, idle ones among them."""
        return self._used

    @property
    def idle(self) -> int:
        """Connections that nobody uses."""
        return len(self._idle)

    async def take(self) -> C:
        """A connection, to be ended with `give_back` or `drop`. Raises ServiceUnavailable."""
        while self._idle:
            # The one used last: the others grow old, and the server has what this one needs in its caches.
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._used -= 1
        return await self._new_or_next()

    async def take_fresh(self) -> C:
        """A connection that was made just now, after one was found dead."""
        if self._idle:
            self._idle.pop(0).terminate()
            self._used -= 1
        return await self._new_or_next()

    def give_back(self, connection: C) -> None:
        """Let the next one have it."""
        if connection.is_closed():
            self._free()
            return
        if not self._limit:
            self.drop(connection)
            return
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return
        self._idle.append(connection)

    def drop(self, connection: C) -> None:
        """Close it, because of what state it is in; its slot is free when it is closed."""
        task = asyncio.get_running_loop().create_task(self._end(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Close all that are idle; those in use are closed when they come back."""
        self._limit = 0
        for future in self._waiting:
            if not future.done():
                future.set_exception(busy("The database was closed."))
        while self._idle:
            self.drop(self._idle.pop())
        while self._ending:
            await asyncio.wait(set(self._ending))

    # -- slots ------------------------------------------------------------------------------------------------------

    async def _new_or_next(self) -> C:
        if self._used < self._limit:
            self._used += 1
            return await self._open()
        connection = await self._wait()
        return await self._open() if connection is None else connection

    async def _open(self) -> C:
        """A new connection in a slot that was counted already."""
        try:
            return await self._connect()
        except BaseException:
            self._free()
            raise

    async def _wait(self) -> C | None:
        """The connection that was given back, or None for a slot that has none."""
        if len(self._waiting) >= MAX_WAITING:
            raise busy("Too many reads wait for the database.")
        future: asyncio.Future[C | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(self._wait_s):
                return await future
        except TimeoutError:
            self._pass_on(future)
            raise busy("All connections to the database are in use.") from None
        except asyncio.CancelledError:
            self._pass_on(future)
            raise

    def _pass_on(self, future: asyncio.Future[C | None]) -> None:
        """What came in the moment in which its taker went."""
        if not future.done() or future.cancelled() or future.exception() is not None:
            return
        connection = future.result()
        if connection is None:
            self._free()
        else:
            self.give_back(connection)

    def _free(self) -> None:
        """The slot has no connection any more: who waits longest may fill it."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return
        self._used -= 1

    async def _end(self, connection: C) -> None:
        try:
            await connection.close(timeout=CLOSE_S)
        except Exception:
            connection.terminate()
        self._free()
