"""The contract between whoever listens (a server, a test, ASGI, WSGI) and whoever answers (the web layer).

The server calls a Handler with an Exchange for each request; neither side imports the other.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, NamedTuple, Protocol

from .fields import Fields

Lines = Iterable[tuple[bytes, bytes]]
"""Field lines as they go on the wire: names in lower case, values checked (`fields.check_value`)."""


class Address(NamedTuple):
    """Of a peer or of this end. A Unix socket has its path as host and port 0."""

    host: str
    port: int


class Exchange(Protocol):
    """One request and its answer.

    Exactly one of `respond`, `start` … `finish`, `accept_websocket` or `abort` answers it.
    """

    @property
    def method(self) -> str:
        """As sent; methods are case-sensitive (RFC 9110 §9.1)."""
        ...

    @property
    def raw_path(self) -> str:
        """The path, percent-encoded, ASCII, starting with `/` (or `*` for OPTIONS)."""
        ...

    @property
    def query_string(self) -> str:
        """What follows `?`, percent-encoded, ASCII; empty when there is none."""
        ...

    @property
    def http_version(self) -> str:
        """`1.0`, `1.1` or `2`."""
        ...

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        ...

    @property
    def host(self) -> str:
        """The authority asked for, lower case, with its port when one was sent; empty in HTTP/1.0 without Host."""
        ...

    @property
    def client(self) -> Address: ...

    cancel_on_disconnect: bool
    """Set by the handler's side before it first awaits: whether its task is cancelled when the client goes."""

    asyncio_task: bool
    """Set by the handler before it returns its coroutine: run it as an asyncio.Task, which never begins at once."""

    route: object
    """What answers it, set by the handler's side; whoever counts answers counts by it."""

    request_id: str
    """Set by the handler's side once somebody asks for it; for the log."""

    @property
    def fields(self) -> Fields: ...

    def field(self, name: str) -> str | None:
        """The value of one field, its name in lower case, several lines joined with `, `; without making `fields`."""
        ...

    @property
    def has_body(self) -> bool: ...

    async def read(self, limit: int) -> bytes:
        """The whole request body. Raises TooLarge past `limit` bytes, BadRequest for broken chunks, Disconnected."""
        ...

    def read_at_once(self, limit: int) -> bytes | None:
        """The whole request body when it is here already, None when it has to be waited for with `read`, which also tells
        what is wrong with one over the limit."""
        ...

    def stream(self, limit: int) -> AsyncIterator[bytes]:
        """The request body in pieces as they come, with back-pressure. Raises as `read` does."""
        ...

    def respond(self, status: int, lines: Lines, body: bytes) -> None:
        """The whole answer. The server adds Date, Content-Length and Connection, and leaves out the body for HEAD,
        204 and 304. Dropped without a word when the client has gone."""
        ...

    async def start(self, status: int, lines: Lines, length: int | None = None) -> None:
        """The head of a streamed answer; `length` in bytes when it is known, else chunked (or close for HTTP/1.0).
        Raises Disconnected, as `send` and `finish` do."""
        ...

    async def send(self, piece: bytes) -> None:
        """A piece of the body; waits while the client does not read."""
        ...

    async def finish(self) -> None:
        """The end of a streamed answer."""
        ...

    def abort(self) -> None:
        """Cut the connection: an answer that has begun cannot be completed."""
        ...

    def on_draining(self, callback: Callable[[], None]) -> None:
        """`callback()` once when shutdown begins, at once when it has: a stream without an end should come to one."""
        ...

    @property
    def websocket_offer(self) -> "WebSocketOffer | None":
        """What the client offers when this request is a valid WebSocket handshake (RFC 6455 §4.2.1), else None."""
        ...

    def accept_websocket(
        self, subprotocol: str | None, lines: Lines, *, max_message: int, kind: type | None = None, deflate: bool = True
    ) -> "WebSocketStream":
        """Answer 101 and switch. `max_message` in bytes; larger ones close 1009. Messages that are no `kind` (str or bytes)
        close 1003. `deflate`: whether an offer to compress messages (RFC 7692) is taken."""
        ...


class FileExchange(Exchange, Protocol):
    """An exchange whose connection may take files without copying them through the program (sendfile(2))."""

    @property
    def can_send_files(self) -> bool:
        """Whether the other two may be used here; not over TLS, for one."""
        ...

    def respond_file(self, status: int, lines: Lines, file: int, size: int) -> None:
        """The whole answer, as `respond`: the first `size` octets of an open file, whose descriptor is closed when they
        have gone. A file that is shorter cuts the connection."""
        ...

    async def send_file(self, file: int, offset: int, count: int) -> None:
        """`count` octets of an open file as a piece of the body, as `send` does. The descriptor stays the caller's.
        A file that is shorter cuts the connection; raises EOFError then, Disconnected as `send` does."""
        ...


class Disconnected(ConnectionError):
    """The client has gone in the middle of an exchange."""


class WebSocketOffer(NamedTuple):
    subprotocols: tuple[str, ...]
    origin: str | None


class WebSocketClosed(Exception):
    """The peer has gone or closed; `code` is its close code (1005 none given, 1006 without a close frame)."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class WebSocketStream(Protocol):
    """An open WebSocket, whatever carries it. One coroutine receives, any number may send.

    What is awaited here need not be awaited to happen: a message is queued when `send` is called.
    """

    subprotocol: str | None

    @property
    def is_closed(self) -> bool:
        """Nothing can be sent any more."""
        ...

    @property
    def close_code(self) -> int:
        """Who closed first said so; 1005 no code given, 1006 without a close frame, 0 while it is open."""
        ...

    @property
    def close_reason(self) -> str: ...

    @property
    def wire(self) -> object:
        """Streams of equal `wire` take the same prepared frames."""
        ...

    def receive(self) -> Awaitable[str | bytes]:
        """The next message. Raises WebSocketClosed; a wait that is cancelled loses nothing."""
        ...

    def __aiter__(self) -> "WebSocketStream": ...

    def __anext__(self) -> Awaitable[str | bytes]:
        """As `receive`; ends where that raises WebSocketClosed."""
        ...

    def send(self, message: str | bytes) -> Coroutine[Any, Any, None]:
        """Done at once, unless the peer does not read: then it waits. Raises WebSocketClosed."""
        ...

    def prepare(self, message: str | bytes) -> bytes:
        """The frame of a message, to be offered to many peers: unmasked, so the same bytes serve all of them."""
        ...

    def offer(self, frame: bytes) -> bool:
        """Queue a prepared frame; False, and nothing queued, when the peer is behind or gone."""
        ...

    def on_writable(self, callback: Callable[[], None]) -> None:
        """`callback()` each time a peer that was behind has caught up."""
        ...

    async def ping(self) -> float:
        """Seconds until the peer's pong. Raises WebSocketClosed."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """The closing handshake, at most 5 s."""
        ...

    def evict(self, limit: str) -> None:
        """Close without waiting, because the peer is over a limit: 1008."""
        ...


class Handler(Protocol):
    """Answers exchanges. Returns None when it has answered already, else a coroutine that the server runs."""

    def __call__(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None: ...
