"""One connection of HTTP/1.1, of which a request at a time makes use (RFC 9112 §9). Callbacks alone, no task, no timer.

| state | goes on when |
|---|---|
| OPENING | it is open: FREE, or OVER when nobody waits for it any more |
| FREE | a request is sent: WAITING; the server ends it, or nobody uses it: OVER |
| WAITING | the head of the answer has come: READING, or FREE when the whole answer has; anything wrong: OVER |
| READING | the answer has ended: FREE if another may follow, else OVER; it is given up: OVER |
| OVER | – |

Compiled where that is possible, from this very file.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from .. import net
from ..net.connection import Connection
from ..protocols.http1 import HeadLimits, RemoteProtocolError, ResponseHead, parse_response_head, response_body
from ..protocols.http1.body import BodyReader
from .errors import ClientError, Kind, Phase, ProtocolFailed, TimedOut, TlsFailed, client_closed
from .http1_reply import Http1Reply
from .limits import Limits
from .tls_mending import fix_of_reason
from .transport import Call
from .upload import Upload

if TYPE_CHECKING:
    from ..net.wakeup import Wakeup
else:
    try:
        from ..net._wakeup import Wakeup  # compiled
    except ImportError:
        from ..net.wakeup import Wakeup

OPENING, FREE, WAITING, READING, OVER = 0, 1, 2, 3, 4
MOST_REASON = 1024
SWEEP_S = 0.1
"""Between two looks at the deadlines: no time-out passes much later than that."""


class Keeper(Protocol):
    """Who has the connections of one origin."""

    def has_become_free(self, line: "Http1") -> None: ...
    def has_ended(self, line: "Http1") -> None: ...


class Http1:
    """`is_reused`: it has answered before. `opened` is done when `connection` is there."""

    __slots__ = (
        "_call",
        "_due",
        "_free_since",
        "_head_limits",
        "_held",
        "_held_size",
        "_informational",
        "_keeper",
        "_limits",
        "_loop",
        "_progress",
        "_reader",
        "_reply",
        "_room",
        "_stalled_since",
        "_started",
        "_unsent",
        "_upload",
        "_waiter",
        "connection",
        "is_reused",
        "opened",
        "state",
    )

    def __init__(
        self, keeper: Keeper, limits: Limits, head_limits: HeadLimits, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._keeper = keeper
        self._limits = limits
        self._head_limits = head_limits
        self._loop = loop
        self.connection: Connection | None = None
        self.opened: asyncio.Future[None] = loop.create_future()
        self.state = OPENING
        self.is_reused = False
        self._call: Call | None = None
        self._reply: Http1Reply | None = None
        self._reader: BodyReader | None = None
        self._upload: Upload | None = None
        self._waiter: Wakeup | None = None
        self._room: asyncio.Future[None] | None = None
        self._held: list[bytes] = []
        self._held_size = self._informational = self._unsent = 0
        self._started = self._due = self._progress = self._free_since = self._stalled_since = 0.0

    # ── what the transport uses ──────────────────────────────────────────────

    def send(self, call: Call, head: bytes, started: float, due: float, now: float) -> "Wakeup":
        """Write a request; what comes of it is the `Http1Reply`. Only while FREE."""
        connection = self.connection
        assert connection is not None
        self.state = WAITING
        self._call = call
        self._started = started
        self._due = due
        self._progress = now
        self._informational = 0
        self._waiter = waiter = Wakeup(self._loop)
        body = call.body
        connection.cork()
        connection.write(head)
        if body is None:
            connection.uncork()
        elif type(body) is bytes and call.on_upload is None:
            connection.write(body)
            connection.uncork()
        else:
            connection.uncork()
            self._upload = Upload(self, call, self._loop)
        return waiter

    def cancel(self, waiter: "Wakeup") -> None:
        """Nobody waits any more for what `send` began. The answer may have come already, and the next request be sent."""
        if self._waiter is waiter:
            self.give_up()
        elif not waiter.cancelled() and waiter.exception() is None:
            waiter.result().release()

    def give_up(self) -> None:
        """Nobody waits any more: cut."""
        if self.state != OVER:
            self._end()
            if self.connection is not None:
                self.connection.abort()

    def abandon(self) -> bool:
        """Nobody waits for the opening any more. False when it was open already."""
        if self.state != OPENING:
            return False
        self.state = OVER
        return True

    def retire(self) -> None:
        """Close a connection that is free."""
        if self.state != OVER:
            self._end()
            if self.connection is not None:
                self.connection.close()

    def never_opened(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("the server closed in the handshake"))

    # ── what a reply uses ────────────────────────────────────────────────────

    def release(self, reply: Http1Reply) -> None:
        if self._reply is reply:
            self.give_up()

    def reading_begins(self) -> None:
        """The program waits for octets from now on; the time in which it did not is not the server's fault."""
        assert self.connection is not None
        self._progress = self.connection.clock.now + SWEEP_S

    def resume_reading(self) -> None:
        if self.state == READING and self.connection is not None:
            self.connection.resume_reading()

    # ── what an upload uses ──────────────────────────────────────────────────

    async def wait_for_room(self) -> None:
        """Until the server has taken what was written. Raises ConnectionClosed."""
        while self.connection is not None and self.connection.is_blocked and self.state != OVER:
            self._room = self._loop.create_future()
            await self._room

    def upload_failed(self, error: BaseException) -> None:
        """The program's iterator raised: the request cannot be ended."""
        self._tell(error)
        self.give_up()

    # ── what the connection tells (net.Protocol) ─────────────────────────────

    def connected(self, connection: Connection) -> None:
        self.connection = connection
        if self.state == OVER or self.opened.done():
            connection.abort()
            return
        connection.clock.add(self)
        self.state = FREE
        self.opened.set_result(None)

    def received(self, messages: list[bytes]) -> None:
        data = messages[0]
        state = self.state
        if state == WAITING:
            if self._held:
                self._receive_more_of_head(data)
            else:
                self._receive_head(data)
        elif state == READING:
            assert self.connection is not None
            self._progress = self.connection.clock.now + SWEEP_S
            self._receive_body(data, 0)
        else:  # nobody has asked for that
            self.give_up()

    def writable(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def draining(self) -> None:
        """Connections that are called out of have no listener that drains them."""

    def eof(self) -> None:
        if self.state == READING:
            self._end_with_connection()
        elif self.state == WAITING:
            self._fail("the server closed the connection without an answer")
        else:
            self.retire()

    def failed(self, error: net.ProtocolError) -> None:
        """There is no codec that could."""

    def timed_out(self, kind: str) -> None:
        """There are no deadlines of this kind; `sweep` looks at the time."""

    def closed(self, reason: net.CloseReason) -> None:
        if self.state == OVER:
            return
        if self.state in (WAITING, READING):
            if isinstance(reason, net.Shutdown):
                self._tell(self._closed_by_us())
                self.give_up()
            elif isinstance(reason, net.Malformed):
                self._tell(self._refused_in_tls(reason.message))
                self.give_up()
            else:
                self._fail(_cut_by(reason))
        else:
            self.give_up()

    # ── the head ─────────────────────────────────────────────────────────────

    def _receive_more_of_head(self, data: bytes) -> None:
        """A head that comes in drips is looked at once a line, not once an octet."""
        self._held.append(data)
        self._held_size += len(data)
        most = self._head_limits.head + MOST_REASON + 64
        if b"\n" in data or self._held_size > most:
            whole = b"".join(self._held)
            self._held = []
            self._receive_head(whole)

    def _receive_head(self, data: bytes) -> None:
        assert self._call is not None
        assert self.connection is not None
        start = 0
        try:
            while True:
                head = parse_response_head(data, start, self._head_limits, self._call.method)
                if head is None:
                    self._hold(data, start)
                    return
                if head.status >= 200 or head.status == 101:
                    break
                start = head.end
                self._receive_informational(head.status)
        except RemoteProtocolError as error:
            self._fail(f"the answer is not HTTP: {error.what} ({error.section})")
            return
        if head.status == 101:
            self._switch(head, data)
            return
        self._begin_reply(head, data)

    def _hold(self, data: bytes, start: int) -> None:
        assert self.connection is not None
        rest = data[start:]
        self._held_size = len(rest)
        if rest:
            self._held = [rest]
        self._progress = self.connection.clock.now + SWEEP_S

    def _receive_informational(self, status: int) -> None:
        self._informational += 1
        if self._informational > self._limits.informational:
            raise RemoteProtocolError(502, f"more than {self._limits.informational} answers 1xx", "RFC 9110 §15.2")
        if status == 100 and self._upload is not None:
            self._upload.go_on()

    def _begin_reply(self, head: ResponseHead, data: bytes) -> None:
        call = self._call
        assert call is not None
        if call.trace is not None:
            call.trace.first_byte_s = time.monotonic() - self._started
        end = head.end
        rest = len(data) - end
        framing = head.framing
        if framing == "length" and head.content_length <= rest:
            size = head.content_length
            self._answer(head, data[end : end + size], rest > size)
        elif framing == "none":
            self._answer(head, b"", rest > 0)
        else:
            self._begin_body(head, data, end)

    def _answer(self, head: ResponseHead, body: bytes, has_rest: bool) -> None:
        """The whole answer is there."""
        call, waiter = self._call, self._waiter
        assert call is not None
        assert waiter is not None
        self._waiter = None
        reply = Http1Reply(head, call.url, body, None)
        self._end_of_answer(head.keep_alive and not has_rest)
        waiter.wake(reply)  # last, because it may send the next request by this connection

    def _end_of_answer(self, may_go_on: bool) -> None:
        call, connection = self._call, self.connection
        assert call is not None
        assert connection is not None
        if call.trace is not None:
            call.trace.total_s = time.monotonic() - self._started
        if call.body is not None and (connection.buffered or not (self._upload is None or self._upload.is_done)):
            may_go_on = False  # the server has answered early and waits for the rest of the body, or does not
            connection.abort()
        self._upload_ended()
        self._call = self._reply = self._reader = None
        if not may_go_on or connection.is_closing or connection.has_eof:
            self.retire()
            return
        self.state = FREE
        self.is_reused = True
        self._free_since = connection.clock.now
        self._keeper.has_become_free(self)

    def _upload_ended(self) -> None:
        if self._upload is not None:
            self._upload.cancel()
            self._upload = None

    def _switch(self, head: ResponseHead, data: bytes) -> None:
        """101: the connection is no longer one of HTTP."""
        call, waiter, connection = self._call, self._waiter, self.connection
        assert call is not None
        assert waiter is not None
        assert connection is not None
        if not (call.upgrade and head.upgrades):
            self._fail("the server changes the protocol, which nobody has asked for")
            return
        connection.pause_reading()
        self._waiter = None
        self._end()
        if waiter.done():
            connection.abort()
        else:
            waiter.wake_soon(Http1Reply(head, call.url, data[head.end :], None, connection))

    # ── the body ─────────────────────────────────────────────────────────────

    def _begin_body(self, head: ResponseHead, data: bytes, end: int) -> None:
        call, waiter, connection = self._call, self._waiter, self.connection
        assert call is not None
        assert waiter is not None
        assert connection is not None
        coding = head.field_value("transfer-encoding")
        if coding is not None and coding.lower() != "chunked":
            self._fail("the answer has a transfer coding that was not asked for (RFC 9112 §7.4)")
            return
        reader = response_body(head.framing, head.content_length)
        try:
            piece, end = reader.receive_data(data, end)
        except RemoteProtocolError as error:
            self._fail(f"the body is not HTTP: {error.what} ({error.section})")
            return
        if reader.is_complete:
            self._answer(head, piece, end < len(data))
            return
        if waiter.done():  # cancelled in this very turn; whoever waited has not had his say yet
            self.give_up()
            return
        if self._upload is not None and (head.status >= 400 or not head.keep_alive):
            self._upload.cancel()  # the server wants no more of it (RFC 9112 §9.3)
        self.state = READING
        self._waiter = None
        self._reader = reader
        self._reply = reply = Http1Reply(head, call.url, None, self)
        self._progress = connection.clock.now + SWEEP_S
        if piece:
            reply.feed(piece)
            self._pause_if_full(reply)
        waiter.wake(reply)

    def _receive_body(self, data: bytes, start: int) -> None:
        reader, reply = self._reader, self._reply
        assert reader is not None
        assert reply is not None
        assert self.connection is not None
        try:
            piece, end = reader.receive_data(data, start)
        except RemoteProtocolError as error:
            self._fail(f"the body is not HTTP: {error.what} ({error.section})")
            return
        if piece:
            reply.feed(piece)
        if reader.is_complete:
            reply.finish()
            self._end_of_answer(reply.keep_alive and end == len(data))
        else:
            self._pause_if_full(reply)
        reply.wake()

    def _pause_if_full(self, reply: Http1Reply) -> None:
        assert self.connection is not None
        if reply.size > self._limits.read_buffer and not reply.is_paused:
            reply.is_paused = True
            self.connection.pause_reading()

    def _end_with_connection(self) -> None:
        reader, reply = self._reader, self._reply
        assert reader is not None
        assert reply is not None
        try:
            reader.receive_eof()
        except RemoteProtocolError:
            self._fail("the server closed the connection inside the body")
            return
        reply.finish()
        self._end_of_answer(False)
        reply.wake()

    # ── the end ──────────────────────────────────────────────────────────────

    def _fail(self, what: str) -> None:
        """What the server did wrong; the connection is cut."""
        nothing_came = self.state == WAITING and not self._held and not self._informational
        self._tell(self._error(what, nothing_came))
        self.give_up()

    def _error(self, what: str, nothing_came: bool) -> ClientError:
        url = "" if self._call is None else self._call.url
        elapsed_s = time.monotonic() - self._started
        return ProtocolFailed(what, url=url, phase=self._phase(), elapsed_s=elapsed_s, nothing_came=nothing_came)

    def _closed_by_us(self) -> ClientError:
        url = "" if self._call is None else self._call.url
        return client_closed(url, phase=self._phase(), elapsed_s=time.monotonic() - self._started)

    def _refused_in_tls(self, said: str) -> ClientError:
        """In TLS 1.3 a server refuses the client's certificate after the client's part of the handshake (RFC 8446 §2)."""
        url = "" if self._call is None else self._call.url
        elapsed_s = time.monotonic() - self._started
        what = f"TLS was broken off: {said}"
        return TlsFailed(what, url=url, phase=self._phase(), elapsed_s=elapsed_s, fix=fix_of_reason(said))

    def _phase(self) -> Phase:
        if self.state == READING:
            return "body"
        return "write" if self._unsent or not (self._upload is None or self._upload.is_done) else "head"

    def _tell(self, error: BaseException) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.fail_soon(error)
        elif self._reply is not None:
            self._reply.fail(error)

    def _end(self) -> None:
        """Out of use; whoever calls this closes or cuts."""
        self.state = OVER
        self._upload_ended()
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.cancel()
        self._call = self._reply = self._reader = None
        self._held = []
        self.writable()
        if self.connection is not None:
            self.connection.clock.discard(self)
        self._keeper.has_ended(self)

    # ── deadlines ────────────────────────────────────────────────────────────

    def sweep(self, now: float) -> None:
        state = self.state
        if state == FREE:
            if now - self._free_since >= self._limits.idle_s:
                self.retire()
        elif state in (WAITING, READING):
            self._look_at_time(now)

    def _look_at_time(self, now: float) -> None:
        call, connection = self._call, self.connection
        assert call is not None
        assert connection is not None
        if now >= self._due:
            self._pass("total", "the request took longer than it may in all", now)
        elif unsent := connection.buffered:
            self._look_at_writing(now, unsent, call.timeouts.write_s)
        else:
            self._unsent = 0
            if not self._is_awaited():
                self._progress = now
            elif now - self._progress >= call.timeouts.read_s:
                self._pass("read", f"nothing came for {call.timeouts.read_s:g} s", now)

    def _is_awaited(self) -> bool:
        if self._reply is not None:
            return self._reply.is_awaited
        return self._upload is None or self._upload.is_done

    def _look_at_writing(self, now: float, unsent: int, write_s: float) -> None:
        self._progress = now
        if unsent != self._unsent:
            self._unsent, self._stalled_since = unsent, now
        elif now - self._stalled_since >= write_s:
            self._pass("write", f"the server took nothing for {write_s:g} s", now)

    def _pass(self, kind: Kind, what: str, now: float) -> None:
        assert self._call is not None
        phase, elapsed_s = self._phase(), now - self._started
        self._tell(TimedOut(what, kind=kind, url=self._call.url, phase=phase, elapsed_s=elapsed_s))
        self.give_up()


def _cut_by(reason: net.CloseReason) -> str:
    if isinstance(reason, net.Truncated):
        return "the connection was cut: TLS ended without its close_notify"
    if isinstance(reason, net.Reset):
        return "the server reset the connection"
    return f"the connection ended: {reason}"
