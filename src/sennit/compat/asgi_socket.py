"""One WebSocket of an ASGI application."""

from typing import Any

from ..errors import SennitError
from ..http.exchange import WebSocketClosed
from ..web.websocket import WebSocket
from .asgi_call import Message


class AsgiSocket:
    """`receive` and `send` of the application. `refusal`: the status for a handshake that it has closed, 0 while it has not."""

    def __init__(self, ws: WebSocket[Any], scope: dict[str, Any]) -> None:
        self._ws = ws
        self._scope = scope
        self._is_connected = self._is_closed = False
        self.refusal = 0

    async def receive(self) -> Message:
        if not self._is_connected:
            self._is_connected = True
            return {"type": "websocket.connect"}
        try:
            message = await self._ws.recv()
        except WebSocketClosed as closed:
            self._is_closed = True
            return {"type": "websocket.disconnect", "code": closed.code, "reason": closed.reason}
        is_text = isinstance(message, str)
        return {"type": "websocket.receive", "text" if is_text else "bytes": message}

    async def send(self, message: Message) -> None:
        """Raises OSError when the peer has gone."""
        kind = message["type"]
        if kind == "websocket.accept" and not self._ws.is_accepted and not self.refusal:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())}
            self._ws.accept(message.get("subprotocol"), headers)
        elif kind == "websocket.close" and not self._is_closed:
            await self._close(message)
        elif kind == "websocket.send" and self._ws.is_accepted:
            await self._send_message(message)
        else:
            raise SennitError(
                code="compat.E003",
                what=f"the application sent {kind!r} out of order",
                where=f"the ASGI application mounted at {self._scope['root_path'] or '/'!r}",
                fix="accept or close first, then send, and nothing after the close",
            )

    async def _close(self, message: Message) -> None:
        if self._ws.is_accepted:
            self._is_closed = True
            await self._ws.close(int(message.get("code", 1000)), str(message.get("reason") or ""))
        else:
            self.refusal = 403

    async def _send_message(self, message: Message) -> None:
        content = message.get("text")
        try:
            await self._ws.send(bytes(message["bytes"]) if content is None else content)
        except WebSocketClosed as closed:
            raise BrokenPipeError("the client has gone") from closed
