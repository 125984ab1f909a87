"""A WSGI application below a path: `app.mount("/old", flask_app)`."""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ..errors import NotFound
from ..web.request import Request
from ..web.response import Response
from ..web.websocket import WebSocket
from .wsgi_call import Application, WsgiCall

THREADS = 20
"""Requests to one WSGI application at one time; further ones wait."""


class WsgiMount:
    """`web.Mounted` for WSGI (PEP 3333), in a bounded pool of threads.

    Bodies stream both ways with back-pressure: a thread that writes faster than its client reads waits. When the client goes,
    writing raises OSError and the application's `close()` is called. threads: at one time; an answer holds its thread to the end.
    """

    def __init__(self, application: Application, *, threads: int = THREADS) -> None:
        self.application = application
        self._most = threads
        self._threads: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """WSGI applications are not told."""
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="sennit-wsgi")

    async def stop(self) -> None:
        """May be started again."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def answer(self, request: Request, root: str) -> Response:
        if self._threads is None:
            await self.start()
        call = WsgiCall(self.application, request, root)
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, partial(contextvars.copy_context().run, call.run)
        )
        try:
            return await call.response()
        except asyncio.CancelledError:
            running.cancel()  # it may not have begun
            raise

    async def connect(self, ws: WebSocket[Any], root: str) -> None:
        raise NotFound(detail="No WebSocket is at this address.")
