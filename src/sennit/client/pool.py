"""HTTP/1.1 over sockets (`transport.Transport`): the connections of all origins, their limits, and who waits.

Nothing here looks through a list: a connection is taken, given back and lost in the same time with one open as with a
thousand.
"""

import asyncio
from asyncio import get_running_loop
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, cast

from .. import net
from ..net.connection import Connection
from ..net.deadline import Deadlines
from ..protocols.http1 import HeadLimits, serialize_request_fields, serialize_request_line
from .address_guard import AddressGuard
from .connecting import Connector
from .errors import ClientError, ConnectFailed, Kind, TimedOut, client_closed, used_in_two_loops
from .http1 import FREE, MOST_REASON, SWEEP_S, Http1
from .http1_reply import Http1Reply
from .limits import Limits
from .place import Place, Waiter
from .proxy import Proxies
from .transport import Call
from .url import URL

if TYPE_CHECKING:
    from ..net.poller import Poller
    from ..net.wakeup import Wakeup
else:
    try:
        from ..net._poller import Poller  # compiled, where there is epoll
    except ImportError:
        from ..net.poller import Poller

NEVER = float("inf")
IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))
HAS_BODY = frozenset(("POST", "PUT", "PATCH"))
_UPGRADE = (b"connection", b"upgrade")
_CHUNKED = (b"transfer-encoding", b"chunked")
_CONTINUE = (b"expect", b"100-continue")
_NO_LENGTH = (b"content-length", b"0")


class Pool:
    """Of one loop: the one that the first request is made on. `clock`: monotonic seconds. make_connector: `Connector`, or
    what opens connections in its place.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        tls: net.TLS | None = None,
        proxies: Proxies | None = None,
        guard: AddressGuard | None = None,
        clock: Callable[[], float] = monotonic,
        make_connector: Callable[..., Connector] = Connector,
    ) -> None:
        self._limits = limits or Limits()
        self._tls = tls or net.TLS()
        self._proxies = proxies
        self._guard = guard
        self._head_limits = HeadLimits(MOST_REASON, self._limits.head, self._limits.headers)
        self._clock = Deadlines(clock, sweep_s=SWEEP_S)
        self._poller = Poller()
        self._make_connector = make_connector
        self._connector: Connector | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.connections: dict[Connection, None] = {}
        self._places: dict[tuple[str, str, int], Place] = {}
        self._idle: dict[Place, None] = {}
        self._starving: dict[Place, None] = {}
        self._is_closed = False
        self.open = 0

    async def send(self, call: Call) -> Http1Reply:
        """`transport.Transport` says what it does and raises."""
        if get_running_loop() is not self._loop:
            self._start(call)
        started = monotonic()
        due = call.due or (started + call.timeouts.total_s if call.timeouts.total_s is not None else NEVER)
        place = _place_of(self._places, call)
        if place is None:
            place = self._place(call.url)
        line = place.take()
        if line is None:
            line = await self._acquire(place, call, started, due)
        while True:
            was_reused = line.is_reused
            if call.trace is not None:
                call.trace.reused = was_reused
            waiter = self._write(place, line, call, started, due)
            try:
                await waiter
                return cast("Http1Reply", waiter.result())
            except asyncio.CancelledError:
                line.cancel(waiter)
                raise
            except ClientError as error:
                if not (was_reused and error.nothing_came and _may_repeat(call)) or isinstance(error, TimedOut):
                    raise
            # The server had closed the connection before the request came. A fresh one has no such excuse.
            line = await self._acquire_fresh(place, call, started, due)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def close(self) -> None:
        """Cut what is open; requests that are under way raise."""
        if self._is_closed:
            return
        self._is_closed = True
        for place in tuple(self._places.values()):
            while (waiter := place.next_waiter()) is not None:
                waiter.future.set_exception(client_closed(place.url))
        for connection in tuple(self.connections):
            connection.abort(net.Shutdown())
        if self._connector is not None and self._loop is not None:
            self._connector.close(self._loop)
            await asyncio.sleep(0)  # a turn of the loop, in which transports tell that they are lost
            self._poller.close()
            self._clock.stop()

    # ── one request ──────────────────────────────────────────────────────────

    def _write(self, place: Place, line: Http1, call: Call, started: float, due: float) -> "Wakeup":
        try:
            head = _head_of(place, call)
        except BaseException:
            place.has_become_free(line)
            raise
        return line.send(call, head, started, due, monotonic())

    async def _acquire(self, place: Place, call: Call, started: float, due: float) -> Http1:
        """A connection, once there is one or may be one."""
        if self._is_closed:
            raise client_closed(call.url)
        while place.waiters or not self._may_open(place):
            line = await self._wait(place, call, started, due)
            if line is None:
                return await self._open(place, call, started, due)
            if line.state == FREE:  # else the server has closed it in the moment in which it was handed over
                return line
        place.open += 1
        self.open += 1
        return await self._open(place, call, started, due)

    async def _acquire_fresh(self, place: Place, call: Call, started: float, due: float) -> Http1:
        """One that no request has been sent on: those that are idle may be as stale as the one that failed."""
        while (line := place.take()) is not None:
            line.retire()
        place = self._places.setdefault(place.url.origin, place)
        return await self._acquire(place, call, started, due)

    async def _open(self, place: Place, call: Call, started: float, due: float) -> Http1:
        """The slot is taken already; given back if this fails."""
        connector, loop = self._connector, self._loop
        assert connector is not None
        assert loop is not None
        line = Http1(place, self._limits, self._head_limits, loop)
        try:
            await connector.open(place, line, call, started, due)
            if line.state != FREE:
                raise ConnectFailed("the server closed the connection at once", url=call.url, phase="connect")
        except BaseException:
            if line.abandon():
                place.gives_up_slot()
            else:
                line.give_up()
            raise
        return line

    async def _wait(self, place: Place, call: Call, started: float, due: float) -> Http1 | None:
        """In line. None: a connection may be opened, its slot is taken."""
        assert self._loop is not None
        begun = monotonic()
        until = begun + call.timeouts.pool_s
        waiter = Waiter(self._loop.create_future(), min(until, due))
        place.waiters[waiter] = None
        if place.open < self._limits.per_host:
            self._starving[place] = None
        try:
            line = await waiter.future
        except TimeoutError:
            kind: Kind = "pool" if until < due else "total"
            elapsed_s = monotonic() - started
            what = f"no connection became free in {elapsed_s:.3g} s"
            raise TimedOut(what, kind=kind, url=call.url, phase="pool", elapsed_s=elapsed_s) from None
        except BaseException:
            self._give_back(place, waiter)
            raise
        finally:
            self._forget_unused(place)
        if call.trace is not None:
            call.trace.pool_s = monotonic() - begun
        return line

    def _give_back(self, place: Place, waiter: Waiter) -> None:
        """Cancelled in line, perhaps in the very moment in which it was its turn."""
        place.waiters.pop(waiter, None)
        future = waiter.future
        if not future.done() or future.cancelled() or future.exception() is not None:
            return
        line = future.result()
        if line is None:
            place.gives_up_slot()
        elif line.state == FREE:
            place.has_become_free(line)

    # ── places ───────────────────────────────────────────────────────────────

    def _place(self, url: URL) -> Place:
        proxy = None
        if self._proxies is not None and url.unix is None:
            proxy = self._proxies.proxy_for(url.scheme, url.host, url.port)
        place = self._places[url.origin] = Place(self, url, proxy, has_guard=self._guard is not None)
        return place

    def _may_open(self, place: Place) -> bool:
        if place.open >= self._limits.per_host:
            return False
        if self.open < self._limits.connections:
            return True
        if not self._idle:
            return False
        next(iter(self._idle)).take_oldest().retire()  # of another origin; this one has none, or would have used it
        return self.open < self._limits.connections

    # ── what places tell (place.House) ───────────────────────────────────────

    def has_idle(self, place: Place, has_some: bool) -> None:
        if has_some:
            self._idle[place] = None
        else:
            del self._idle[place]

    def yields(self, place: Place) -> bool:
        """Fair shares: for a place that has none, or at least two fewer."""
        while self._starving:
            other = next(iter(self._starving))
            if not other.waiters or other.open >= self._limits.per_host:
                del self._starving[other]
                continue
            if other is place and len(self._starving) == 1:
                return False
            if other is not place and (not place.waiters or other.open == 0 or other.open + 1 < place.open):
                return True
            del self._starving[other]
            self._starving[other] = None  # behind the others, who have waited unseen
            if other is not place:
                return False
        return False

    def has_closed_one(self, place: Place) -> None:
        self.open -= 1
        if self._is_closed:
            return
        if place.waiters:
            self._starving[place] = None
        self._serve_starving()
        self._forget_unused(place)

    def _forget_unused(self, place: Place) -> None:
        if place.is_unused and self._places.get(place.url.origin) is place:
            del self._places[place.url.origin]

    def _serve_starving(self) -> None:
        while self._starving and self.open < self._limits.connections:
            place = next(iter(self._starving))
            del self._starving[place]
            if place.open < self._limits.per_host and place.open_for_waiter():
                self.open += 1
                if place.waiters and place.open < self._limits.per_host:
                    self._starving[place] = None  # behind the others

    # ── starting, deadlines, and the list of connections (connection.Registry) ──

    def _start(self, call: Call) -> None:
        if self._is_closed:
            raise client_closed(call.url)
        if self._loop is not None:
            raise used_in_two_loops(call.url)
        self._loop = get_running_loop()
        self._poller.start()
        self._clock.start()
        self._clock.add(self)
        self._connector = self._make_connector(
            limits=self._limits,
            tls=self._tls,
            guard=self._guard,
            poller=self._poller,
            clock=self._clock,
            registry=self,
        )

    def sweep(self, now: float) -> None:
        for place in tuple(self._places.values()):
            for waiter in tuple(place.waiters):
                if waiter.due <= now:
                    del place.waiters[waiter]
                    if not waiter.future.done():
                        waiter.future.set_exception(TimeoutError())

    def connection_opened(self, connection: Connection) -> None:
        self.connections[connection] = None

    def connection_closed(self, connection: Connection) -> None:
        self.connections.pop(connection, None)


def _place_of(places: dict[tuple[str, str, int], Place], call: Call) -> Place | None:
    url = call.url
    return places.get(url.origin)


def _head_of(place: Place, call: Call) -> bytes:
    """Raises LocalProtocolError (http.E011, http.E012, http.E017)."""
    url = call.url
    target = url.target
    if place.prefix:
        target = place.prefix + target
    line = serialize_request_line(call.method, target)
    if call.body is None and not call.upgrade and call.method not in HAS_BODY:
        return line + place.fields_of(call.lines)
    return line + serialize_request_fields(call.lines, [*place.own, *_framing_of(call)])


def _framing_of(call: Call) -> list[tuple[bytes, bytes]]:
    own = [_UPGRADE] if call.upgrade else []
    body = call.body
    if body is None:
        return [*own, _NO_LENGTH] if call.method in HAS_BODY else own
    if isinstance(body, bytes):
        return [*own, (b"content-length", b"%d" % len(body))]
    own.append(_CHUNKED if call.length is None else (b"content-length", b"%d" % call.length))
    return [*own, _CONTINUE] if call.expects_continue else own


def _may_repeat(call: Call) -> bool:
    return call.method in IDEMPOTENT and (call.body is None or isinstance(call.body, bytes))
