"""An open WebSocket of the client: the same surface as the server's, on a net connection. A `net.Peer`."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec

from .. import net
from ..http import Fields, WebSocketClosed
from ..net.dialogue import CLOSE_S, Dialogue
from ..protocols.websocket import Endpoint, close_code


class ServerLeft(WebSocketClosed, net.ConnectionClosed):  # type: ignore[misc]  # `reason` prints as text in both
    """What `recv` and `send` raise once a WebSocket is closed: to a program that serves any `net.Peer`, a ConnectionClosed
    as any other."""

    def __init__(self, code: int, reason: str) -> None:
        WebSocketClosed.__init__(self, code, reason)


class WebSocket(Dialogue):
    """Made by `client.websocket(url)`: `async for message in ws`, `send`, `offer`, `recv`, `ping`, `close`.

    One coroutine receives, any number may send. A message is queued when `send` is called; awaiting it waits while the
    server does not read. Iteration ends when the server leaves; `recv` and `send` raise WebSocketClosed then.
    """

    __slots__ = ("_frames", "headers", "subprotocol")

    wire = None
    """Each client masks by itself: nothing that is prepared serves two."""

    def __init__(self, endpoint: Endpoint, *, subprotocol: str | None, headers: Fields, unpacks: bool) -> None:
        super().__init__(endpoint, unpacks=unpacks)
        self._frames = endpoint
        self.subprotocol = subprotocol
        self.headers = headers

    def why_ended(self) -> ServerLeft:
        return ServerLeft(self.close_code, self.close_reason)

    async def recv(self, *, timeout_s: float | None = None) -> str | bytes:
        """The next message. Raises WebSocketClosed once the server has left, TimeoutError; a cancelled wait loses nothing."""
        message: str | bytes
        if timeout_s is None or self.waiting:
            message = await self.receive()
        else:
            async with asyncio.timeout(timeout_s):
                message = await self.receive()
        return message

    async def recv_json(self, type: Any = Any, *, timeout_s: float | None = None) -> Any:
        """The next message decoded, and checked against `type`. Raises msgspec.DecodeError for one that does not fit."""
        return msgspec.json.decode(await self.recv(timeout_s=timeout_s), type=type)

    def send_json(self, value: Any) -> Coroutine[Any, Any, None]:
        return self.send(msgspec.json.encode(value).decode())

    def offer(self, message: str | bytes) -> bool:
        """Never waits; False, and nothing queued, when the server is behind or gone."""
        return not self.is_closed and self.offer_prepared(self.prepare(message))

    def prepare(self, message: str | bytes) -> bytes:
        return self.encode(message)

    def decode(self, data: bytes) -> list[str | bytes]:
        return self._frames.receive_data(data)

    def is_over(self) -> bool:
        return self._frames.is_over

    def take_output(self) -> bytes:
        return self._frames.take_output()

    def encode(self, message: str | bytes) -> bytes:
        return self._frames.serialize_message(message)

    def evict(self, limit: str) -> None:
        """Close with 1008 without waiting, because the server is over a limit."""
        self.begin_close(close_code.POLICY_VIOLATION, f"over the limit {limit}")

    def hang_up(self) -> None:
        """It is the server that ends the connection (RFC 6455 §7.1.1); one that does not is cut."""
        self.connection.deadline("ping", None)
        self.connection.deadline("close", CLOSE_S)
        if self.connection.has_eof:
            self.connection.close()

    def draining(self) -> None:
        self.begin_close(close_code.GOING_AWAY)
