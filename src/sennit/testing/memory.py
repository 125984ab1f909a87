"""Exchanges without a network: what the test client hands to a site."""

import asyncio
from collections.abc import AsyncIterator, Callable

from ..errors import TooLarge
from ..http.exchange import Address, Lines, WebSocketClosed, WebSocketOffer, WebSocketStream
from ..http.fields import Fields

PIECE_BYTES = 64 * 1024


class MemoryExchange:
    """Satisfies `http.Exchange`; keeps the answer. `offer` makes it a WebSocket handshake."""

    http_version = "1.1"

    def __init__(
        self,
        method: str,
        raw_path: str,
        query_string: str = "",
        lines: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        *,
        scheme: str = "http",
        offer: WebSocketOffer | None = None,
    ) -> None:
        self.method = method
        self.raw_path = raw_path
        self.query_string = query_string
        self.scheme = scheme
        self.fields = Fields(lines or [])
        self.host = self.fields.get("host", "")
        self.client = Address("127.0.0.1", 50000)
        self.cancel_on_disconnect = True
        self.route: object = None
        self.request_id = ""
        self.asyncio_task = False
        self.websocket_offer = offer
        self.status = 0
        self.answer_fields = Fields()
        self.answer = bytearray()
        self.is_cut = False
        self.is_finished = False
        self.answered = asyncio.Event()
        self.socket: MemorySocket | None = None
        self._body = body

    def on_draining(self, callback: Callable[[], None]) -> None:
        """Nothing shuts down here."""

    def field(self, name: str) -> str | None:
        return self.fields.get(name)

    @property
    def has_body(self) -> bool:
        return bool(self._body)

    async def read(self, limit: int) -> bytes:
        if len(self._body) > limit:
            raise TooLarge(detail=f"the body is larger than {limit} bytes")
        return self._body

    def read_at_once(self, limit: int) -> bytes | None:
        return None if len(self._body) > limit else self._body

    async def stream(self, limit: int) -> AsyncIterator[bytes]:
        await self.read(limit)
        for start in range(0, len(self._body), PIECE_BYTES):
            yield self._body[start : start + PIECE_BYTES]

    def respond(self, status: int, lines: Lines, body: bytes) -> None:
        self._begin(status, lines)
        if self.method != "HEAD" and status not in (204, 304):
            self.answer += body
        self.is_finished = True

    def _begin(self, status: int, lines: Lines) -> None:
        if self.status:
            raise RuntimeError(f"answered twice: {self.status}, then {status}")
        self.status = status
        self.answer_fields = Fields.received(lines)
        self.answered.set()

    async def start(self, status: int, lines: Lines, length: int | None = None) -> None:
        self._begin(status, lines)
        await asyncio.sleep(0)

    async def send(self, piece: bytes) -> None:
        self.answer += piece
        await asyncio.sleep(0)

    async def finish(self) -> None:
        self.is_finished = True

    def abort(self) -> None:
        self.is_cut = True
        self.answered.set()

    def accept_websocket(
        self, subprotocol: str | None, lines: Lines, *, max_message: int, kind: type | None = None, deflate: bool = True
    ) -> WebSocketStream:
        self._begin(101, lines)
        self.socket = MemorySocket(subprotocol, kind)
        return self.socket


class MemorySocket:
    """Both ends of a WebSocket in memory: an `http.WebSocketStream` for the handler, `put` and `sent` for the client."""

    wire = "memory"

    def __init__(self, subprotocol: str | None, kind: type | None = None) -> None:
        self.subprotocol = subprotocol
        self.close_code = 0
        self.close_reason = ""
        self._kind = kind
        self._inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.sent: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    def put(self, message: str | bytes) -> None:
        if self._kind is None or isinstance(message, self._kind):
            self._inbox.put_nowait(message)
        else:
            self.hang_up(1003)

    def hang_up(self, code: int = 1001, reason: str = "") -> None:
        """Either side closes."""
        if not self.close_code:
            self.close_code = code
            self.close_reason = reason
            self._inbox.put_nowait(None)
            self.sent.put_nowait(None)

    @property
    def has_unread(self) -> bool:
        """Something lies in it, on either side."""
        return not (self._inbox.empty() and self.sent.empty())

    @property
    def is_closed(self) -> bool:
        return bool(self.close_code)

    async def receive(self) -> str | bytes:
        message = await self._inbox.get() if not self.is_closed or not self._inbox.empty() else None
        if message is None:
            raise WebSocketClosed(self.close_code or 1006, self.close_reason)
        return message

    async def send(self, message: str | bytes) -> None:
        if self.is_closed:
            raise WebSocketClosed(self.close_code or 1006, self.close_reason)
        self.sent.put_nowait(message)

    def prepare(self, message: str | bytes) -> bytes:
        """Kind and content: T for text, B for binary."""
        return b"T" + message.encode() if isinstance(message, str) else b"B" + message

    def offer(self, frame: bytes) -> bool:
        if self.is_closed:
            return False
        self.sent.put_nowait(frame[1:].decode() if frame[:1] == b"T" else frame[1:])
        return True

    def on_writable(self, callback: Callable[[], None]) -> None:
        """Memory is always writable."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.hang_up(code, reason)

    async def ping(self) -> float:
        return 0.0

    def evict(self, limit: str) -> None:
        self.hang_up(1008, f"over the limit {limit}")

    def __aiter__(self) -> "MemorySocket":
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except WebSocketClosed:
            raise StopAsyncIteration from None
