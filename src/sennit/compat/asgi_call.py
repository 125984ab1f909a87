"""One HTTP request to an ASGI application: what it receives and sends, and its answer as a Response."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from ..errors import Problem, SennitError
from ..web.request import Request
from .foreign_response import NO_CONTENT, ForeignResponse
from .pieces import Pieces

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

log = logging.getLogger("sennit.compat")

LEAVE_S = 10
"""For an application to end by itself once its client has gone; it is cancelled then."""

END = {"type": "http.request", "body": b"", "more_body": False}


class AsgiCall:
    """The application runs in a task of its own from `begin` on; `response` waits for the head of its answer."""

    def __init__(self, application: Application, scope: dict[str, Any], request: Request, limit: int) -> None:
        self._application = application
        self._scope = scope
        self._request = request
        self._body = request.exchange.stream(limit) if request.exchange.has_body else None
        self._head: tuple[int, list[tuple[str, str]]] | None = None
        self._answered: asyncio.Future[ForeignResponse] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        self._is_received = self._is_ended = False
        self._problem: Problem | None = None
        self._pieces = Pieces()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> "asyncio.Task[None]":
        self._task = asyncio.create_task(self._run())
        return self._task

    async def _run(self) -> None:
        error: BaseException | None = None
        try:
            await self._application(self._scope, self._receive, self._send)
        except BaseException as raised:
            error = raised
        finally:
            self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        """The application has returned: an answer that is not whole by now never will be."""
        if not self._is_ended and error is None:
            error = _misuse("the application returned before its answer was whole", self._scope)
        if isinstance(error, asyncio.CancelledError):
            error = ConnectionAbortedError("the application was cancelled")
        if not self._answered.done():
            self._answered.set_exception(self._problem or error or _misuse("no answer", self._scope))
            self._answered.exception()  # taken notice of: nobody may be waiting any more
        elif not self._is_ended:
            self._pieces.end(error)
        elif error is not None and not isinstance(error, ConnectionError):
            log.error("%s failed after its answer", _place(self._scope), exc_info=error)
        self._over.set()

    async def response(self) -> ForeignResponse:
        """Raises what the application raised before it answered."""
        try:
            return await asyncio.shield(self._answered)
        except asyncio.CancelledError:
            self._leave()
            raise

    def _leave(self) -> None:
        """Nobody listens any more: `receive` says so, `send` raises OSError, and what goes on all the same is cancelled."""
        self._pieces.close()
        self._over.set()
        if not self._is_ended and self._task is not None:
            asyncio.get_running_loop().call_later(LEAVE_S, self._task.cancel)

    # ── what the application calls ───────────────────────────────────────────

    async def _receive(self) -> Message:
        if self._is_received or self._over.is_set():
            await self._over.wait()
            return {"type": "http.disconnect"}
        try:
            piece = await anext(self._body, b"") if self._body is not None else b""
        except Problem as problem:
            self._problem = problem
            raise
        if piece:
            return {"type": "http.request", "body": piece, "more_body": True}
        self._is_received = True
        return dict(END)

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._head is None:
            lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            self._head = int(message["status"]), lines
        elif kind == "http.response.body" and self._head is not None and not self._is_ended:
            await self._send_body(bytes(message.get("body", b"")), more=bool(message.get("more_body", False)))
        else:
            raise _misuse(f"the application sent {kind!r} out of order", self._scope)

    async def _send_body(self, piece: bytes, *, more: bool) -> None:
        if self._pieces.is_closed:
            raise BrokenPipeError("the client has gone")
        if not self._answered.done():
            self._answer(self._stream() if more else piece)
            self._is_ended = not more
        if more and piece:
            await self._pieces.put(piece)
        elif not more and not self._is_ended:
            if piece:
                await self._pieces.put(piece)
            self._is_ended = True
            self._pieces.end()
        if self._is_ended:
            self._over.set()

    def _answer(self, body: bytes | AsyncIterator[bytes]) -> None:
        assert self._head is not None, "checked by the caller"
        status, lines = self._head
        if self._problem is not None:
            self._answered.set_exception(self._problem)  # such as 413: whatever the application made of it
            self._pieces.close()
            return
        is_head = self._request.method == "HEAD"
        self._answered.set_result(ForeignResponse(status, lines, body, is_head=is_head))
        if not isinstance(body, bytes) and (is_head or status in NO_CONTENT):
            self._pieces.discard()
            asyncio.get_running_loop().call_later(LEAVE_S, self._leave)

    async def _stream(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        finally:
            self._leave()


def _misuse(what: str, scope: dict[str, Any]) -> SennitError:
    return SennitError(
        code="compat.E003",
        what=what,
        where=_place(scope),
        fix="send one http.response.start, then http.response.body until more_body is false",
    )


def _place(scope: dict[str, Any]) -> str:
    return f"the ASGI application mounted at {scope['root_path'] or '/'!r}, {scope['path'][:80]!r},"
