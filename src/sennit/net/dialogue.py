"""Messages both ways over a connection, through an endpoint without I/O: keep-alive, closing handshake, back-pressure.

Compiled where that is possible, from this very file (`dialogue.pxd` gives the types). No task and no timer of its own: the
connection tells what has come, and its coarse deadlines tell of silence.
"""

import asyncio
import os
from asyncio import get_running_loop
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol, Self

from .connection import Connection
from .errors import ProtocolError
from .inbox import Inbox
from .reason import CloseReason, Malformed, TimedOut

PING_S = 20.0
"""Silence after which a ping is sent; as long again without a sign of life and the peer is gone."""
CLOSE_S = 5.0
"""For the peer's part of the closing handshake: cut without it."""
MOST_MESSAGES = 64
MOST_BYTES = 1024 * 1024
"""Received and not taken: above, reading pauses."""
SLICE = 4 * 1024
"""Octets that are given to an endpoint that unpacks at a time: a small read may become a thousand times as much, so it is
looked at in between whether there is room for more."""
MOST_OWED = 64 * 1024
"""Octets of answers that the endpoint gives by itself (pongs) and that a peer does not read: above, reading pauses."""


class Endpoint(Protocol):
    """One side of a protocol of messages, pings and a closing handshake; `protocols.websocket.Endpoint` is one."""

    close_code: int
    close_reason: str

    @property
    def failure(self) -> Exception | None: ...
    def take_pongs(self) -> list[bytes]: ...
    def receive_eof(self) -> None: ...
    def serialize_ping(self, payload: bytes = b"") -> bytes: ...
    def begin_close(self, code: int, reason: str) -> bytes: ...


class Dialogue(Inbox):
    """A `net.Protocol` for one coroutine that receives and any number that send.

    kind: the only type of message that is taken, None for all; `refuse` is asked what to do about another.
    A message is sent when `send` is called, awaiting it waits while the peer is behind. unpacks: messages may be larger
    than the octets that bring them.
    """

    __slots__ = (
        "_endpoint",
        "_gone",
        "_heard",
        "_is_last",
        "_is_pinged",
        "_is_working",
        "_kind",
        "_owed",
        "_pings",
        "_rest",
        "_unpacks",
        "close_code",
        "close_reason",
        "is_closed",
    )

    def __init__(self, endpoint: Endpoint, *, kind: type | None = None, unpacks: bool = False) -> None:
        super().__init__(MOST_MESSAGES, MOST_BYTES)
        self._endpoint = endpoint
        self._kind = kind
        self._unpacks = unpacks
        self._is_working = False
        self._rest = b""
        self._heard = self._owed = 0
        self._is_last = self._is_pinged = self.is_closed = False
        self._gone: asyncio.Future[None] | None = None
        self._pings: dict[bytes, asyncio.Future[bool]] | None = None
        self.close_code = 0
        self.close_reason = ""

    # ── what coroutines use ──────────────────────────────────────────────────

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[Any]:
        return self.next()

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        """Raises what `why_ended` gives once it is closed."""
        if self.is_closed:
            raise self.why_ended()
        self.connection.write(self.send_last(message) if self._is_last else self.encode(message))
        return self.sent()

    def has_room(self) -> None:
        if self.is_closed:
            raise self.why_ended()

    def offer_prepared(self, data: bytes) -> bool:
        """Queue what has been serialized; False, and nothing queued, when the peer is behind or gone."""
        if self.is_closed or self.connection.is_blocked:
            return False
        self.connection.write(data)
        return True

    async def ping(self) -> float:
        """Seconds until the peer's pong; many may wait at once."""
        if self.is_closed or self._is_last:
            raise self.why_ended()
        if self._pings is None:
            self._pings = {}
        loop = get_running_loop()
        began, payload = loop.time(), os.urandom(8)
        heard = self._pings[payload] = loop.create_future()
        self.connection.write(self._endpoint.serialize_ping(payload))
        try:
            is_heard = await heard
        finally:
            del self._pings[payload]
        if not is_heard:
            raise self.why_ended()
        return loop.time() - began

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the closing handshake and wait for its end, at most 5 s."""
        self.begin_close(code, reason)
        if not self.connection.is_lost:
            if self._gone is None:
                self._gone = get_running_loop().create_future()
            await asyncio.shield(self._gone)

    def begin_close(self, code: int, reason: str = "") -> None:
        """Say that this side closes; what the peer has sent by now can still be taken."""
        if self.is_closed or self.connection.is_closing:
            return
        self._end(code, reason)
        octets = self._endpoint.begin_close(code, reason)
        if octets:
            self.connection.write(octets)
        self.connection.deadline("ping", None)
        self.connection.deadline("close", CLOSE_S)

    def abort(self) -> None:
        self.connection.abort()

    # ── what a subclass decides ──────────────────────────────────────────────

    def decode(self, data: bytes) -> list[Any]:
        """The messages that are whole now. This and the next three are the way of every message: a subclass that knows its
        endpoint's type calls it without Python's protocols between, which are a tenth of a short echo."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Once its output is written nothing more comes, and nothing more may be sent."""
        raise NotImplementedError

    def take_output(self) -> bytes:
        """What the endpoint answers by itself. Nearly always nothing."""
        raise NotImplementedError

    def encode(self, message: Any) -> bytes:
        """A message for the peer."""
        raise NotImplementedError

    def refuse(self, message: Any) -> None:
        """It is not of the kind that is taken."""
        raise NotImplementedError

    def send_last(self, message: Any) -> bytes:
        """The octets of an answer to messages that came in one read with the peer's close, whose answer is not sent yet."""
        raise self.why_ended()

    def hang_up(self) -> None:
        """The closing handshake is complete."""
        self.connection.close()

    # ── what the connection tells ────────────────────────────────────────────

    def connected(self, connection: Connection) -> None:
        self.connection = connection
        connection.deadline("ping", PING_S)

    def received(self, messages: list[bytes]) -> None:
        for data in messages:
            if self._unpacks:
                self._rest += data
                self._work_off()
            else:
                self._receive(data)

    def _work_off(self) -> None:
        """What has come, as far as there is room; whoever takes a message later goes on with it."""
        if self._is_working:
            return
        self._is_working = True
        while self._rest and not self._is_last and (self.is_closed or not self._is_paused):
            data, self._rest = self._rest[:SLICE], self._rest[SLICE:]
            self._receive(data)
        self._is_working = False

    def _receive(self, data: bytes) -> None:
        got = self.decode(data)
        self._is_last = self.is_over()
        output = self.take_output()
        if not self._is_last:  # a pong is not held back by what came behind its ping
            self._answer(output)
        if got and not self.is_closed:
            self._deliver(got)
        if self._is_last:
            self._answer(output)
        if self._pings:
            self._hear_pongs(self._endpoint.take_pongs())
        if self._is_last:
            self._finish()

    def _deliver(self, got: list[Any]) -> None:
        """Whoever receives goes on here: what it answers stands before what the endpoint itself answers."""
        size = 0
        kind = self._kind
        for at, message in enumerate(got):
            if kind is not None and not isinstance(message, kind):
                self.put(got[:at], size)
                self.refuse(message)
                return
            size += len(message)
        self.put(got, size)

    def _answer(self, output: bytes) -> None:
        if not output:
            return
        self.connection.write(output)
        if self.connection.is_blocked:
            self._owed += len(output)
            if self._owed > MOST_OWED:
                self.hold_back()  # it sends (pings) and does not read the answers

    def resume_if_room(self) -> None:
        if self._owed <= MOST_OWED:
            Inbox.resume_if_room(self)
            if self._rest and not self._is_paused:
                self._work_off()

    def writable(self) -> None:
        self._owed = 0
        self.resume_if_room()
        self.catch_up()

    def draining(self) -> None:
        """A subclass closes here."""

    def failed(self, error: ProtocolError) -> None:
        """Never called: there is no codec below."""

    def eof(self) -> None:
        self._endpoint.receive_eof()
        self._end(self._endpoint.close_code, self._endpoint.close_reason)
        self.connection.close()

    def timed_out(self, kind: str) -> None:
        if kind != "ping":
            self.connection.abort(TimedOut(kind))
        elif self._is_paused or self.connection.received_bytes != self._heard:
            self._heard = self.connection.received_bytes
            self._is_pinged = False
            self.connection.deadline("ping", PING_S)
        elif self._is_pinged:
            self.connection.abort(TimedOut("ping"))
        else:
            self._is_pinged = True
            self.connection.write(self._endpoint.serialize_ping())
            self.connection.deadline("ping", PING_S)

    def closed(self, reason: CloseReason) -> None:
        self._endpoint.receive_eof()
        self._end(self._endpoint.close_code, self._endpoint.close_reason)
        self.catch_up()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    # ── inside ───────────────────────────────────────────────────────────────

    def _hear_pongs(self, payloads: list[bytes]) -> None:
        pings = self._pings
        assert pings is not None
        for payload in payloads:
            heard = pings.get(payload)
            if heard is not None and not heard.done():
                heard.set_result(True)

    def _finish(self) -> None:
        """The peer has closed, or broken the protocol and been told so."""
        endpoint = self._endpoint
        self._end(endpoint.close_code, endpoint.close_reason)
        if endpoint.failure is None:
            self.hang_up()
        else:
            self.connection.linger(reason=Malformed(str(endpoint.failure)))

    def _end(self, code: int, reason: str) -> None:
        """The first cause is what is told."""
        if self.is_closed:
            return
        self.is_closed = True
        self.close_code = code
        self.close_reason = reason
        self.end_input()
        for heard in (self._pings or {}).values():
            if not heard.done():
                heard.set_result(False)
