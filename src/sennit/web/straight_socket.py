"""How a WebSocket's handler is run when nothing stands around it; the compiled twin does it without a coroutine of its own."""

import asyncio
from typing import TYPE_CHECKING, Any

from . import socket_answering
from .binder import NOT_YET

if TYPE_CHECKING:
    from .context import Context
    from .websocket import WebSocket


async def straight_socket(ctx: "Context", ws: "WebSocket[Any]") -> None:
    """Calls the handler, then closes what it has left open or refuses what it has not accepted."""
    failure: BaseException | None = None
    try:
        value = socket_answering.call_at_once(ctx)
        if value is NOT_YET:
            value = await socket_answering.call_later(ctx)
        if asyncio.iscoroutine(value):
            await value
    except BaseException as error:
        failure = error
    try:
        await socket_answering.handler_ended(ctx, ws, failure)
    finally:
        failure = None  # it refers to this frame
