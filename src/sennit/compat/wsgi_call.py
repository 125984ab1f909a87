"""One request to a WSGI application, which runs in a thread, and its answer as a Response."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Any

from ..errors import SennitError
from ..web.request import Request
from .foreign_response import NO_CONTENT, ForeignResponse
from .pieces import Pieces
from .wsgi_environ import environ_of
from .wsgi_input import WsgiInput

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class WsgiCall:
    """`run` is called in a thread; everything it tells goes through the loop, and waits there while the client does not read."""

    def __init__(self, application: Application, request: Request, root: str) -> None:
        self._application = application
        self._loop = asyncio.get_running_loop()
        exchange = request.exchange
        body = exchange.stream(request.limits.body) if exchange.has_body else None
        self._input = WsgiInput(body, self._loop)
        self._environ = environ_of(exchange, root, self._input) | {"wsgi.file_wrapper": FileWrapper}
        self._is_head = exchange.method == "HEAD"
        self._head: tuple[int, list[tuple[str, str]]] | None = None
        self._is_sent = False
        self._answered: asyncio.Future[ForeignResponse] = self._loop.create_future()
        self._pieces = Pieces()

    async def response(self) -> ForeignResponse:
        """Raises what the application raised before it answered."""
        try:
            return await asyncio.shield(self._answered)
        except asyncio.CancelledError:
            self._pieces.close()
            raise

    # ── in the thread ────────────────────────────────────────────────────────

    def run(self) -> None:
        error: BaseException | None = None
        try:
            self._serve(self._application(self._environ, self._start_response))
        except BaseException as raised:
            error = self._input.problem or raised
        self._tell(self._end, error)

    def _serve(self, body: Iterable[bytes]) -> None:
        try:
            if isinstance(body, list | tuple) and not self._is_sent:
                self._send_whole(b"".join(body))
                return
            for piece in body:
                if piece:
                    self._write(piece)
            if not self._is_sent:
                self._send_whole(b"")
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> Write:
        if exc_info is not None and self._is_sent:
            raise exc_info[1] or _misuse(
                "start_response was called with exc_info in the middle of the answer", self._environ
            )
        if self._head is not None and exc_info is None:
            raise _misuse("start_response was called twice", self._environ)
        number = status[:3]
        if not (number.isascii() and number.isdigit() and int(number) >= 200 and status[3:4] in ("", " ")):
            raise _misuse(f"{status[:40]!r} is no status line of an answer", self._environ)
        self._head = int(number), [(str(name), str(value)) for name, value in headers]
        return self._write

    def _write(self, piece: bytes) -> None:
        """Waits until the piece before has been taken. Raises OSError when the client has gone."""
        if not self._is_sent:
            self._is_sent = True
            status, lines = self._checked_head()
            self._tell(self._answer, status, lines, self._stream())
        asyncio.run_coroutine_threadsafe(self._pieces.put(bytes(piece)), self._loop).result()

    def _send_whole(self, body: bytes) -> None:
        self._is_sent = True
        status, lines = self._checked_head()
        self._tell(self._answer, status, lines, body)

    def _checked_head(self) -> tuple[int, list[tuple[str, str]]]:
        if self._input.problem is not None:
            raise self._input.problem  # such as 413: whatever the application made of it
        if self._head is None:
            raise _misuse("the application answered without start_response", self._environ)
        return self._head

    def _tell(self, function: Callable[..., None], *values: object) -> None:
        self._loop.call_soon_threadsafe(function, *values)

    # ── on the loop ──────────────────────────────────────────────────────────

    def _answer(self, status: int, lines: list[tuple[str, str]], body: bytes | AsyncIterator[bytes]) -> None:
        if self._answered.done():
            return
        try:
            self._answered.set_result(ForeignResponse(status, lines, body, is_head=self._is_head))
            if self._is_head or status in NO_CONTENT:
                self._pieces.close()  # the thread need not make what nobody is sent
        except SennitError as error:
            self._answered.set_exception(error)
            self._pieces.close()

    def _end(self, error: BaseException | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or _misuse("the application did not answer", self._environ))
            self._answered.exception()  # taken notice of: nobody may be waiting any more
        self._pieces.end(error)

    async def _stream(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        finally:
            self._pieces.close()


class FileWrapper:
    """`wsgi.file_wrapper`: a file in blocks."""

    def __init__(self, file: Any, block_size: int = 64 * 1024) -> None:
        self._file = file
        self._block_size = block_size
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        block: bytes = self._file.read(self._block_size)
        if not block:
            raise StopIteration
        return block


def _misuse(what: str, environ: dict[str, Any]) -> SennitError:
    return SennitError(
        code="compat.E004",
        what=what,
        where=f"the WSGI application mounted at {environ['SCRIPT_NAME'] or '/'!r}, {environ['PATH_INFO'][:80]!r}",
        fix="call start_response(status, headers) once, then return an iterable of bytes (PEP 3333)",
    )
