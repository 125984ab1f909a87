"""Accepts connections on an endpoint, keeps the list of those that are open, and ends them in good order."""

import asyncio
import errno
import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .address import Address, address_of
from .codec import Codec
from .connection import Connection, Events
from .deadline import Deadlines
from .endpoint import Endpoint
from .layers import Layer, Layers
from .limits import Limits
from .networks import Networks
from .proxy_header import ProxyHeader
from .reason import Shutdown
from .sockets import descriptor_limit, open_sockets

if TYPE_CHECKING:
    from .poller import Poller
else:
    try:
        from ._poller import Poller  # compiled, where there is epoll
    except ImportError:
        from .poller import Poller

log = logging.getLogger("sennit.net")

ACCEPTS_PER_TURN = 64
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
ACCEPT_PAUSE_S = 1.0
SAY_AGAIN_S = 60.0
CLOSE_S = 5.0
DRAIN_PAUSE_S = 0.02
"""Before idle connections are told to drain: requests that the kernel has received by then are read first."""


class Listener:
    """A service (`net.Service`): bind in `start`, stop accepting in `drain`.

    `make_protocol` is called once a connection, `codec` too (None: raw bytes). `connections` are those open now.
    Over `limits.connections` or `limits.per_ip` a new connection is closed at once. trusted: proxies, whom `per_ip` does
    not bind. clear_text_answer: for a client that speaks no TLS where the endpoint wants it.
    """

    def __init__(
        self,
        endpoint: Endpoint | str,
        make_protocol: Callable[[], Events],
        *,
        codec: Callable[[], Codec[Any, Any]] | None = None,
        limits: Limits | None = None,
        name: str = "listener",
        default_host: str = "127.0.0.1",
        clock: Callable[[], float] = time.monotonic,
        trusted: Networks | Iterable[str] = (),
        clear_text_answer: bytes = b"",
    ) -> None:
        self.endpoint = Endpoint.parse(endpoint, default_host=default_host) if isinstance(endpoint, str) else endpoint
        self.name = name
        self.limits = limits or Limits()
        self.addresses: list[Address] = []
        self.connections: set[Connection] = set()
        self.deadlines = Deadlines(clock)
        self.is_draining = False
        self.trusted = trusted if isinstance(trusted, Networks) else Networks(trusted)
        self._layers = Layers(
            self.endpoint, self.trusted, name=name, clock=self.deadlines, bounds=self.limits, answer=clear_text_answer
        )
        self._arriving: dict[Connection, Layer] = {}
        self.hands_over = False
        """Others listen on in its place: `drain` leaves to them what the kernel holds."""
        self._is_adopted = False
        self._at_once = ACCEPTS_PER_TURN
        self._has_told = False
        self._make_protocol = make_protocol
        self._codec = codec
        self._sockets: list[socket.socket] = []
        self._spare = -1
        self._poller = Poller()
        self._by_host: Counter[str] = Counter()
        self._most = self._open = 0
        self.accepted = 0
        """Connections so far; the last one's id."""
        self.refused = 0
        """Over a limit, closed at once."""
        self._said: dict[str, float] = {}
        self._empty = asyncio.Event()

    # ── service ──────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Raises SennitError: net.E004 when the endpoint cannot be had, net.E020 to net.E029 for what it names."""
        self._layers.load()
        if not self._is_adopted:
            self._sockets = open_sockets(self.endpoint)
        self.addresses = [address_of(opened.getsockname()) for opened in self._sockets]
        self._most = min(self.limits.connections, descriptor_limit())
        self._spare = os.open(os.devnull, os.O_RDONLY)
        self._poller.start()
        if self._layers.certificates is not None:
            self.deadlines.add(self._layers.certificates)
        self.deadlines.start()
        self._accept_on()

    def reload_certificates(self) -> bool:
        """Read the files anew, for connections from now on. False, and a line in the log, when they cannot be used."""
        certificates = self._layers.certificates
        return certificates is None or certificates.reload()

    def adopt(self, sockets: list[socket.socket], *, at_once: int = ACCEPTS_PER_TURN) -> None:
        """Listen on these, duplicates of what somebody else has bound and keeps open, instead of binding; again: on others.

        at_once: connections to take in one turn; 1 where several processes share a socket and each is to get some.
        """
        was_listening = self._spare >= 0
        if was_listening and not self._sockets:  # stopped meanwhile
            for opened in sockets:
                opened.close()
            return
        if was_listening:
            self._accept_off()
        for opened in self._sockets:
            opened.close()
        self._is_adopted = True
        self._at_once = at_once
        self._sockets = list(sockets)
        for opened in self._sockets:
            opened.setblocking(False)
        if was_listening:
            self._accept_on()

    def drain(self) -> None:
        """Take what the kernel has accepted for us already, then accept no more and tell every connection."""
        if self.is_draining:
            return
        self.is_draining = True
        if not self.hands_over:
            for opened in self._sockets:
                self._accept(opened, most=self.endpoint.backlog)
        self._stop_listening()
        asyncio.get_running_loop().call_later(DRAIN_PAUSE_S, self._tell_all)

    async def drained(self) -> None:
        await self._empty.wait()

    async def close(self) -> None:
        """Cut what is left."""
        self.is_draining = True
        self._stop_listening()
        # A socket that is just being attached ends by itself in a few turns.
        async with asyncio.timeout(CLOSE_S):
            while self._open:
                for connection in tuple(self.connections):
                    connection.abort(Shutdown())
                for layer in tuple(self._arriving.values()):
                    layer.abort()
                await asyncio.sleep(0)
        self._poller.close()
        self.deadlines.stop()

    # ── connections ──────────────────────────────────────────────────────────

    def connection_opened(self, connection: Connection) -> None:
        self.connections.add(connection)
        self._arriving.pop(connection, None)
        if self._has_told:
            asyncio.get_running_loop().call_soon(connection.drain)

    def connection_closed(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._count(connection.peer, -1)
        self._check_empty()

    def _count(self, peer: Address, change: int) -> None:
        """A connection counts from its admission until it is closed, or could not be set up."""
        self._open += change
        if peer.is_near:
            return
        self._by_host[peer.host] += change
        if not self._by_host[peer.host]:
            del self._by_host[peer.host]

    def _tell_all(self) -> None:
        for connection in tuple(self.connections):
            connection.drain()
        self._has_told = True
        self._check_empty()

    def _check_empty(self) -> None:
        if self._has_told and not self._open:
            self._empty.set()

    # ── accepting ────────────────────────────────────────────────────────────

    def _accept_on(self) -> None:
        loop = asyncio.get_running_loop()
        for opened in self._sockets:
            loop.add_reader(opened, self._accept, opened)

    def _accept_off(self) -> None:
        loop = asyncio.get_running_loop()
        for opened in self._sockets:
            loop.remove_reader(opened)

    def _accept(self, opened: socket.socket, most: int | None = None) -> None:
        for _ in range(self._at_once if most is None else most):
            try:
                client, name = opened.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in OUT_OF_DESCRIPTORS:
                    self._run_dry(opened, error)
                    return
                continue  # ECONNABORTED and its like: that one peer has gone
            self._admit(client, address_of(name))

    def _admit(self, client: socket.socket, peer: Address) -> None:
        if self._open >= self._most:
            self._refuse(client, "connections")
        elif self._is_over_its_share(peer):
            self._refuse(client, "per_ip")
        elif self.endpoint.proxy and not self.trusted.holds(peer):
            self._refuse(client, "trusted")
        else:
            client.setblocking(False)
            self._count(peer, 1)
            self._attach(client, peer)

    def _attach(self, client: socket.socket, peer: Address) -> None:
        connection = self._make_connection(peer)
        bottom = self._below(connection)
        try:
            self._poller.attach(bottom, client, lambda: self._never_opened(connection))
        except OSError:
            client.close()  # the peer has gone already
            self._never_opened(connection)

    def _is_over_its_share(self, peer: Address) -> bool:
        if peer.is_near or self._by_host[peer.host] < self.limits.per_ip:
            return False
        return not self.trusted.holds(peer)

    def _admit_client_of_proxy(self, connection: Connection, header: ProxyHeader) -> bool:
        """From here on the connection counts as that of the client whom the proxy speaks for."""
        if header.source is None:
            return True
        if self._is_over_its_share(header.source):
            self._say("per_ip", f"{self.name}: connections are refused, the limit 'per_ip' is reached")
            return False
        self._count(connection.peer, -1)
        connection.peer = header.source
        self._count(connection.peer, 1)
        return True

    def _below(self, connection: Connection) -> Connection | Layer:
        """What the transport is to call: the connection itself, or the lowest of the layers under it."""
        if self._layers.is_empty:
            return connection
        bottom = self._layers.under(
            connection,
            on_header=lambda header: self._admit_client_of_proxy(connection, header),
            on_lost=lambda error: self._never_opened(connection),
        )
        self._arriving[connection] = bottom
        return bottom

    def _never_opened(self, connection: Connection) -> None:
        self._arriving.pop(connection, None)
        self._count(connection.peer, -1)
        self._check_empty()

    def _make_connection(self, peer: Address) -> Connection:
        self.accepted += 1
        return Connection(
            self._make_protocol(),
            id=self.accepted,
            peer=peer,
            clock=self.deadlines,
            limits=self.limits,
            codec=None if self._codec is None else self._codec(),
            listener=self,
        )

    def _refuse(self, client: socket.socket, limit: str) -> None:
        self.refused += 1
        client.close()
        self._say(limit, f"{self.name}: connections are refused, the limit {limit!r} is reached")

    def _run_dry(self, opened: socket.socket, error: OSError) -> None:
        """No descriptor left: turn one waiting peer away with the spare one, then let the rest wait a while."""
        self._say("descriptors", f"{self.name}: accepting pauses, {error.strerror}")
        os.close(self._spare)
        try:
            opened.accept()[0].close()
        except OSError:
            pass
        self._spare = os.open(os.devnull, os.O_RDONLY)
        if not self.is_draining:
            self._accept_off()
            asyncio.get_running_loop().call_later(ACCEPT_PAUSE_S, self._accept_again)

    def _accept_again(self) -> None:
        if self._sockets and not self.is_draining:
            self._accept_on()

    def _say(self, what: str, line: str) -> None:
        """One line a minute for each thing that an attacker could make us say."""
        now = self.deadlines.now
        if now >= self._said.get(what, 0.0):
            self._said[what] = now + SAY_AGAIN_S
            log.warning(line)

    def _stop_listening(self) -> None:
        if not self._sockets:
            return
        self._accept_off()
        for opened in self._sockets:
            opened.close()
        self._sockets.clear()
        os.close(self._spare)
        if self.endpoint.scheme == "unix" and not self._is_adopted:
            _unlink(self.endpoint.path)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
