"""What a task waits for that goes on inside the read which brings what it waits for.

Of asyncio's Future it has the part that tasks use, with room for one callback. `_wakeup.pyx` is its compiled twin.
"""

import asyncio
from asyncio import CancelledError, InvalidStateError, current_task
from collections.abc import Callable, Generator
from contextvars import Context, copy_context
from typing import Any


class Wakeup:
    """Of one loop, for one wait."""

    __slots__ = (
        "_asyncio_future_blocking",
        "_callback",
        "_context",
        "_error",
        "_is_cancelled",
        "_is_done",
        "_loop",
        "_value",
        "_why",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = True
        self._loop = loop
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._is_done = self._is_cancelled = False
        self._why: object = None
        self._value: Any = None
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Any, None, None]:
        """Raises as `result`, which is to be asked for what came: a StopIteration with a value costs more than all of this."""
        return self  # type: ignore[return-value]  # it has all that `await` asks of a generator

    def __iter__(self) -> "Wakeup":
        return self

    def __next__(self) -> "Wakeup":
        if not self._is_done:
            return self
        self.result()
        raise StopIteration

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return self._is_cancelled

    def result(self) -> Any:
        """What it was woken with. Raises what it was failed with, CancelledError, and InvalidStateError before."""
        if self._is_cancelled:
            raise CancelledError() if self._why is None else CancelledError(self._why)
        if not self._is_done:
            raise InvalidStateError("what it waits for has not come yet")
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self) -> BaseException | None:
        if self._error is None:
            self.result()
        return self._error

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        self._callback = callback
        self._context = copy_context() if context is None else context
        if self._is_done:
            self._call_back_soon()

    def remove_done_callback(self, callback: Callable[[Any], object]) -> int:
        if self._callback != callback:
            return 0
        self._callback = None
        return 1

    def cancel(self, msg: object = None) -> bool:
        if self._is_done:
            return False
        self._is_cancelled = self._is_done = True
        self._why = msg
        self._call_back_soon()
        return True

    def wake(self, value: Any = None) -> None:
        """Let the task go on here and now, unless another is in the middle of a step: asyncio's do not nest."""
        if self._is_done or current_task(self._loop) is not None:
            self.wake_soon(value)
            return
        self._is_done = True
        self._value = value
        callback, self._callback = self._callback, None
        if callback is not None and self._context is not None:
            self._context.run(callback, self)

    def wake_soon(self, value: Any = None) -> None:
        """Nothing, once it is done."""
        if not self._is_done:
            self._is_done = True
            self._value = value
        self._call_back_soon()

    def fail_soon(self, error: BaseException) -> None:
        """The task gets the error. Nothing, once it is done."""
        if not self._is_done:
            self._error = error
        self.wake_soon()

    def _call_back_soon(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            self._loop.call_soon(callback, self, context=self._context)
