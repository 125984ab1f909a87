"""TLS between a transport and what rides on it: a protocol to the transport below, a transport to the protocol above.

| phase | reads | writes | goes on when |
|---|---|---|---|
| SHAKING | the handshake | the handshake | it is complete: OPEN; it failed: REFUSED; it takes too long: cut |
| OPEN | plain bytes, for above | what above writes | above closes: CLOSING; the peer breaks it or is cut off: LOST |
| CLOSING | to nowhere | what was queued, then close_notify | the peer has ended too, or takes too long: closed |
| REFUSED | to nowhere | an alert, or an answer in clear text | the peer has ended, or takes too long: cut |
| LOST | – | – | – |

The loop's own TLS is not used: it cannot tell a cut from an end, loses data when a peer goes while reading is paused,
and holds many times the memory.
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Protocol, cast

from ..address import Address
from ..deadline import Deadlines
from ..errors import TruncatedError
from ..poller import Attached
from .session import TlsSession

log = logging.getLogger("sennit.net")

CHUNK = 128 * 1024
"""Plain bytes encrypted at a time: between two chunks the transport below can say that it is full."""
REFUSED_S = 2.0
MOST_BYTES = 4 * 1024 * 1024
"""Read to nowhere while closing; a peer that sends more is cut."""
HANDSHAKE_RECORD = 0x16
NEVER = float("inf")

_NOBODY = cast(Attached, asyncio.Protocol())


class Phase(Enum):
    SHAKING = auto()
    OPEN = auto()
    CLOSING = auto()
    REFUSED = auto()
    LOST = auto()


class Bounds(Protocol):
    """Seconds for a handshake, and for the peer's part of closing (`net.Limits`)."""

    @property
    def handshake_s(self) -> float: ...
    @property
    def close_s(self) -> float: ...


class TlsLayer(asyncio.Protocol, asyncio.Transport):
    """`above` is told `connection_made` when the handshake is complete. If it never is, `on_lost(error)` is called instead.

    peer: for the log. clear_text_answer: sent to a client that does not speak TLS.
    Above gets a TruncatedError in `connection_lost` when the bytes ended without a close_notify.
    """

    __slots__ = (
        "_above",
        "_below",
        "_bounds",
        "_clear_text_answer",
        "_clock",
        "_due",
        "_error",
        "_has_said_end",
        "_has_told_eof",
        "_is_ending",
        "_is_full",
        "_is_held",
        "_is_paused",
        "_loop",
        "_on_lost",
        "_peer",
        "_phase",
        "_plain",
        "_plain_size",
        "_received",
        "_session",
        "_unread",
        "has_begun",
    )

    def __init__(
        self,
        above: Attached,
        session: TlsSession,
        *,
        peer: Address,
        clock: Deadlines,
        bounds: Bounds,
        on_lost: Callable[[Exception | None], None],
        clear_text_answer: bytes = b"",
    ) -> None:
        self._above = above
        self._session = session
        self._peer = peer
        self._clock = clock
        self._bounds = bounds
        self._on_lost = on_lost
        self._clear_text_answer = clear_text_answer
        self._phase = Phase.SHAKING
        self._due = NEVER
        self._plain: deque[memoryview] = deque()
        self._plain_size = 0
        self._received = 0  # bytes of this phase; not counted while OPEN
        self._unread = b""
        self._error: Exception | None = None
        self._is_paused = self._is_full = self._is_held = self._is_ending = False
        self._has_said_end = self._has_told_eof = False
        self.has_begun = False

    # ── what the transport below calls ───────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.has_begun = True
        self._below = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._wait(self._bounds.handshake_s)
        if not self._session.ssl_object.server_side:
            self._shake()

    def data_received(self, data: bytes) -> None:
        phase = self._phase
        if phase is Phase.OPEN:
            self._session.receive(data)
            if not self._is_paused:
                self._read()
        elif phase is Phase.SHAKING:
            self._receive_handshake(data)
        else:
            self._discard(data)

    def eof_received(self) -> bool:
        phase = self._phase
        self._session.receive_eof()
        if phase is Phase.SHAKING:
            self._shake()
        elif phase is Phase.OPEN:
            if not self._is_paused:
                self._read()
        else:
            self._below.close()
        return True

    def pause_writing(self) -> None:
        self._is_full = True
        if self._phase is Phase.OPEN:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        self._is_full = False
        self._push()
        if self._is_full or self._phase is not Phase.OPEN:
            return
        self._release()
        self._above.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        phase, above = self._phase, self._above
        self._phase = Phase.LOST
        if phase is Phase.OPEN and not self._has_told_eof and (data := self._take_plain()):
            above.data_received(data)  # above has paused, but what has come must not be lost with the connection
        self._clock.discard(self)
        self._plain.clear()
        self._plain_size = 0
        self._above = _NOBODY
        if phase in (Phase.OPEN, Phase.CLOSING):
            above.connection_lost(self._error or error)
        else:
            self._on_lost(self._error or error)
        del self._session  # some 15 KiB of OpenSSL's; the garbage collector would let it wait

    # ── the handshake ────────────────────────────────────────────────────────

    def _receive_handshake(self, data: bytes) -> None:
        is_first = self._received == 0 and self._session.ssl_object.server_side
        self._received += len(data)
        if is_first and data[0] != HANDSHAKE_RECORD:
            self._error = ConnectionError("the peer does not speak TLS")
            log.info("TLS with %s: what came is not TLS", self._peer)
            self._refuse(self._clear_text_answer if data[:1].isalpha() else b"")
            return
        self._session.receive(data)
        self._shake()

    def _shake(self) -> None:
        try:
            is_complete = self._session.shake()
        except ssl.SSLError as error:
            self._handshake_failed(error)
            return
        self._send()
        if is_complete:
            self._open()

    def _handshake_failed(self, error: ssl.SSLError) -> None:
        self._error = error
        if not isinstance(error, ssl.SSLEOFError):
            log.info("TLS with %s failed in the handshake: %s", self._peer, _words(error))
        elif self._received:
            log.info("TLS with %s failed: the peer left in the middle of the handshake", self._peer)
        # A peer that connects and leaves without a word is a health check or a port scan: nothing to say.
        self._refuse(self._session.take())

    def _refuse(self, last_words: bytes) -> None:
        """Closing with input unread would reset the connection, and the reset overtakes what is said last."""
        self._phase = Phase.REFUSED
        self._received = 0
        self._wait(REFUSED_S)
        if last_words:
            self._below.write(last_words)
        if isinstance(self._error, ssl.SSLEOFError) or not self._below.can_write_eof():
            self._below.close()
        else:
            self._below.write_eof()

    def _open(self) -> None:
        self._phase = Phase.OPEN
        self._received = 0
        self._clock.discard(self)
        self._above.connection_made(self)
        if self._is_full:
            self._above.pause_writing()
        if self._phase is Phase.OPEN and not self._is_paused:
            self._read()

    # ── reading ──────────────────────────────────────────────────────────────

    def _read(self) -> None:
        """Hand over what can be decrypted, then what else the peer has told: its end, or its violation."""
        data = self._take_plain()
        self._send_control()
        if data:
            self._above.data_received(data)
        if self._phase is not Phase.OPEN or self._is_paused:
            return
        session = self._session
        if session.failure is not None:
            self._break_off(session.failure)
        elif session.has_ended and not self._has_told_eof:
            self._has_told_eof = True
            if not self._above.eof_received():
                self.close()

    def _take_plain(self) -> bytes:
        data = self._session.read()
        if self._unread:
            data, self._unread = self._unread + data, b""
        return data

    def _send_control(self) -> None:
        """What OpenSSL says by itself (key updates). A peer that makes us say more than it reads is read no more."""
        out = self._session.take()
        if not out:
            return
        self._below.write(out)
        if self._is_full and not self._is_held:
            self._is_held = True
            self._below.pause_reading()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            if not self._is_paused:
                self._below.resume_reading()

    def _break_off(self, failure: ssl.SSLError) -> None:
        if isinstance(failure, ssl.SSLEOFError):
            self._error = TruncatedError("the connection ended without a close_notify")
        else:
            self._error = failure
            log.info("TLS with %s broke: %s", self._peer, _words(failure))
            self._send()
        self._below.abort()

    def _discard(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > MOST_BYTES:
            self._below.abort()
        elif self._phase is Phase.CLOSING:
            self._session.receive(data)
            self._session.read()
            if self._session.has_ended and self._has_said_end:
                self._below.close()

    # ── what the protocol above calls ────────────────────────────────────────

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        """Encrypted at once unless the transport below is full. Dropped once closing or ended."""
        if self._phase is not Phase.OPEN or self._is_ending:
            return
        plain = data if isinstance(data, bytes) else bytes(data)
        if not plain:
            return
        if not self._plain and not self._is_full and len(plain) <= CHUNK:
            self._encrypt(plain)
        else:
            self._plain.append(memoryview(plain))
            self._plain_size += len(plain)
            self._push()

    def writelines(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Say close_notify once all is written; the peer may go on sending."""
        if self._phase is Phase.OPEN and not self._is_ending:
            self._is_ending = True
            self._push()

    def close(self) -> None:
        """Send what is queued and close_notify, and wait for the peer's, at most `close_s`."""
        if self._phase is Phase.SHAKING:
            self._below.abort()
        if self._phase is not Phase.OPEN:
            return
        self._phase = Phase.CLOSING
        self._is_ending = True
        if (self._is_paused or self._is_held) and not self._below.is_closing():
            self._below.resume_reading()
        if self._has_said_end:
            self._await_end()
        else:
            self._push()

    def abort(self) -> None:
        if self._phase is Phase.OPEN:
            self._phase = Phase.CLOSING  # nothing more is handed over
        if self._phase is not Phase.LOST and self.has_begun:
            self._below.abort()

    def is_closing(self) -> bool:
        return self._phase is not Phase.OPEN or self._below.is_closing()

    def pause_reading(self) -> None:
        self._is_paused = True
        if not self._below.is_closing():
            self._below.pause_reading()

    def resume_reading(self) -> None:
        if not self._is_paused:
            return
        self._is_paused = False
        if self._phase is Phase.OPEN:
            self._loop.call_soon(self._go_on)
        if not self._is_held and not self._below.is_closing():
            self._below.resume_reading()

    def is_reading(self) -> bool:
        return not self._is_paused

    def get_write_buffer_size(self) -> int:
        """Plain bytes that wait here and encrypted ones that wait below."""
        return 0 if self._phase is Phase.LOST else self._plain_size + self._below.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._below.get_write_buffer_limits()

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast(asyncio.BaseProtocol, self._above)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._above = cast(Attached, protocol)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`ssl_object`, `peercert`, `cipher`, `alpn`, `sslcontext`; the rest from below.

        Not `socket`: whoever wrote to it (sendfile) would send clear text in the middle of the ciphertext.
        """
        if name == "socket":
            return default
        if name in _TOLD:
            return default if self._phase is Phase.LOST else _TOLD[name](self._session.ssl_object)
        return self._below.get_extra_info(name, default)

    # ── inside ───────────────────────────────────────────────────────────────

    def sweep(self, now: float) -> None:
        """Deadlines calls it while the layer waits for the peer."""
        if self._due > now:
            return
        self._due = NEVER
        if self._phase is Phase.CLOSING:
            self._below.close()
            return
        if self._phase is Phase.SHAKING:
            self._error = TimeoutError("the TLS handshake took too long")
            log.info("TLS with %s: the handshake was not complete after %g s", self._peer, self._bounds.handshake_s)
        self._below.abort()

    def _wait(self, seconds: float) -> None:
        self._due = self._clock.now + seconds
        self._clock.add(self)

    def _go_on(self) -> None:
        if self._phase is Phase.OPEN and not self._is_paused:
            self._read()

    def _push(self) -> None:
        """Encrypt what waits, as long as the transport below takes it; then what follows on it."""
        while self._plain and not self._is_full and self._phase is not Phase.LOST:
            first = self._plain.popleft()
            if len(first) > CHUNK:
                self._plain.appendleft(first[CHUNK:])
                first = first[:CHUNK]
            self._plain_size -= len(first)
            self._encrypt(first)
        if self._is_ending and not (self._plain or self._has_said_end or self._phase is Phase.LOST):
            self._say_end()

    def _encrypt(self, plain: bytes | memoryview) -> None:
        try:
            self._session.write(plain)
        except ssl.SSLError as error:
            self._break_off(error)
            return
        self._below.write(self._session.take())

    def _say_end(self) -> None:
        self._has_said_end = True
        before = self._session.end()
        self._send()
        if self._below.can_write_eof() and not self._below.is_closing():
            self._below.write_eof()
        if self._phase is Phase.CLOSING:
            self._await_end()
        elif before or self._session.has_ended or self._session.failure is not None:
            self._unread += before
            self._loop.call_soon(self._go_on)

    def _await_end(self) -> None:
        self._session.read()
        if self._session.has_ended or self._session.failure is not None:
            self._below.close()
        else:
            self._wait(self._bounds.close_s)

    def _send(self) -> None:
        if out := self._session.take():
            self._below.write(out)


_TOLD: dict[str, Callable[[Any], object]] = {
    "ssl_object": lambda ssl_object: ssl_object,
    "sslcontext": lambda ssl_object: ssl_object.context,
    "peercert": lambda ssl_object: ssl_object.getpeercert(),
    "cipher": lambda ssl_object: ssl_object.cipher(),
    "compression": lambda ssl_object: ssl_object.compression(),
    "alpn": lambda ssl_object: ssl_object.selected_alpn_protocol(),
}


def _words(error: ssl.SSLError) -> str:
    """OpenSSL's reason; its `verify_message` says more where a certificate was refused. Nothing of the peer's bytes."""
    reason = (error.reason or type(error).__name__).replace("_", " ").lower()
    verify_message: str | None = getattr(error, "verify_message", None)
    return f"{reason} ({verify_message})" if verify_message else reason
