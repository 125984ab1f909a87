"""An answer of HTTP/1.1 whose head has come (`transport.Reply`). Compiled where that is possible, from this very file."""

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from ..http.fields import Fields, ReceivedFields
from ..net.connection import Connection
from ..protocols.http1 import ResponseHead
from .errors import ProtocolFailed
from .url import URL

if TYPE_CHECKING:
    from ..net.wakeup import Wakeup
else:
    try:
        from ..net._wakeup import Wakeup  # compiled
    except ImportError:
        from ..net.wakeup import Wakeup


class Line(Protocol):
    """The connection that the rest of the answer comes by."""

    def release(self, reply: Any) -> None: ...
    def reading_begins(self) -> None: ...
    def resume_reading(self) -> None: ...


class Http1Reply:
    """`size`: octets that wait to be read. `is_awaited`: the program waits for the next ones."""

    __slots__ = (
        "_connection",
        "_error",
        "_fields",
        "_has_ended",
        "_head",
        "_line",
        "_pieces",
        "_waiter",
        "body_at_once",
        "is_paused",
        "size",
        "status",
        "url",
    )

    def __init__(
        self, head: ResponseHead, url: URL, body: bytes | None, line: Line | None, connection: Connection | None = None
    ) -> None:
        self._head = head
        self._line = line
        self._connection = connection
        self._error: BaseException | None = None
        self._waiter: Wakeup | None = None
        self._fields: Fields | None = None
        self._pieces: list[bytes] | None = None
        self._has_ended = line is None
        self.is_paused = False
        self.size = 0
        self.status = head.status
        self.url = url
        self.body_at_once = body

    @property
    def reason(self) -> str:
        return self._head.reason

    @property
    def http_version(self) -> str:
        return self._head.http_version

    @property
    def content_length(self) -> int:
        return self._head.content_length

    @property
    def keep_alive(self) -> bool:
        return self._head.keep_alive

    @property
    def fields(self) -> Fields:
        if self._fields is None:
            self._fields = ReceivedFields(self._head)
        return self._fields

    def field_value(self, name: str) -> str | None:
        return self._head.field_value(name)

    @property
    def is_awaited(self) -> bool:
        return self._waiter is not None

    async def read_piece(self) -> bytes:
        """Raises ClientError."""
        if self._line is None and self._pieces is None and self._error is None:
            return self._take_whole()
        while True:
            if self._pieces:
                return self._take()
            if self._error is not None:
                raise self._error
            if self._has_ended:
                return b""
            await self._wait()

    def release(self) -> None:
        line, self._line = self._line, None
        self._pieces = []
        self.size = 0
        if line is not None and not self._has_ended:
            self._error = ProtocolFailed("the answer was given up before its end", url=self.url, phase="body")
            line.release(self)
            self._wake_soon()
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    def upgrade(self) -> tuple[Connection, bytes]:
        """Once, after a 101. Raises ProtocolFailed for any other answer."""
        connection, self._connection = self._connection, None
        if connection is None or self.body_at_once is None:
            raise ProtocolFailed(f"the server answered {self.status} and did not change the protocol", url=self.url)
        octets, self.body_at_once = self.body_at_once, b""
        return connection, octets

    # ── what the connection tells ────────────────────────────────────────────

    def feed(self, piece: bytes) -> None:
        if self._pieces is None:
            self._pieces = []
        self._pieces.append(piece)
        self.size += len(piece)

    def finish(self) -> None:
        self._has_ended = True

    def wake(self) -> None:
        """Whoever reads goes on here and now, and may end or begin anything."""
        if self._waiter is not None:
            self._waiter.wake()

    def fail(self, error: BaseException) -> None:
        """What came before can still be read."""
        self._error = error
        self._has_ended = True
        self._wake_soon()

    # ── inside ───────────────────────────────────────────────────────────────

    def _take_whole(self) -> bytes:
        self._pieces = []
        return self.body_at_once or b""

    def _take(self) -> bytes:
        pieces = self._pieces
        assert pieces is not None
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        if self.is_paused:
            self.is_paused = False
            if self._line is not None:
                self._line.resume_reading()
        return data

    async def _wait(self) -> None:
        self._waiter = Wakeup(asyncio.get_running_loop())
        if self._line is not None:
            self._line.reading_begins()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake_soon(self) -> None:
        if self._waiter is not None:
            self._waiter.wake_soon()
