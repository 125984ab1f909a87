"""Functions that are called after a commit: `Model.on(…)`."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from .changes import Change

log = logging.getLogger("sennit.model")


class Observers:
    """Runs the observers of models; what they raise is logged and stops nobody else."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def tell(self, changes: tuple[Change, ...]) -> None:
        """Call every observer of every change; coroutines run as tasks of the current loop."""
        for change in changes:
            for observer in observers_of(change):
                self._call(observer, change)

    def _call(self, observer: Callable[..., Any], change: Change) -> None:
        try:
            result = observer(change)
        except Exception:
            log.exception("observer %s failed", getattr(observer, "__qualname__", observer))
            return
        if inspect.iscoroutine(result):
            task = asyncio.get_running_loop().create_task(_logged(observer, result))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finished(self) -> None:
        """Wait for those that still run."""
        while self._running:
            await asyncio.wait(set(self._running))


async def _logged(observer: Callable[..., Any], work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception:
        log.exception("observer %s failed", getattr(observer, "__qualname__", observer))


def observers_of(change: Change) -> list[Callable[..., Any]]:
    """The observers of a change: those of its model and of the bases it inherits from; each once."""
    found: dict[Callable[..., Any], None] = {}
    for base in getattr(change.model, "__mro__", ()):
        registered = base.__dict__.get("__observers__", {})
        ops = registered if change.op == "any" else (change.op,)
        for op in ops:
            found.update(dict.fromkeys(registered.get(op, ())))
    return list(found)
