"""One request and its answer over HTTP/1: what `http.Exchange` promises. Compiled where possible (`exchange.pxd`)."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Protocol, cast

from ..http import Address, Disconnected, Fields, Lines, ReceivedFields, WebSocketOffer
from ..protocols.http1 import (
    BodyWriter,
    LocalProtocolError,
    RequestHead,
    advance,
    body_writer,
    not_final,
    serialize_head,
    serialize_lines,
)
from ..protocols.http1.answer import CUT, DONE, WAITING
from ..protocols.websocket import (
    Endpoint,
    Handshake,
    Role,
    accept_lines,
    negotiate_deflate,
    receive_handshake,
)
from .forwarded import Seen
from .handling import Tasks, handler_ended
from .request_body import RequestBody
from .switched_line import SwitchedLine
from .websocket import DEFLATE, ServerWebSocket

FAIR_SHARE = 64
"""Pieces after which a stream lets others run, however fast its client reads."""

_UPGRADE = b"connection: upgrade\r\n"


class Line(Protocol):
    """The connection, as an exchange sees it until it speaks WebSocket."""

    client: Address
    scheme: str

    @property
    def is_gone(self) -> bool: ...
    @property
    def is_draining(self) -> bool: ...
    @property
    def drain_code(self) -> int: ...
    @property
    def date_line(self) -> bytes: ...
    def connection_line(self, exchange: "ServerExchange", has_end: bool) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def respond(self, exchange: "ServerExchange", status: int, lines: Lines, body: bytes) -> None: ...
    def answered(self, exchange: "ServerExchange", octets: bytes) -> None: ...
    async def wait_writable(self) -> None: ...
    @property
    def can_send_files(self) -> bool: ...
    async def send_file(self, file: int, offset: int, count: int) -> None: ...
    def respond_file(self, exchange: "ServerExchange", status: int, lines: Lines, file: int, size: int) -> None: ...
    def switch(self, exchange: "ServerExchange", head: bytes, websocket: ServerWebSocket) -> None: ...
    def abort(self) -> None: ...


class ServerExchange:
    """Made by `exchange_of`. `answer` is the state of the answer (protocols/http1/answer.py); `task` runs a handler that is a coroutine."""

    __slots__ = (
        "_fields",
        "_is_cancelled",
        "_line",
        "_on_draining",
        "_sends",
        "_writer",
        "answer",
        "asyncio_task",
        "began",
        "body",
        "cancel_on_disconnect",
        "head",
        "keeps_alive",
        "request_id",
        "route",
        "seen",
        "sent",
        "started",
        "status",
        "task",
        "tasks",
        "websocket",
    )

    _line: Line
    _fields: Fields | None
    _is_cancelled: bool
    _on_draining: Callable[[], None] | None
    _writer: BodyWriter
    _sends: int
    head: RequestHead
    started: float
    answer: str
    keeps_alive: bool
    seen: Seen | None
    """What trusted proxies tell; None where nobody is trusted."""
    cancel_on_disconnect: bool
    asyncio_task: bool
    body: RequestBody | None
    task: "asyncio.Future[None] | None"
    tasks: Tasks | None
    websocket: ServerWebSocket | None
    began: float
    """By `time.perf_counter`; set only where answers are told to a log."""
    route: object
    request_id: str
    status: int
    """Of the answer; 0 before it has begun."""
    sent: int
    """Octets of the answer's body."""

    # ── the request ──────────────────────────────────────────────────────────

    @property
    def method(self) -> str:
        return self.head.method

    @property
    def raw_path(self) -> str:
        return self.head.raw_path

    @property
    def query_string(self) -> str:
        return self.head.query_string

    @property
    def http_version(self) -> str:
        return self.head.http_version

    @property
    def scheme(self) -> str:
        return self._line.scheme if self.seen is None else self.seen.scheme

    @property
    def host(self) -> str:
        return self.head.host if self.seen is None else self.seen.host

    @property
    def client(self) -> Address:
        return self._line.client if self.seen is None else self.seen.client

    @property
    def is_draining(self) -> bool:
        """Shutdown has begun: an answer without an end should come to one."""
        return self._line.is_draining

    def on_draining(self, callback: Callable[[], None]) -> None:
        if self._line.is_draining:
            callback()
        else:
            self._on_draining = callback

    def draining(self) -> None:
        """Shutdown has begun."""
        callback, self._on_draining = self._on_draining, None
        if callback is not None:
            callback()

    @property
    def drain_code(self) -> int:
        return self._line.drain_code

    @property
    def fields(self) -> Fields:
        if self._fields is None:
            self._fields = ReceivedFields(self.head)
        return self._fields

    def field(self, name: str) -> str | None:
        return self.head.field_value(name)

    @property
    def has_body(self) -> bool:
        return self.body is not None

    async def read(self, limit: int) -> bytes:
        return b"" if self.body is None else await self.body.read(limit)

    def read_at_once(self, limit: int) -> bytes | None:
        return b"" if self.body is None else self.body.read_at_once(limit)

    def stream(self, limit: int) -> AsyncIterator[bytes]:
        return _nothing() if self.body is None else self.body.stream(limit)

    # ── the answer ───────────────────────────────────────────────────────────

    def respond(self, status: int, lines: Lines, body: bytes) -> None:
        if self.answer != WAITING and advance(self.answer, "respond") == CUT:
            return
        self._line.respond(self, status, lines, body)

    @property
    def can_send_files(self) -> bool:
        return self._line.can_send_files

    def respond_file(self, status: int, lines: Lines, file: int, size: int) -> None:
        try:
            is_cut = self.answer != WAITING and advance(self.answer, "respond") == CUT
        except LocalProtocolError:
            os.close(file)
            raise
        if is_cut:
            os.close(file)
        else:
            self._line.respond_file(self, status, lines, file, size)

    async def send_file(self, file: int, offset: int, count: int) -> None:
        self._check_there()
        self.answer = advance(self.answer, "send")
        try:
            frame = self._writer.frame(count)
            if frame is None:
                return
            before, behind = frame
            if before:
                self._line.write(before)
            await self._line.send_file(file, offset, count)
            if behind:
                self._line.write(behind)
        except BaseException:
            self.abort()  # also when the handler is cancelled: nobody knows how much of the piece has gone
            raise

    async def start(self, status: int, lines: Lines, length: int | None = None) -> None:
        self._check_there()
        answer = advance(self.answer, "start")
        if status < 200:
            raise not_final(status)
        writer = body_writer(self.method, status, self.head.http_version, length)
        line = self._line
        own = line.date_line + writer.line + line.connection_line(self, writer.has_end)
        head = serialize_head(status, serialize_lines(lines), own)
        self.answer = answer
        self.status = status
        self._writer = writer
        self._sends = 0
        line.write(head)
        await line.wait_writable()

    async def send(self, piece: bytes) -> None:
        self._check_there()
        self.answer = advance(self.answer, "send")
        octets = self._framed(piece)
        if octets:
            self.sent += len(piece)
            self._line.write(octets)
        await self._line.wait_writable()
        self._sends += 1
        if self._sends % FAIR_SHARE == 0:
            await asyncio.sleep(0)

    async def finish(self) -> None:
        self._check_there()
        answer = advance(self.answer, "finish")
        octets = self._framed(None)
        self.answer = answer
        self._line.answered(self, octets)

    def abort(self) -> None:
        self.answer = advance(self.answer, "abort")
        if self.answer == CUT:
            self._line.abort()

    def _framed(self, piece: bytes | None) -> bytes:
        """A piece, or None for the end. A body of another length than announced must not look whole: it is cut."""
        try:
            return self._writer.send_end() if piece is None else self._writer.send_piece(piece)
        except LocalProtocolError:
            self.abort()
            raise

    def _check_there(self) -> None:
        if self._line.is_gone or self.answer == CUT:
            raise Disconnected("the client has gone")

    # ── the handler's task ───────────────────────────────────────────────────

    def handler_ended(self, error: BaseException | None) -> None:
        """The handler has returned (None) or raised."""
        if error is not None or self.answer != DONE or self.websocket is not None:
            handler_ended(self, error)
        if self.task is not None and self.tasks is not None:
            self.tasks.discard(self.task)

    def cancel(self) -> None:
        """Cancel the handler, once: input may end before the connection does, and its clean-up may be waiting by then."""
        if self.task is not None and not self._is_cancelled:
            self._is_cancelled = True
            self.task.cancel()

    # ── WebSocket ────────────────────────────────────────────────────────────

    @property
    def websocket_offer(self) -> WebSocketOffer | None:
        if not self.head.upgrades:
            return None
        handshake = self._handshake()
        return None if handshake is None else WebSocketOffer(handshake.subprotocols, handshake.origin)

    def accept_websocket(
        self, subprotocol: str | None, lines: Lines, *, max_message: int, kind: type | None = None, deflate: bool = True
    ) -> ServerWebSocket:
        """Raises LocalProtocolError (http.E016) when the request offers none, Disconnected."""
        self._check_there()
        handshake = self._handshake()
        answer = advance(self.answer, "accept")
        if handshake is None:
            raise LocalProtocolError(
                code="http.E016",
                what="the request is not a WebSocket handshake",
                where=f"{self.method} {self.raw_path[:80]}",
                fix="look at exchange.websocket_offer before accepting",
            )
        agreed = negotiate_deflate(handshake.extensions, DEFLATE) if deflate else None
        parameters, extensions = agreed or (None, None)
        all_lines = [*accept_lines(handshake.key, subprotocol, extensions), *lines]
        head = serialize_head(101, serialize_lines(all_lines), self._line.date_line + _UPGRADE)
        self.answer = answer
        self.status = 101
        endpoint = Endpoint(Role.SERVER, max_message=max_message, deflate=parameters)
        self.websocket = ServerWebSocket(self, endpoint, subprotocol, kind=kind, unpacks=parameters is not None)
        self._line.switch(self, head, self.websocket)
        return self.websocket

    def leave(self, line: SwitchedLine) -> None:
        """The connection speaks WebSocket from here on."""
        self._line = cast(Line, line)

    def _handshake(self) -> Handshake | None:
        if not self.head.upgrades or self.method != "GET" or self.body is not None:
            return None
        return receive_handshake(self.head.field_lines())


def exchange_of(line: Line, head: RequestHead, started: float) -> ServerExchange:
    """One is made for each request, so without the parsing of arguments that a constructor costs."""
    exchange = ServerExchange.__new__(ServerExchange)
    exchange._line = line
    exchange.head = head
    exchange.started = started
    exchange.answer = WAITING
    exchange.keeps_alive = head.keep_alive
    exchange.cancel_on_disconnect = exchange.asyncio_task = exchange._is_cancelled = False
    exchange.body = exchange.task = exchange.tasks = exchange.websocket = None
    exchange._fields = exchange._on_draining = exchange.route = exchange.seen = None
    exchange.request_id = ""
    exchange.status = exchange.sent = 0
    return exchange


async def _nothing() -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece
