"""The coroutine of a handler as a task: here an asyncio.Task; the compiled twin runs it at once, up to its first wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol


class Exchange(Protocol):
    def handler_ended(self, error: BaseException | None) -> None: ...


def run_handler(
    coroutine: Coroutine[Any, Any, None], exchange: Exchange, loop: asyncio.AbstractEventLoop
) -> "asyncio.Task[None] | None":
    """`exchange.handler_ended(error)` is called once, when the coroutine has returned (None) or raised.

    Returns None when that was at once.
    """
    run = _Run(coroutine, exchange)
    task = loop.create_task(run.through())
    task.add_done_callback(run.check_begun)
    return task


class _Run:
    def __init__(self, coroutine: Coroutine[Any, Any, None], exchange: Exchange) -> None:
        self._coroutine = coroutine
        self._exchange = exchange
        self._has_begun = False

    async def through(self) -> None:
        self._has_begun = True
        error: BaseException | None = None
        try:
            await self._coroutine
        except (Exception, asyncio.CancelledError) as left:
            error = left
        except BaseException as left:
            error = left
            raise
        finally:
            self._exchange.handler_ended(error)

    def check_begun(self, task: "asyncio.Task[None]") -> None:
        """A task cancelled before its first step has run nothing: that is made up for."""
        if not self._has_begun:
            self._coroutine.close()
            self._exchange.handler_ended(asyncio.CancelledError())
