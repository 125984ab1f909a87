"""One connection: bytes in, bytes out, limits, deadlines, closing. Rides on a transport of asyncio's contract.

Compiled where that is possible, from this very file (`connection.pxd` gives the types).
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, Protocol, cast

from .address import Address, shared_address_of
from .codec import Codec
from .deadline import Deadlines
from .errors import ConnectionClosed, Incomplete, ProtocolError, TruncatedError
from .limits import Limits
from .linger import LINGER_S, Lingering
from .reason import Clean, CloseReason, Failed, Malformed, Reset, TimedOut, Truncated
from .send_file import FileSender, plain_socket

log = logging.getLogger("sennit.net")

NEVER = float("inf")
UNKNOWN = -2
WRITEV = 256 * 1024
"""From here on pieces are not copied together; below, one copy is cheaper than a longer system call."""


class Events(Protocol):
    """What a connection tells; `net.Protocol` documents each call and has a default for it."""

    def connected(self, connection: "Connection") -> None: ...
    def received(self, messages: list[Any]) -> None: ...
    def writable(self) -> None: ...
    def draining(self) -> None: ...
    def eof(self) -> None: ...
    def failed(self, error: ProtocolError) -> None: ...
    def timed_out(self, kind: str) -> None: ...
    def closed(self, reason: CloseReason) -> None: ...


class Registry(Protocol):
    """Who keeps the list of connections."""

    def connection_opened(self, connection: "Connection") -> None: ...
    def connection_closed(self, connection: "Connection") -> None: ...


class Connection:
    """The connection layer. The loop calls the asyncio methods; a `Protocol` uses the rest.

    `protocol` may be replaced (`switch_protocol`); `received_bytes` counts all input, `last_read` is a coarse time.
    `has_begun`: `connected` has been told, so `closed` will be. `is_blocked`: the peer is behind, more than
    `limits.write_buffer` bytes wait; `protocol.writable()` follows. `has_eof`: the peer has ended its side. `is_closing`:
    nothing more is written: closed, closing or lingering. `is_lost`: it is over, `closed` has been told. `loop`: that it
    runs in. All of these are for reading only.
    """

    __slots__ = (
        "_codec",
        "_corked",
        "_drained",
        "_due",
        "_file_sent",
        "_first_due",
        "_first_kind",
        "_listener",
        "_more_due",
        "_most_unsent",
        "_out",
        "_out_size",
        "_reason",
        "_refused",
        "_scheduled",
        "_sender",
        "_socket",
        "_stalled_at",
        "_stalled_since",
        "_transport",
        "clock",
        "has_begun",
        "has_eof",
        "id",
        "is_blocked",
        "is_closing",
        "is_lost",
        "last_read",
        "limits",
        "local",
        "loop",
        "peer",
        "protocol",
        "received_bytes",
    )

    def __init__(
        self,
        protocol: Events,
        *,
        id: int,
        peer: Address,
        clock: Deadlines,
        limits: Limits,
        codec: Codec[Any, Any] | None = None,
        listener: Registry | None = None,
    ) -> None:
        self.id = id
        self.protocol = protocol
        self.clock = clock
        self.limits = limits
        self.peer = peer
        self.local = Address("", 0)
        self.received_bytes = 0
        self.last_read = clock.now
        self._codec = codec
        self._listener = listener
        self._first_kind: str | None = None
        self._first_due = self._due = NEVER
        self._more_due: dict[str, float] | None = None
        self._out: list[bytes] = []
        self._out_size = 0
        self._corked = self._scheduled = self.is_blocked = self.is_closing = self.has_eof = self.is_lost = False
        self.has_begun = self._refused = self._drained = False
        self._reason: CloseReason | None = None
        self._sender: FileSender | None = None
        self._file_sent: asyncio.Future[None] | None = None
        self._socket = UNKNOWN
        self._stalled_at = 0
        self._most_unsent = limits.write_buffer
        self._stalled_since = NEVER

    # ── what a protocol uses ─────────────────────────────────────────────────

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent."""
        return self._out_size + self._unsent()

    def get_extra_info(self, name: str) -> Any:
        """What the transport knows, as asyncio names it; with TLS `peercert`, `cipher`, `alpn`, `ssl_object`. None once lost."""
        return None if self.is_lost else self._transport.get_extra_info(name)

    def write(self, data: bytes) -> None:
        """Queue bytes. All of one read batch, or of one turn of the loop, go out in one write. Dropped once closing."""
        if self.is_closing:
            return
        self._out.append(data)
        self._out_size += len(data)
        if self._out_size >= self._most_unsent:
            self.flush()
        elif not (self._corked or self._scheduled):
            self._scheduled = True
            self.clock.turn.add(self, self.loop)

    def cork(self) -> None:
        """Hold what is written until `uncork`, which sends it at once and in one piece. They do not nest."""
        self._corked = True

    def uncork(self) -> None:
        self._corked = False
        if self._out:
            self.flush()

    def flush(self) -> None:
        """Hand what is queued to the transport now."""
        out, size = self._out, self._out_size
        if not out or self.is_lost or self._sender is not None:
            return
        self._out_size = 0
        if len(out) > 1 and size >= WRITEV:
            self._out = []
            self._transport.writelines(out)
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        self._transport.write(data)

    def flush_turn(self) -> None:
        """The turn has ended in which something was written outside a read (`turn.Turn`)."""
        self._scheduled = False
        if not self._corked:
            self.flush()

    def _flush_before_file(self) -> None:
        write = getattr(self._transport, "write_before_file", None)
        if write is None or not self._out:
            self.flush()
            return
        data = b"".join(self._out)
        self._out.clear()
        self._out_size = 0
        write(data)

    @property
    def can_send_files(self) -> bool:
        """Whether `send_file` may be used: on a plain TCP or Unix socket, where the system can."""
        return not (self.is_closing or self._transport.is_closing()) and self._plain_socket() >= 0

    def _plain_socket(self) -> int:
        if self._socket == UNKNOWN:
            self._socket = plain_socket(self._transport)
        return self._socket

    def send_file(self, file: int, offset: int, count: int) -> "asyncio.Future[None] | None":
        """Send octets of an open file behind what was written before; what is written meanwhile comes behind them.

        None when the kernel has taken all of them. Else done when it has, and until then `is_blocked`, the descriptor has to
        stay open, and `close` cuts. A file that is shorter cuts the connection: EOFError. Raises ConnectionClosed.
        """
        if self.is_closing or self._transport.is_closing() or self._sender is not None:
            raise ConnectionClosed(self._reason or Clean())
        self._flush_before_file()
        self._sender = sender = FileSender(self.loop, self._plain_socket(), file, offset, count, self._file_ended)
        waits = self._transport.get_write_buffer_size() > 0
        try:
            is_sent = not waits and sender.start()
        except (OSError, EOFError) as error:
            self._file_ended(error)
            raise
        if is_sent:
            self._sender = None
            return None
        self.is_blocked = True
        self._file_sent = self.loop.create_future()
        if waits:
            self._transport.set_write_buffer_limits(high=0)  # `resume_writing` tells when it is empty
        return self._file_sent

    def encode(self, message: Any) -> bytes:
        """The bytes of one message; without a codec, the message itself."""
        return message if self._codec is None else self._codec.encode(message)

    @property
    def wire(self) -> object:
        """Equal for connections whose `encode` gives equal bytes; None when that is not known."""
        return b"" if self._codec is None else getattr(self._codec, "wire", None)

    def pause_reading(self) -> None:
        if not self.is_lost:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self.is_lost and not self._transport.is_closing():
            self._transport.resume_reading()

    def deadline(self, kind: str, seconds: float | None) -> None:
        """Have `protocol.timed_out(kind)` called in `seconds` (at most a second late); None takes it back."""
        if seconds is None:
            self._take_back(kind)
        else:
            self._set_due(kind, self.clock.now + seconds)

    def has_deadline(self, kind: str) -> bool:
        return kind == self._first_kind or (self._more_due is not None and kind in self._more_due)

    def _set_due(self, kind: str, due: float) -> None:
        """One is the rule, and stands here: a dictionary for it would be a tenth of what a silent connection holds."""
        if self._first_kind is None:
            self._take_back(kind)
            self._first_kind = kind
        if kind == self._first_kind:
            self._first_due = due
        elif self._more_due is None:
            self._more_due = {kind: due}
        else:
            self._more_due[kind] = due
        if due < self._due:
            self._due = due

    def _take_back(self, kind: str) -> None:
        if kind == self._first_kind:
            self._first_kind = None
        elif self._more_due is not None:
            self._more_due.pop(kind, None)

    def _take_all_back(self) -> dict[str, float]:
        """What was due when."""
        all_due, self._more_due = self._more_due or {}, None
        if self._first_kind is not None:
            all_due[self._first_kind] = self._first_due
            self._first_kind = None
        return all_due

    def switch_protocol(self, protocol: Events, pending: bytes = b"") -> None:
        """Go on with another protocol (an upgrade), raw bytes from here; `pending` has come already and was not used."""
        self.protocol = protocol
        self._codec = None
        self._take_all_back()
        protocol.connected(self)
        if pending:
            protocol.received([pending])

    def close(self, reason: CloseReason | None = None) -> None:
        """Send what is queued, then close."""
        if self.is_closing:
            return
        if self._sender is not None:
            self.abort(reason)
            return
        self._end(reason)
        self._transport.close()

    def linger(self, seconds: float = LINGER_S, reason: CloseReason | None = None) -> None:
        """Send what is queued, then close without cutting off an answer that the peer has not read yet.

        Closing with input unread makes the kernel reset the connection, and the reset overtakes the answer
        (RFC 9112 §9.6). So: end our side, read to nowhere until the peer closes or `seconds` have passed.
        """
        if self.has_eof or self.is_closing or self._sender is not None or not self._transport.can_write_eof():
            self.close(reason)
            return
        self._end(reason)
        self.protocol = Lingering(self, self.protocol)
        self._codec = None
        self._take_all_back()
        self.deadline("linger", seconds)
        self._transport.write_eof()
        self.resume_reading()

    def abort(self, reason: CloseReason | None = None) -> None:
        """Cut now; what is queued is dropped."""
        self._reason = self._reason or reason
        self.is_closing = True
        self._out.clear()
        self._out_size = 0
        self._drop_file()
        if not self.is_lost:
            self._transport.abort()

    def drain(self) -> None:
        """Shutdown has begun: tell the protocol, once."""
        if self._drained or self.is_lost:
            return
        self._drained = True
        self._tell(self.protocol.draining)

    def finish_closing(self) -> None:
        """The end of `linger`."""
        self._transport.close()

    # ── what the loop calls ──────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.has_begun = True
        self._transport = transport = cast(asyncio.Transport, transport)
        self.loop = asyncio.get_running_loop()
        self.local = shared_address_of(transport.get_extra_info("sockname"))
        transport.set_write_buffer_limits(high=self.limits.write_buffer)
        self.clock.add(self)
        if self.limits.idle_s is not None:
            self.deadline("idle", self.limits.idle_s)
        if self._listener is not None:
            self._listener.connection_opened(self)
        self._tell(self.protocol.connected, self)

    def data_received(self, data: bytes) -> None:
        self.last_read = self.clock.now
        self.received_bytes += len(data)
        self._corked = True
        try:
            if self._codec is None:
                self.protocol.received([data])
            else:
                self._decode(data)
        except Exception:
            log.exception("a protocol failed; the connection from %s is cut", self.peer)
            self.abort(Failed())
        self._corked = False
        if self._out:
            self.flush()

    def eof_received(self) -> bool:
        self.has_eof = True
        self._tell(self._decode_end)
        self._tell(self.protocol.eof)
        return True  # our side stays open: the protocol decides when to close

    def pause_writing(self) -> None:
        self.is_blocked = True

    def resume_writing(self) -> None:
        if self._sender is not None:
            self._transport.set_write_buffer_limits(high=self.limits.write_buffer)
            self._sender.go_on()
            return
        self.is_blocked = False
        if not self.is_closing:
            self._tell(self.protocol.writable)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closing = self.is_lost = True
        self._drop_file()
        self.clock.discard(self)
        reason = self._reason or _reason_of(error)
        try:
            self.protocol.closed(reason)
        except Exception:
            log.exception("a protocol failed in closed(); peer %s", self.peer)
        if self._listener is not None:
            self._listener.connection_closed(self)

    # ── inside ───────────────────────────────────────────────────────────────

    def sweep(self, now: float) -> None:
        """Act on the deadlines that have passed, and on a peer that takes nothing."""
        if self._due <= now:
            self._expire(now)
        unsent = self._unsent()
        if not unsent or unsent != self._stalled_at:
            self._stalled_at, self._stalled_since = unsent, now
        elif now - self._stalled_since >= self.limits.write_s:
            self.abort(TimedOut("write"))

    def _unsent(self) -> int:
        """Bytes that have left this object and that the kernel has not taken."""
        of_file = 0 if self._sender is None else self._sender.left
        return of_file + (0 if self.is_lost else self._transport.get_write_buffer_size())

    def _file_ended(self, error: Exception | None) -> None:
        """The file has gone out whole, or the connection cannot go on."""
        sent, self._file_sent, self._sender = self._file_sent, None, None
        self.is_blocked = False
        if error is not None:
            self.abort(Failed() if isinstance(error, EOFError) else Reset())
            if sent is not None and not sent.done():
                sent.set_exception(error)
            return
        if sent is not None and not sent.done():
            sent.set_result(None)
        self.flush()
        if not self.is_closing:
            self._tell(self.protocol.writable)

    def _drop_file(self) -> None:
        """Nothing more of it is sent."""
        if self._sender is not None:
            self._sender.stop()
            sent, self._file_sent, self._sender = self._file_sent, None, None
            if sent is not None and not sent.done():
                sent.set_exception(ConnectionClosed(self._reason or Reset()))

    def _expire(self, now: float) -> None:
        all_due = self._take_all_back()
        self._due = NEVER
        for kind, due in all_due.items():
            if due > now:
                self._set_due(kind, due)
        for kind, due in all_due.items():
            if due > now:
                continue
            if kind == "idle" and self._is_awake(now):
                continue
            self._tell(self.protocol.timed_out, kind)

    def _is_awake(self, now: float) -> bool:
        """Input came since the idle time was set: set it anew, counted from the last input."""
        idle_s = self.limits.idle_s
        if idle_s is None or self.last_read + idle_s <= now:
            return False
        self.deadline("idle", self.last_read + idle_s - now)
        return True

    def _decode(self, data: bytes) -> None:
        assert self._codec is not None
        if self._refused:
            return
        try:
            messages = self._codec.feed(data)
        except ProtocolError as error:
            self._refuse(error)
        else:
            if messages:
                self.protocol.received(messages)

    def _decode_end(self) -> None:
        if self._codec is None or self._refused:
            return
        try:
            messages = self._codec.eof()
        except Incomplete as error:
            self._reason = self._reason or Truncated()
            self._refuse(error)
        except ProtocolError as error:
            self._refuse(error)
        else:
            if messages:
                self.protocol.received(messages)

    def _refuse(self, error: ProtocolError) -> None:
        self._refused = True
        if error.before:
            self.protocol.received(error.before)
        log.info("protocol error from %s: %s", self.peer, error.message)
        self.protocol.failed(error)

    def _tell(self, event: Callable[..., None], *arguments: object) -> None:
        """Call the protocol; what it raises ends this connection and no other."""
        try:
            event(*arguments)
        except Exception:
            log.exception("a protocol failed; the connection from %s is cut", self.peer)
            self.abort(Failed())

    def _end(self, reason: CloseReason | None) -> None:
        self._reason = self._reason or reason
        self.flush()
        self.is_closing = True


def _reason_of(error: Exception | None) -> CloseReason:
    """What the transport's last word means."""
    if isinstance(error, TruncatedError):
        return Truncated()
    if isinstance(error, ssl.SSLError):
        return Malformed((error.reason or "TLS").replace("_", " ").lower())
    return Clean() if error is None else Reset()
