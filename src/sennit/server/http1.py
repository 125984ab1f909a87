"""One HTTP/1 connection of the server: requests in, answers out in their order, one write for each read.

Compiled where that is possible, from this very file (`http1.pxd` gives the types).
"""

import asyncio
import logging
import os
from contextvars import Context
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import Protocol

from .. import net
from ..errors import Problem
from ..http import Address, Disconnected, Handler, Limits, Lines, PreparedLines
from ..protocols.http1 import (
    CONTINUE,
    ChunkedBody,
    HeadLimits,
    LengthBody,
    RemoteProtocolError,
    parse_request_head,
    serialize_answer,
    serialize_head,
    serialize_lines,
)
from ..protocols.http1.answer import CUT, DONE, WAITING
from .access_log import AnswerLog
from .date_line import DateLine
from .exchange import ServerExchange, exchange_of
from .forwarded import Ambiguous, Seen, seen_by_proxies
from .handling import TEXT, Tasks, begin_handler
from .request_body import HELD, RequestBody
from .switched_line import SwitchedLine
from .tally import Tally
from .websocket import ServerWebSocket

log = logging.getLogger("sennit.server")

BODY_GRACE_S = 10.0
BODY_WINDOW_S = 5.0
DRAIN_S = 10.0
FIRST_REQUEST_S = 1.0
"""Once shutdown has begun, for a client that has connected and not asked anything yet."""

_CLOSE = b"connection: close\r\n"
_KEEP_ALIVE = b"connection: keep-alive\r\n"


class Server(Protocol):
    """The server, as its connections see it."""

    handler: Handler
    limits: Limits
    head_limits: HeadLimits
    date: DateLine
    scheme: str
    trusted: net.Networks
    drain_code: int
    idle_drain_s: float
    is_draining: bool
    context: Context
    """What handlers see of the program's context variables."""
    tally: Tally
    tasks: Tasks
    access_log: AnswerLog | None


class Http1:
    """At most one request is in hand; those behind it stay bytes until it is answered.

    So answers keep their order, a client that pipelines and does not read is held back, and unsafe requests
    never overtake each other. After `limits.pipelined` answers in one go others get their turn.
    """

    __slots__ = (
        "_access_log",
        "_body",
        "_body_mark",
        "_date",
        "_exchange",
        "_handler",
        "_head_limits",
        "_idle_since",
        "_is_body_timed",
        "_is_ending",
        "_is_fresh",
        "_is_partial",
        "_is_paused",
        "_is_switched",
        "_is_timed",
        "_is_working",
        "_looked_at",
        "_loop",
        "_pending",
        "_pending_at",
        "_pipelined",
        "_server",
        "_tally",
        "_tasks",
        "_trusted",
        "_writers",
        "client",
        "connection",
        "is_gone",
        "scheme",
    )

    connection: net.Connection

    def __init__(self, server: Server) -> None:
        self._server = server
        self._handler = server.handler
        self._head_limits = server.head_limits
        self._date = server.date
        self._tally = server.tally
        self._tasks = server.tasks
        self._access_log = server.access_log
        self._pipelined = server.limits.pipelined
        self._pending = b""
        self._pending_at = 0
        self._exchange: ServerExchange | None = None
        self._body: RequestBody | None = None
        self._body_mark = 0
        self._looked_at = 0
        self._writers: list[asyncio.Future[None]] | None = None
        self._is_working = self._is_ending = self._is_partial = self._is_paused = self._is_timed = False
        self._is_body_timed = self._is_switched = False
        self._is_fresh = True
        self.is_gone = False
        self.scheme = server.scheme
        self._trusted: net.Networks | None = None

    # ── what the connection tells ────────────────────────────────────────────

    def connected(self, connection: net.Connection) -> None:
        self.connection = connection
        self._loop = asyncio.get_running_loop()
        self.client = Address(*connection.peer)
        if self._server.trusted and self._server.trusted.holds(connection.peer):
            self._trusted = self._server.trusted
        self._idle_since = connection.clock.now
        connection.deadline("idle", self._server.limits.header_s)

    def received(self, messages: list[bytes]) -> None:
        for piece in messages:
            data = piece
            if self._pending:
                data = self._pending[self._pending_at :] + piece
                if self._is_partial and b"\n" not in piece and len(data) - self._looked_at < len(data) >> 6:
                    self._pending, self._pending_at = data, 0
                    continue  # no line has ended: looking again at each octet would be quadratic for a drip
            self._work(data, 0)

    def writable(self) -> None:
        self._wake_writers()
        self._go_on()

    def eof(self) -> None:
        """The client sends no more. It may still read, unless its handler says that it then counts as gone."""
        if self._body is not None:
            self._body.fail(Disconnected("the client has gone"))
            self._is_ending = True
        exchange = self._exchange
        if exchange is not None and exchange.cancel_on_disconnect:
            exchange.cancel()
        self._end_after_eof()

    def draining(self) -> None:
        if self._exchange is not None:
            self._exchange.draining()
        if self._exchange is not None or self._body is not None or self._pending:
            return
        wait_s = max(self._server.idle_drain_s, FIRST_REQUEST_S if self._is_fresh else 0.0)
        if wait_s:
            self.connection.deadline("idle", wait_s)
        else:
            self.connection.close()

    def closed(self, reason: net.CloseReason) -> None:
        self.is_gone = True
        if self._body is not None:
            self._body.fail(Disconnected("the client has gone"))
        self._wake_writers()
        exchange = self._exchange
        if exchange is not None:
            if self._access_log is not None:
                self._access_log.answered(exchange)
            exchange.answer = CUT
            if exchange.cancel_on_disconnect:
                exchange.cancel()

    def timed_out(self, kind: str) -> None:
        getattr(self, f"_{kind}_timed_out")()

    def failed(self, error: net.ProtocolError) -> None:
        """Never called: there is no codec below."""

    # ── requests ─────────────────────────────────────────────────────────────

    def _work(self, data: bytes, start: int) -> None:
        """Take from `data` what can be taken now; the rest is pending."""
        self._is_working = True
        asked = 0
        while True:
            if self._body is not None:
                start = self._receive_body(self._body, data, start)
            if self._exchange is not None or self._body is not None or self._is_ending or start >= len(data):
                break
            if self.connection.is_blocked:
                break
            if asked == self._pipelined:
                self._loop.call_soon(self._go_on)
                break
            asked += 1
            after = self._next_request(data, start)
            if after is None:
                break
            start = after
        self._is_working = False
        if start < len(data):
            self._pending, self._pending_at = data, start
            self._looked_at = len(data) - start
            if self._looked_at > HELD and not self._is_partial:  # a head has its own limits, and the rest must come
                self.pause()
        else:
            self._pending = b""
        if self._is_switched:
            self._hand_over()
        elif self.connection.has_eof:
            self._end_after_eof()

    def _go_on(self) -> None:
        """Whatever held up the next request has passed."""
        if self._exchange is not None or self._is_working or self.connection.is_closing:
            return
        if self._pending:
            self.connection.cork()
            self._work(self._pending, self._pending_at)
            self.connection.uncork()
        elif self.connection.has_eof:
            self._end_after_eof()
        if self._is_paused and (not self._pending or len(self._pending) - self._pending_at <= HELD):
            self.resume()

    def _end_after_eof(self) -> None:
        """No more can come: close, unless whole requests wait for their turn."""
        waits = self._pending and not self._is_partial and not self._is_ending
        if self._exchange is None and not waits and not self._is_working:
            self.connection.close()

    def _next_request(self, data: bytes, start: int) -> int | None:
        """Have one request answered or begun; the offset behind what it used, None when it is not whole."""
        try:
            head = parse_request_head(data, start, self._head_limits)
        except RemoteProtocolError as error:
            self._refuse(error.status, f"{error.what} ({error.section})")
            return len(data)
        if head is None:
            if not self._is_partial:
                self._is_partial = True
                self.connection.deadline("header", self._server.limits.header_s)
            return None
        if self._is_partial:
            self._is_partial = False
            self.connection.deadline("header", None)
        self._is_fresh = False
        self._tally.requests += 1
        self._exchange = exchange = exchange_of(self, head, self.connection.clock.now)
        if self._access_log is not None:
            exchange.began = perf_counter()
        if self._trusted is not None and not self._hear_proxies(exchange, self._trusted):
            return len(data)
        end = head.end
        if head.chunked or head.content_length > 0:
            reader = ChunkedBody() if head.chunked else LengthBody(head.content_length)
            waits = head.expects_continue and head.end == len(data)
            self._body = exchange.body = RequestBody(self, reader, head.content_length, waits)
            end = self._receive_body(self._body, data, end)  # what is there already, so that a handler need not wait
        begin_handler(self._handler, exchange, self._tasks, self._loop)
        if exchange.task is not None and not (self._is_timed or self._is_switched):
            self._is_timed = True
            self.connection.deadline("request", self._server.limits.request_s)
        return end

    def _hear_proxies(self, exchange: ServerExchange, trusted: net.Networks) -> bool:
        """Let the proxy tell who asks (threat R8); False when what it tells can be read in two ways: that is refused."""
        own = Seen(self.client, self.scheme, exchange.head.host)
        try:
            exchange.seen = seen_by_proxies(own, exchange.head.field_lines(), trusted)
        except Ambiguous as error:
            self._exchange = None
            self._refuse(400, str(error))
            return False
        return True

    def _receive_body(self, body: RequestBody, data: bytes, start: int) -> int:
        """Octets of the body that is being received; the offset behind them."""
        if start == len(data):
            return start
        try:
            end = body.receive(data, start)
        except RemoteProtocolError:
            self._give_up_body()
            return len(data)
        if body.is_complete:
            self._body = None
            if self._is_body_timed:
                self._is_body_timed = False
                self.connection.deadline("body", None)
        elif self._exchange is None and not body.can_be_drained:
            self._give_up_body()
        elif not self._is_body_timed:
            self._is_body_timed = True
            self._body_mark = -1
            self.connection.deadline("body", BODY_GRACE_S)
        return end

    def _give_up_body(self) -> None:
        """Where the next request starts is not known, or too far: the connection ends with the answer in hand."""
        self._body = None
        self._is_ending = True
        if self._exchange is None:
            self.connection.linger()

    def _refuse(self, status: int, what: str) -> None:
        """Answer what is no request, and close."""
        if self._access_log is not None:
            self._access_log.refused(self.client, status)
        body = f"{status} {HTTPStatus(status).phrase}: {what}\n".encode()
        self.connection.write(serialize_answer(status, serialize_lines(TEXT), self.date_line, _CLOSE, body, True))
        self._is_ending = True
        self.connection.linger()

    # ── what an exchange uses (exchange.Line) and a body (request_body.Flow) ──

    @property
    def is_draining(self) -> bool:
        return self._server.is_draining

    @property
    def drain_code(self) -> int:
        return self._server.drain_code

    @property
    def date_line(self) -> bytes:
        return self._server.date.octets

    def connection_line(self, exchange: ServerExchange, has_end: bool) -> bytes:
        """The Connection line of an answer; decides whether another request may follow."""
        body = exchange.body
        if not has_end or self._is_ending or self._server.is_draining or not (body is None or body.can_be_drained):
            exchange.keeps_alive = False
        if not exchange.keeps_alive:
            return _CLOSE
        return b"" if exchange.head.is_1_1 else _KEEP_ALIVE

    def write(self, data: bytes) -> None:
        self.connection.write(data)

    def respond(self, exchange: ServerExchange, status: int, lines: Lines, body: bytes) -> None:
        own = self.connection_line(exchange, True)
        octets = serialize_answer(status, _octets_of(lines), self._date.octets, own, body, not exchange.head.is_head)
        exchange.answer = DONE
        exchange.status, exchange.sent = status, len(body)
        self.answered(exchange, octets)

    def answered(self, exchange: ServerExchange, octets: bytes) -> None:
        """Write the last octets of an answer and go on with the next request, or end."""
        self.connection.write(octets)
        self._after_answer(exchange)
        if not self._is_working and (self._pending or self.connection.has_eof or self._is_paused):
            # Not at once: whoever answers may be the current task, and the next handler is to be one of its own.
            # Nor in its context: what it has set there is not for the next one.
            self._loop.call_soon(self._go_on, context=self._server.context)

    def _after_answer(self, exchange: ServerExchange) -> None:
        self._exchange = None
        if self._access_log is not None:
            self._access_log.answered(exchange)
        self._idle_since = self.connection.clock.now
        body = self._body
        if body is not None:
            body.discard()
        is_draining = self._server.is_draining
        if exchange.keeps_alive and (not is_draining or self._server.idle_drain_s):
            if body is not None:
                self.connection.deadline("drain", DRAIN_S)
            if is_draining:  # a stream that began before the shutdown did: its head has promised to go on
                self.connection.deadline("idle", self._server.idle_drain_s)
            return
        self._is_ending = True
        if body is not None or exchange.head.keep_alive:
            self.connection.linger()  # the client does not expect the end: it may be sending
        else:
            self.connection.close()

    async def wait_writable(self) -> None:
        """Raises Disconnected."""
        while self.connection.is_blocked and not self.is_gone:
            if self._writers is None:
                self._writers = []
            writer = self._loop.create_future()
            self._writers.append(writer)
            await writer
        if self.is_gone:
            raise Disconnected("the client has gone")

    @property
    def can_send_files(self) -> bool:
        return not self.is_gone and self.connection.can_send_files

    async def send_file(self, file: int, offset: int, count: int) -> None:
        """Raises Disconnected, EOFError for a file that has become shorter."""
        try:
            sent = self.connection.send_file(file, offset, count)
            if sent is not None:
                await sent
        except OSError as error:
            raise Disconnected("the client has gone") from error

    def respond_file(self, exchange: ServerExchange, status: int, lines: Lines, file: int, size: int) -> None:
        """A whole answer whose body is a file; closes it. The next request waits until it has gone."""
        try:
            own = b"%bcontent-length: %d\r\n%b" % (self.date_line, size, self.connection_line(exchange, True))
            self.connection.write(serialize_head(status, _octets_of(lines), own))
            exchange.answer = DONE
            sent = self.connection.send_file(file, 0, size) if exchange.method != "HEAD" else None
        except (OSError, EOFError) as error:
            os.close(file)
            _say_broken(exchange, error)  # the connection is cut; `closed` follows
        except BaseException:
            os.close(file)
            raise
        else:
            if sent is None:
                os.close(file)
                self._file_answered(exchange)
            else:
                sent.add_done_callback(partial(self._file_sent, exchange, file))

    def _file_sent(self, exchange: ServerExchange, file: int, sent: "asyncio.Future[None]") -> None:
        os.close(file)
        error = sent.exception()
        if error is not None:
            _say_broken(exchange, error)
        elif not self.is_gone:
            self._file_answered(exchange)

    def _file_answered(self, exchange: ServerExchange) -> None:
        self._after_answer(exchange)
        if not self._is_working and (self._pending or self.connection.has_eof or self._is_paused):
            self._loop.call_soon(self._go_on)

    def switch(self, exchange: ServerExchange, head: bytes, websocket: ServerWebSocket) -> None:
        """Speak WebSocket from here on, with what has come behind the request."""
        self.connection.write(head)
        if self._access_log is not None:
            self._access_log.answered(exchange)
        self._is_ending = self._is_switched = True
        self.resume()
        self.connection.switch_protocol(websocket)
        exchange.leave(SwitchedLine(self._server, self.connection, self.scheme, self.client))
        if not self._is_working:
            self._hand_over()

    def _hand_over(self) -> None:
        pending, self._pending = self._pending[self._pending_at :], b""
        if pending:
            self.connection.protocol.received([pending])

    def abort(self) -> None:
        self.connection.flush()  # answers before the one that is cut are whole: they go out
        self.connection.abort()

    def pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.connection.pause_reading()

    def resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.connection.resume_reading()

    def send_continue(self) -> None:
        # Inside an answer it would be taken for a part of its body.
        if self._exchange is not None and self._exchange.answer == WAITING:
            self.connection.write(CONTINUE)

    def _wake_writers(self) -> None:
        writers, self._writers = self._writers, None
        for writer in writers or ():
            if not writer.done():
                writer.set_result(None)

    # ── deadlines ────────────────────────────────────────────────────────────

    def _idle_timed_out(self) -> None:
        """Set once a connection and then as often as it passes: requests only note the time."""
        idle_s, now = self._server.limits.idle_s, self.connection.clock.now
        if self._exchange is not None or self._body is not None or self._pending:
            self.connection.deadline("idle", idle_s)
        elif self._is_fresh or self._server.is_draining or self._idle_since + idle_s <= now:
            self.connection.close(net.TimedOut("idle"))
        else:
            self.connection.deadline("idle", self._idle_since + idle_s - now)

    def _header_timed_out(self) -> None:
        if self._is_partial and not self._is_ending:
            self._refuse(408, f"the head of the request was not complete after {self._server.limits.header_s:g} s")

    def _body_timed_out(self) -> None:
        """Looks at each window whether the client has kept up; time in which the handler did not read does not count."""
        body = self._body
        self._is_body_timed = False
        if body is None:
            return
        least = self._server.limits.body_rate * BODY_WINDOW_S
        if body.is_flowing and self._body_mark >= 0 and body.received - self._body_mark < least:
            body.fail(
                Problem(408, detail=f"the body came with less than {self._server.limits.body_rate} bytes a second")
            )
            self._give_up_body()
            return
        self._is_body_timed = True
        self._body_mark = body.received if body.is_flowing else -1
        self.connection.deadline("body", BODY_WINDOW_S)

    def _drain_timed_out(self) -> None:
        if self._exchange is None and self._body is not None:
            self.connection.close(net.TimedOut("body"))

    def _request_timed_out(self) -> None:
        """Set at most once at a time; an answer that has begun and a WebSocket may take longer."""
        exchange, request_s = self._exchange, self._server.limits.request_s
        self._is_timed = False
        if exchange is None or exchange.answer != WAITING:
            return
        left = exchange.started + request_s - self.connection.clock.now
        if left > 0:
            self._is_timed = True
            self.connection.deadline("request", left)
            return
        log.error("%s %s took longer than %g s", exchange.method, exchange.raw_path[:200], request_s)
        exchange.keeps_alive = False
        exchange.respond(503, TEXT, b"503 Service Unavailable: the request took too long\n")
        exchange.answer = CUT
        exchange.cancel()


def _octets_of(lines: Lines) -> bytes:
    """Raises LocalProtocolError (http.E011, http.E012)."""
    return _prepared(lines) if isinstance(lines, PreparedLines) else serialize_lines(lines)


def _prepared(lines: PreparedLines) -> bytes:
    if not lines.octets:
        lines.octets = serialize_lines(lines)
    return lines.octets


def _say_broken(exchange: ServerExchange, error: BaseException) -> None:
    """A client that has gone is nothing to tell; a file that changed under our hands is."""
    if isinstance(error, EOFError):
        log.error("%s %s: %s", exchange.method, exchange.raw_path[:200], error)
