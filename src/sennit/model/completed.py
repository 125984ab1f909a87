"""Work that must not stop halfway."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


async def completed(work: Coroutine[Any, Any, R]) -> R:
    """The result of the work; when the task that waits for it is cancelled, the work is finished first."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
