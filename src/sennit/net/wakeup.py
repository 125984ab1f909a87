"""What a task waits for that goes on inside the read which brings what it waits for.

Of asyncio's Future it has the part that tasks use, with room for one callback. `_wakeup.pyx` is its compiled twin.
"""

import asyncio
from asyncio import CancelledError, InvalidStateError, current_task
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any


class Wakeup:
    """Of one loop, for one wait."""

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_context",
        "_is_cancelled",
        "_is_done",
        "_loop",
        "_why",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = True
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
            raise InvalidStateError("what it waits for has not come yet")

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
        self.wake_soon()
        return True

    def wake(self) -> None:
        """Let the task go on here and now, unless another is in the middle of a step: asyncio's do not nest."""
        if self._is_done or current_task(self._loop) is not None:
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
