"""Opening a connection: name, addresses, proxy, TLS, each with its phase told when it fails."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from .. import net
from ..net.connection import Connection, Registry
from ..net.deadline import Deadlines
from ..net.poller import Poller
from ..net.racing import NoneAnswered, SocketAddress, open_first
from ..net.tls import TlsLayer, TlsSession, client_context
from .address_guard import AddressGuard
from .errors import ClientError, ConnectFailed, Kind, Phase, TimedOut, TlsFailed, client_closed
from .http1 import Http1
from .limits import Limits
from .name_cache import NameCache
from .place import Place
from .proxy import ProxyRefused
from .proxy_wire import SocketWire, TlsWire
from .tls_mending import fix_of
from .trace import Trace
from .transport import Call

ALPN = ("http/1.1",)
LONG_S = 86_400.0
"""The client keeps the time itself."""


class Connector:
    """`tls`: authorities, client certificate, verification. Of one loop, whose `poller` and `clock` have started."""

    def __init__(
        self,
        *,
        limits: Limits,
        tls: net.TLS,
        guard: AddressGuard | None,
        poller: Poller,
        clock: Deadlines,
        registry: Registry,
    ) -> None:
        self.guard = guard
        self.names = NameCache()
        self.clock = clock
        self.poller = poller
        self.registry = registry
        self.bounds = net.Limits(
            idle_s=None, write_s=LONG_S, handshake_s=LONG_S, write_buffer=limits.write_buffer, close_s=2
        )
        self._tls = replace(tls, alpn=ALPN)
        self._context: ssl.SSLContext | None = None
        self._proxy_context: ssl.SSLContext | None = None
        self._bounds: set[asyncio.Timeout] = set()
        self._is_closed = False

    @property
    def context(self) -> ssl.SSLContext:
        """Made for the first connection that needs it: it reads the system's authorities. Raises SennitError."""
        if self._context is None:
            self._context = client_context(self._tls)
        return self._context

    @property
    def proxy_context(self) -> ssl.SSLContext:
        """Without the client's certificate: it says to servers who the program is, and is not the proxy's to see."""
        if self._proxy_context is None:
            self._proxy_context = client_context(replace(self._tls, cert="", key="", sni=()))
        return self._proxy_context

    async def open(self, place: Place, line: Http1, call: Call, started: float, due: float) -> None:
        """Until `line` is FREE. Raises ConnectFailed, TlsFailed, TimedOut, SennitError; nothing stays open then."""
        now = time.monotonic()
        until = min(now + call.timeouts.connect_s, due)
        opening = _Opening(self, place, line, call.trace)
        try:
            async with asyncio.timeout(until - now) as bound:
                self._bounds.add(bound)
                await opening.run()
        except BaseException as error:
            opening.cut()
            if self._is_closed and isinstance(error, Exception):
                raise client_closed(call.url) from None
            if isinstance(error, TimeoutError) and bound.expired():
                kind: Kind = "total" if until == due else "connect"
                what = f"the connection was not open after {until - now:.3g} s"
                raise TimedOut(
                    what, kind=kind, url=call.url, phase=opening.phase, elapsed_s=time.monotonic() - started
                ) from None
            told = _told(error, opening, call, time.monotonic() - started)
            if told is None:
                raise
            raise told from error
        finally:
            self._bounds.discard(bound)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Whoever waits for a connection waits no longer."""
        self._is_closed = True
        self.names.close()
        for bound in tuple(self._bounds):
            bound.reschedule(loop.time())


class _Opening:
    """One try. `phase` is how far it has come."""

    def __init__(self, connector: Connector, place: Place, line: Http1, trace: Trace | None) -> None:
        self.phase: Phase = "dns"
        self._connector = connector
        self._place = place
        self._line = line
        self._trace = trace
        self._below: TlsLayer | Connection | None = None

    async def run(self) -> None:
        begun = time.monotonic()
        addresses = await self._addresses()
        resolved = time.monotonic()
        self.phase = "connect"
        opened = await self._socket(addresses)
        connected = time.monotonic()
        try:
            wire = await self._ask_proxy(opened)
            asked = time.monotonic()
            self.phase = "tls" if self._place.is_tls else "connect"
            self._attach(opened, wire)
        except BaseException:
            if self._below is None:
                opened.close()
            raise
        await self._line.opened
        trace = self._trace
        if trace is not None:
            trace.dns_s, trace.connect_s = resolved - begun, connected - resolved
            trace.proxy_s = asked - connected if self._place.proxy is not None else None
            trace.tls_s = time.monotonic() - asked if self._place.is_tls else None

    def cut(self) -> None:
        self._line.opened.cancel()
        if self._below is not None and self._below.has_begun:
            self._below.abort()

    @property
    def _target(self) -> tuple[str, int]:
        """Host and port that are connected to."""
        proxy, url = self._place.proxy, self._place.url
        return (url.host, url.port) if proxy is None else (proxy.host, proxy.port)

    async def _addresses(self) -> tuple[SocketAddress, ...]:
        connector, url = self._connector, self._place.url
        if url.unix is not None:
            if connector.guard is not None:
                raise _Refused
            return ((socket.AF_UNIX, url.unix),)
        found = await connector.names.resolve(*self._target)
        if connector.guard is None or self._place.proxy is not None:
            return found  # the proxy is the program's choice; what it is asked for is looked at in `_ask_proxy`
        return _let_through(connector.guard, found)

    async def _socket(self, addresses: tuple[SocketAddress, ...]) -> socket.socket:
        try:
            return await open_first(addresses)
        except OSError:
            self._connector.names.forget(*self._target)
            raise

    async def _ask_proxy(self, opened: socket.socket) -> TlsWire | None:
        """Of a proxy that speaks TLS: what the rest goes through."""
        proxy, url = self._place.proxy, self._place.url
        if proxy is None:
            return None
        self.phase = "proxy"
        host = await self._host_to_ask_for()
        secure = await self._shake_with_proxy(opened) if proxy.scheme == "https" else None
        if not self._place.prefix:
            await proxy.open_way(secure or SocketWire(opened), host, url.port)
        return secure

    async def _host_to_ask_for(self) -> str:
        """Under a guard the address that was looked at, so that the proxy resolves nothing again."""
        connector, url = self._connector, self._place.url
        if connector.guard is None:
            return url.host
        place = _let_through(connector.guard, await connector.names.resolve(url.host, url.port))[0][1]
        return place[0]

    async def _shake_with_proxy(self, opened: socket.socket) -> TlsWire:
        connector = self._connector
        host, port = self._target
        wire = TlsWire()
        peer = net.Address(host, port)
        self._below = below = TlsLayer(
            wire,
            TlsSession(connector.proxy_context, is_server=False, server_name=host.removesuffix(".")),
            peer=peer,
            clock=connector.clock,
            bounds=connector.bounds,
            on_lost=wire.never_opened,
        )
        connector.poller.attach(below, opened, lambda: wire.never_opened(None))
        await wire.opened
        return wire

    def _attach(self, opened: socket.socket, wire: TlsWire | None) -> None:
        above = self._layers()
        if wire is not None:
            wire.hand_over(above)
            return
        self._below = above
        self._connector.poller.attach(above, opened, self._gone)

    def _layers(self) -> TlsLayer | Connection:
        connector, line, url = self._connector, self._line, self._place.url
        peer = net.Address(url.unix or url.host, 0 if url.unix else url.port)
        connection = Connection(
            line, id=0, peer=peer, clock=connector.clock, limits=connector.bounds, listener=connector.registry
        )
        if not self._place.is_tls:
            return connection
        return TlsLayer(
            connection,
            TlsSession(connector.context, is_server=False, server_name=url.host.removesuffix(".")),
            peer=peer,
            clock=connector.clock,
            bounds=connector.bounds,
            on_lost=line.never_opened,
        )

    def _gone(self) -> None:
        self._line.never_opened(None)


class _Refused(Exception):
    """The guard does not let the addresses through."""


def _let_through(guard: AddressGuard, found: tuple[SocketAddress, ...]) -> tuple[SocketAddress, ...]:
    allowed = tuple(each for each in found if guard.lets_through(each[1][0]))
    if not allowed:
        raise _Refused
    return allowed


def _told(error: BaseException, opening: _Opening, call: Call, elapsed_s: float) -> ClientError | None:
    """The error of the client; None for what is not about the connection."""
    for kind, tell in _TELL:
        if isinstance(error, kind):
            failure, what = tell(error, opening)
            return failure(what, url=call.url, phase=opening.phase, elapsed_s=elapsed_s, nothing_came=True)
    return None


Tell = Callable[..., tuple[Callable[..., ClientError], str]]


def _refused(error: _Refused, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    return partial(ConnectFailed, code="client.E008"), "the address is not one that this client may connect to"


def _proxy_refused(error: ProxyRefused, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    return partial(ConnectFailed, code="client.E009"), f"{error} ({opening._place.proxy})"


def _not_trusted(error: ssl.SSLCertVerificationError, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    who = "proxy" if opening.phase == "proxy" else "server"
    return partial(TlsFailed, fix=fix_of(error)), f"the {who}'s certificate is refused: {error.verify_message}"


def _not_shaken(error: ssl.SSLError, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    whom = " with the proxy" if opening.phase == "proxy" else ""
    what = f"the TLS handshake{whom} failed: {(error.reason or 'cut off').replace('_', ' ').lower()}"
    return partial(TlsFailed, fix=fix_of(error)), what


def _not_resolved(error: socket.gaierror, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    return ConnectFailed, f"the name {opening._target[0]!r} is not known: {error.strerror}"


def _not_connected(error: OSError, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    host, port = opening._target
    place = opening._place.url.unix or str(net.Address(host, port))
    if opening.phase == "tls":
        return TlsFailed, f"{place} closed the connection in the TLS handshake"
    if isinstance(error, NoneAnswered):
        return ConnectFailed, f"no address of {host!r} answers: {error.strerror}"
    return ConnectFailed, f"{place}: {error.strerror or error}"


def _not_in_time(error: TimeoutError, opening: _Opening) -> tuple[Callable[..., ClientError], str]:
    return ConnectFailed, "the system gave up the connection"


_TELL: list[tuple[type[BaseException], Tell]] = [
    (_Refused, _refused),
    (ProxyRefused, _proxy_refused),
    (ssl.SSLCertVerificationError, _not_trusted),
    (ssl.SSLError, _not_shaken),
    (socket.gaierror, _not_resolved),
    (UnicodeError, _not_connected),
    (TimeoutError, _not_in_time),
    (OSError, _not_connected),
]
