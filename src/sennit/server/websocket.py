"""An open WebSocket of the server: what `http.WebSocketStream` promises, on a net connection."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from .. import net
from ..http import WebSocketClosed
from ..protocols.websocket import Endpoint, Role, State, close_code, serialize_message

PING_S = 20.0
"""Silence after which a ping is sent; as long again without a sign of life and the peer is gone."""
CLOSE_S = 5.0
MOST_MESSAGES = 64
MOST_BYTES = 1024 * 1024
"""Received and not taken by the handler: above, reading pauses."""
FAIR_SHARE = 256


class Owner(Protocol):
    """The exchange that the WebSocket began with."""

    cancel_on_disconnect: bool
    task: "asyncio.Future[None] | None"

    @property
    def drain_code(self) -> int: ...
    @property
    def is_draining(self) -> bool: ...


class ServerWebSocket(net.Protocol[bytes, bytes]):
    __slots__ = (
        "_callbacks",
        "_ended",
        "_endpoint",
        "_gone",
        "_heard",
        "_inbox",
        "_inbox_bytes",
        "_is_paused",
        "_owner",
        "_pinged",
        "_reader",
        "_turns",
        "_writers",
        "subprotocol",
    )

    def __init__(self, owner: Owner, subprotocol: str | None, max_message: int) -> None:
        self.subprotocol = subprotocol
        self._owner = owner
        self._endpoint = Endpoint(Role.SERVER, max_message=max_message)
        self._inbox: deque[str | bytes] = deque()
        self._inbox_bytes = self._turns = self._heard = 0
        self._ended: WebSocketClosed | None = None
        self._is_paused = self._pinged = False
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._gone: asyncio.Future[None] | None = None
        self._callbacks: list[Callable[[], None]] = []

    # ── what a handler uses ──────────────────────────────────────────────────

    @property
    def is_closed(self) -> bool:
        """Nothing can be sent any more."""
        return self._ended is not None

    async def receive(self) -> str | bytes:
        while not self._inbox:
            if self._ended is not None:
                raise WebSocketClosed(self._ended.code, self._ended.reason)
            await self._wait_message()
        await self._be_fair()
        message = self._inbox.popleft()
        self._inbox_bytes -= len(message)
        if self._is_paused:
            self._resume_if_room()
        return message

    async def send(self, message: str | bytes) -> None:
        self._check_open()
        self.connection.write(serialize_message(message))
        await self._be_fair()
        while self.connection.is_blocked:
            await self._wait_writable()
            self._check_open()

    def prepare(self, message: str | bytes) -> bytes:
        return serialize_message(message)

    def offer(self, frame: bytes) -> bool:
        if self._ended is not None or self.connection.is_blocked:
            return False
        self.connection.write(frame)
        return True

    def on_writable(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)

    async def close(self, code: int = close_code.NORMAL, reason: str = "") -> None:
        """Begin the closing handshake and wait for its end, at most 5 s."""
        self._begin_close(code, reason)
        if not self.connection.is_lost:
            if self._gone is None:
                self._gone = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._gone)

    def handler_ended(self, error: BaseException | None) -> None:
        """The handler is over: close with 1000, or 1011 when it failed; nobody takes what still comes."""
        self._inbox.clear()
        self._inbox_bytes = 0
        failed = isinstance(error, Exception) and not isinstance(error, WebSocketClosed)
        self._begin_close(close_code.INTERNAL_ERROR if failed else close_code.NORMAL, "")
        self._resume_if_room()

    # ── what the connection tells ────────────────────────────────────────────

    def connected(self, connection: net.Connection) -> None:
        self.connection = connection
        connection.deadline("ping", PING_S)
        if self._owner.is_draining:
            self.draining()

    def received(self, messages: list[bytes]) -> None:
        for data in messages:
            self._take(self._endpoint.receive_data(data))
        if self._inbox:
            if len(self._inbox) > MOST_MESSAGES or self._inbox_bytes > MOST_BYTES:
                self._pause()
            _wake(self._reader)
        if self.connection.is_blocked:
            self._pause()  # a peer that sends and does not read (pings, echoes) is held back

    def writable(self) -> None:
        self._resume_if_room()
        for writer in self._writers:
            _wake(writer)
        self._writers.clear()
        if self._ended is None:
            for callback in self._callbacks:
                callback()

    def draining(self) -> None:
        self._begin_close(self._owner.drain_code, "")

    def eof(self) -> None:
        self._end(close_code.ABNORMAL, "")
        self.connection.close()

    def timed_out(self, kind: str) -> None:
        if kind != "ping":
            self.connection.abort(net.TimedOut(kind))
        elif self._is_paused or self.connection.received_bytes != self._heard:
            self._heard = self.connection.received_bytes
            self._pinged = False
            self.connection.deadline("ping", PING_S)
        elif self._pinged:
            self.connection.abort(net.TimedOut("ping"))
        else:
            self._pinged = True
            self.connection.write(self._endpoint.serialize_ping())
            self.connection.deadline("ping", PING_S)

    def closed(self, reason: net.CloseReason) -> None:
        self._end(close_code.ABNORMAL, "")
        for writer in self._writers:
            _wake(writer)
        _wake(self._gone)
        self._callbacks.clear()
        if self._owner.cancel_on_disconnect and self._owner.task is not None:
            self._owner.task.cancel()

    # ── inside ───────────────────────────────────────────────────────────────

    def _take(self, messages: list[str | bytes]) -> None:
        endpoint = self._endpoint
        if self._ended is None:
            self._inbox.extend(messages)
            self._inbox_bytes += sum(map(len, messages))
        output = endpoint.take_output()
        if output:
            self.connection.write(output)
        if endpoint.is_over:
            self._end(endpoint.close_code, endpoint.close_reason)
            if endpoint.failure is None:
                self.connection.close()
            else:
                self.connection.linger()

    def _begin_close(self, code: int, reason: str) -> None:
        if self._endpoint.state is not State.OPEN or self.connection.is_closing:
            return
        self._end(code, reason)
        self.connection.write(self._endpoint.begin_close(code, reason))
        self.connection.deadline("ping", None)
        self.connection.deadline("close", CLOSE_S)

    def _end(self, code: int, reason: str) -> None:
        if self._ended is None:
            self._ended = WebSocketClosed(code, reason)
            _wake(self._reader)

    def _check_open(self) -> None:
        if self._ended is not None:
            raise WebSocketClosed(self._ended.code, self._ended.reason)

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.connection.pause_reading()

    def _resume_if_room(self) -> None:
        roomy = len(self._inbox) <= MOST_MESSAGES // 4 and self._inbox_bytes <= MOST_BYTES // 4
        if self._is_paused and roomy and not self.connection.is_blocked:
            self._is_paused = False
            self.connection.resume_reading()

    async def _wait_message(self) -> None:
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    async def _wait_writable(self) -> None:
        writer = asyncio.get_running_loop().create_future()
        self._writers.append(writer)
        await writer

    async def _be_fair(self) -> None:
        self._turns += 1
        if self._turns >= FAIR_SHARE:
            self._turns = 0
            await asyncio.sleep(0)


def _wake(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
