"""A plain pool for threads: a list of connections, and a bounded number of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .failures import busy


class ThreadSlots:
    """At most `limit` connections of psycopg; who finds none waits at most `wait_s` seconds."""

    def __init__(self, connect: Callable[[], Any], limit: int, wait_s: float) -> None:
        self._connect = connect
        self._wait_s = wait_s
        self._free = threading.BoundedSemaphore(limit)
        self._idle: list[Any] = []
        self._is_closed = False

    @contextmanager
    def taken(self) -> Iterator[Any]:
        """A connection for a while. Raises ServiceUnavailable when none comes free."""
        if not self._free.acquire(timeout=self._wait_s):
            raise busy("All connections to the database are in use.")
        try:
            connection = self._idle_one() or self._connect()
            try:
                yield connection
            except BaseException:
                self._keep_if_clean(connection)
                raise
            self._keep_if_clean(connection)
        finally:
            self._free.release()

    def forget_idle(self) -> None:
        """Close all that nobody uses."""
        while (connection := self._idle_one()) is not None:
            connection.close()

    def close(self) -> None:
        """Close all that are idle; those in use are closed when they come back."""
        self._is_closed = True
        self.forget_idle()

    def _idle_one(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _keep_if_clean(self, connection: Any) -> None:
        is_clean = not connection.closed and connection.info.transaction_status.name == "IDLE"
        if is_clean and not self._is_closed:
            self._idle.append(connection)
        else:
            connection.close()
