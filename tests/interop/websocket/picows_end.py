"""picows as a client and as a server. It hands over frames; messages are put together here."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_connect,
    ws_create_server,
)

from interop.websocket.end import MOST, Deflate, End, Library, Meet

KINDS = {str: WSMsgType.TEXT, bytes: WSMsgType.BINARY}


class Listener(WSListener):
    def __init__(self, end: "PicowsEnd") -> None:
        self._end = end
        self._kind = WSMsgType.TEXT
        self._pieces: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._end.transport = transport
        self._end.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._take(frame)
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.PONG:
            self._end.has_ponged(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            code = int(frame.get_close_code()) if frame.payload_size else 1005
            reason = frame.get_close_message() if frame.payload_size > 2 else b""
            self._end.has_ended(code, bytes(reason).decode())
            if not transport.is_close_frame_sent:
                transport.send_close(frame.get_close_code(), reason)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._end.has_ended(None)

    def _take(self, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.CONTINUATION:
            self._kind = frame.msg_type
        self._pieces.append(frame.get_payload_as_bytes())
        if frame.fin:
            whole = b"".join(self._pieces)
            self._pieces.clear()
            self._end.has_come(whole.decode() if self._kind == WSMsgType.TEXT else whole)


class PicowsEnd(End):
    transport: WSTransport

    def __init__(self, met: Meet | None = None) -> None:
        super().__init__()
        self._met = met

    def opened(self) -> None:
        if self._met is not None:
            self._met(self)

    async def send(self, message: str | bytes) -> None:
        octets = message.encode() if isinstance(message, str) else message
        self.transport.send(KINDS[type(message)], octets)

    async def send_fragments(self, pieces: Sequence[str] | Sequence[bytes]) -> None:
        for number, piece in enumerate(pieces):
            octets = piece.encode() if isinstance(piece, str) else piece
            kind = WSMsgType.CONTINUATION if number else KINDS[type(piece)]
            self.transport.send(kind, octets, number == len(pieces) - 1)

    async def send_ping(self, payload: bytes) -> None:
        self.transport.send_ping(payload)

    async def close(self, code: int, reason: str) -> None:
        self.transport.send_close(code, reason.encode())  # type: ignore[arg-type]
        await self.closed()

    def abort(self) -> None:
        self.transport.disconnect(graceful=False)


@asynccontextmanager
async def connect(url: str, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[End]:
    assert deflate is None
    end = PicowsEnd()
    headers = [("Sec-WebSocket-Protocol", ", ".join(subprotocols))] if subprotocols else None
    transport, _ = await ws_connect(
        lambda: Listener(end), url, extra_headers=headers, enable_auto_pong=False, max_frame_size=MOST
    )
    end.subprotocol = transport.response.headers.get("Sec-WebSocket-Protocol")
    try:
        yield end
    finally:
        end.abort()


@asynccontextmanager
async def listen(met: Meet, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[str]:
    assert deflate is None

    def listener(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        end = PicowsEnd(met)
        offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
        end.subprotocol = next((name for name in offered if name in subprotocols), None)
        own = [("Sec-WebSocket-Protocol", end.subprotocol)] if end.subprotocol else None
        response = WSUpgradeResponse.create_101_response(extra_headers=own)
        return WSUpgradeResponseWithListener(response, Listener(end))

    server = await ws_create_server(listener, "127.0.0.1", 0, enable_auto_pong=False, max_frame_size=MOST)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


LIBRARY = Library(connect, listen, packs=False)
