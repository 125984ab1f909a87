"""An ASGI application below a path: `app.mount("/shop", starlette_app)`."""

import asyncio
from typing import Any

from ..web.request import Request
from ..web.response import Response
from ..web.websocket import WebSocket
from .asgi_call import LEAVE_S, Application, AsgiCall
from .asgi_scope import http_scope, websocket_scope
from .asgi_socket import AsgiSocket
from .lifespan import Lifespan


class AsgiMount:
    """`web.Mounted` for ASGI 3: http, websocket and lifespan.

    Bodies stream both ways with back-pressure. `root_path` is the path that led here, `path` the whole one. When the client goes,
    `receive` gives http.disconnect, `send` raises OSError, and ten seconds later the application is cancelled. What it does after
    its answer (background tasks) goes on, until `stop`.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._lifespan = Lifespan(application)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Raises SennitError compat.E001, compat.E002."""
        await self._lifespan.start()

    async def stop(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVE_S)
        for task in self._tasks:
            task.cancel()
        await self._lifespan.stop()

    async def answer(self, request: Request, root: str) -> Response:
        call = AsgiCall(self.application, http_scope(request, root, self._lifespan.state), request, request.limits.body)
        task = call.begin()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await call.response()

    async def connect(self, ws: WebSocket[Any], root: str) -> None:
        scope = websocket_scope(ws.request, root, self._lifespan.state)
        socket = AsgiSocket(ws, scope)
        await self.application(scope, socket.receive, socket.send)
        if socket.refusal:
            ws.reject(socket.refusal)
