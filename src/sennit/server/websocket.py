"""An open WebSocket of the server: what `http.WebSocketStream` promises, on a net connection.

Compiled where that is possible, from this very file (`websocket.pxd` gives the types).
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from .. import net
from ..http import WebSocketClosed
from ..net.dialogue import Dialogue
from ..protocols.websocket import Deflate, Endpoint, close_code, serialize_message

DEFLATE = Deflate(server_no_context_takeover=True, client_no_context_takeover=True)
"""What we agree to: each message is packed by itself, so that a connection which is silent holds no window (up to 300 KiB)."""


class Owner(Protocol):
    """The exchange that the WebSocket began with."""

    cancel_on_disconnect: bool
    task: "asyncio.Future[None] | None"

    @property
    def drain_code(self) -> int: ...
    @property
    def is_draining(self) -> bool: ...


class PeerLeft(WebSocketClosed, net.ConnectionClosed):  # type: ignore[misc]  # `reason` prints as text in both
    """What `receive` and `send` raise once a WebSocket is closed: to a program that serves any `net.Peer`, a
    ConnectionClosed as any other."""

    def __init__(self, code: int, reason: str) -> None:
        WebSocketClosed.__init__(self, code, reason)


class ServerWebSocket(Dialogue):
    """Made when a handshake is accepted. Messages of another kind than `kind` close it with 1003."""

    __slots__ = ("_callbacks", "_frames", "_owner", "subprotocol")

    wire = "websocket"
    """Frames of a server are not masked: one prepared frame serves all peers."""

    def __init__(
        self,
        owner: Owner,
        endpoint: Endpoint,
        subprotocol: str | None,
        *,
        kind: type | None = None,
        unpacks: bool = False,
    ) -> None:
        Dialogue.__init__(self, endpoint, kind=kind, unpacks=unpacks)
        self._frames = endpoint
        self.subprotocol = subprotocol
        self._owner = owner
        self._callbacks: list[Callable[[], None]] | None = None

    def why_ended(self) -> PeerLeft:
        return PeerLeft(self.close_code, self.close_reason)

    def prepare(self, message: str | bytes) -> bytes:
        return serialize_message(message)

    def offer(self, data: bytes) -> bool:
        return self.offer_prepared(data)

    def decode(self, data: bytes) -> list[str | bytes]:
        return self._frames.receive_data(data)

    def is_over(self) -> bool:
        return self._frames.is_over

    def take_output(self) -> bytes:
        return self._frames.take_output()

    def encode(self, message: str | bytes) -> bytes:
        return self._frames.serialize_message(message)

    def send_last(self, message: str | bytes) -> bytes:
        return serialize_message(message)

    def on_writable(self, callback: Callable[[], None]) -> None:
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(callback)

    def evict(self, limit: str) -> None:
        """Close with 1008 behind what is queued, and cut a peer that does not even take that within 5 s."""
        self.begin_close(close_code.POLICY_VIOLATION, f"over the limit {limit}")

    def handler_ended(self, error: BaseException | None) -> None:
        """The handler is over: close with 1000, or 1011 when it failed; nobody takes what still comes."""
        failed = isinstance(error, Exception) and not isinstance(error, WebSocketClosed)
        self.begin_close(close_code.INTERNAL_ERROR if failed else close_code.NORMAL)
        self.drop_input()

    def refuse(self, message: str | bytes) -> None:
        wanted = "binary" if isinstance(message, str) else "text"
        self.begin_close(close_code.UNSUPPORTED_DATA, f"only {wanted} messages here")

    # ── what the connection tells ────────────────────────────────────────────

    def connected(self, connection: net.Connection) -> None:
        Dialogue.connected(self, connection)
        if self._owner.is_draining:
            self.draining()

    def writable(self) -> None:
        Dialogue.writable(self)
        if not self.is_closed:
            for callback in self._callbacks or ():
                callback()

    def draining(self) -> None:
        self.begin_close(self._owner.drain_code)

    def closed(self, reason: net.CloseReason) -> None:
        Dialogue.closed(self, reason)
        self._callbacks = None
        if self._owner.cancel_on_disconnect and self._owner.task is not None:
            self._owner.task.cancel()
