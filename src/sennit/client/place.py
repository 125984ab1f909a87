"""The connections to one origin, and who waits for one. Every operation costs the same however many there are.

Compiled where that is possible, from this very file.
"""

import asyncio
from collections import OrderedDict
from typing import Protocol

from ..protocols.http1 import serialize_request_fields
from .http1 import Http1
from .proxy import Proxy
from .transport import Lines
from .url import URL

PLAIN = {"http", "ws"}


class Waiter:
    """In line for a connection. `due`: when that takes too long."""

    __slots__ = ("due", "future")

    def __init__(self, future: "asyncio.Future[Http1 | None]", due: float) -> None:
        self.future = future
        self.due = due


class House(Protocol):
    """All places together."""

    def yields(self, place: "Place") -> bool:
        """A connection that has become free there is closed for the sake of another place."""
        ...

    def has_idle(self, place: "Place", has_some: bool) -> None: ...
    def has_closed_one(self, place: "Place") -> None: ...


class Place:
    """`open`: connections that are open or being opened. `own`: the lines that every request begins with."""

    __slots__ = ("_fields", "_house", "_lines", "idle", "is_tls", "open", "own", "prefix", "proxy", "url", "waiters")

    def __init__(self, house: House, url: URL, proxy: Proxy | None, *, has_guard: bool = False) -> None:
        self._house = house
        self.url = url
        self.proxy = proxy
        self.is_tls = url.scheme not in PLAIN
        self.open = 0
        self.idle: dict[Http1, None] = {}
        self.waiters: OrderedDict[Waiter, None] = OrderedDict()
        self.own: list[tuple[bytes, bytes]] = [(b"host", url.authority.encode("ascii"))]
        self._lines: Lines = []
        self._fields = b""
        self.prefix = ""
        # A proxy that reads requests resolves the name by itself, behind the guard's back: it is asked for a way instead.
        if proxy is not None and proxy.reads_requests and url.scheme == "http" and not has_guard:
            self.prefix = (
                f"http://{url.authority}"  # absolute form: the proxy reads the request itself (RFC 9112 §3.2.2)
            )
            if proxy.user:
                self.own.append((b"proxy-authorization", proxy.authorization))

    def fields_of(self, lines: Lines) -> bytes:
        """What follows the request line. Most requests of a client have the very same tuple of lines: looked at once.

        Raises LocalProtocolError (http.E011, http.E012, http.E017).
        """
        if lines is self._lines:
            return self._fields
        fields = serialize_request_fields(lines, self.own)
        if type(lines) is tuple:
            self._lines, self._fields = lines, fields
        return fields

    @property
    def is_unused(self) -> bool:
        return not (self.open or self.waiters)

    def take(self) -> Http1 | None:
        """The connection that has been used last: what is needed no more grows old and is closed."""
        idle = self.idle
        if not idle:
            return None
        line = idle.popitem()[0]
        if not idle:
            self._house.has_idle(self, False)
        return line

    def take_oldest(self) -> Http1:
        line = next(iter(self.idle))
        self._leave(line)
        return line

    # ── what a connection tells (http1.Keeper) ───────────────────────────────

    def has_become_free(self, line: Http1) -> None:
        if self._house.yields(self):
            line.retire()
            return
        waiter = self.next_waiter()
        if waiter is not None:
            waiter.future.set_result(line)
            return
        self.idle[line] = None
        if len(self.idle) == 1:
            self._house.has_idle(self, True)

    def has_ended(self, line: Http1) -> None:
        self._leave(line)
        self.gives_up_slot()

    def gives_up_slot(self) -> None:
        self.open -= 1
        self._house.has_closed_one(self)

    # ── who waits ────────────────────────────────────────────────────────────

    def next_waiter(self) -> Waiter | None:
        while self.waiters:
            waiter = self.waiters.popitem(last=False)[0]
            if not waiter.future.done():
                return waiter
        return None

    def open_for_waiter(self) -> bool:
        """Let the first in line open a connection. False when nobody waits."""
        waiter = self.next_waiter()
        if waiter is None:
            return False
        self.open += 1
        waiter.future.set_result(None)
        return True

    def _leave(self, line: Http1) -> None:
        if line in self.idle:
            del self.idle[line]
            if not self.idle:
                self._house.has_idle(self, False)
