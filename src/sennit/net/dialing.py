"""Connections that this end opens, on the same layers as those that it accepts."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, cast

from .address import Address
from .codec import Codec
from .connection import Connection, Events
from .deadline import Deadlines
from .endpoint import Endpoint
from .limits import Limits
from .poller import Attached
from .tls import TlsLayer, TlsSession, client_context


async def connect(
    endpoint: Endpoint | str,
    protocol: Events,
    *,
    context: ssl.SSLContext | None = None,
    server_name: str | None = None,
    codec: Callable[[], Codec[Any, Any]] | None = None,
    limits: Limits | None = None,
    deadlines: Deadlines | None = None,
) -> Connection:
    """Open a connection to `tcp:host:port`, `tls:host:port` or `unix:path`, and wait until it is open, TLS included.

    context: made once by `client_context` where many connections are opened, else from the endpoint's options.
    server_name: the name that the certificate must have, the endpoint's host unless given.
    deadlines: those of the caller, already started; without them the connection has its own.
    Raises OSError, of which ssl.SSLError (a certificate that is refused: ssl.SSLCertVerificationError), and
    TimeoutError after `limits.handshake_s` of TLS; SennitError for files that the endpoint names.
    """
    endpoint = Endpoint.parse(endpoint) if isinstance(endpoint, str) else endpoint
    if endpoint.tls is not None and context is None:
        context = client_context(endpoint.tls)
    opening = _Opening(deadlines or Deadlines(), has_own=deadlines is None)
    connection = Connection(
        protocol,
        id=0,
        peer=_peer(endpoint),
        clock=opening.deadlines,
        limits=limits or Limits(),
        codec=None if codec is None else codec(),
        listener=opening,
    )
    below: Attached = connection
    if endpoint.tls is not None and context is not None:
        below = TlsLayer(
            connection,
            TlsSession(context, is_server=False, server_name=server_name or endpoint.host),
            peer=connection.peer,
            clock=opening.deadlines,
            bounds=connection.limits,
            on_lost=opening.failed,
        )
    return await opening.open(endpoint, below)


class _Opening:
    """Waits until the connection is open; afterwards ends the deadlines with it, if they are its own."""

    def __init__(self, deadlines: Deadlines, has_own: bool) -> None:
        self.deadlines = deadlines
        self._has_own = has_own
        self._opened: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        if has_own:
            deadlines.start()

    async def open(self, endpoint: Endpoint, below: Attached) -> Connection:
        transport: asyncio.BaseTransport | None = None
        try:
            transport = await _transport(endpoint, below)
            return await self._opened
        except BaseException:
            self._opened.cancel()
            if transport is not None:  # uvloop's are no asyncio.Transport by class
                cast(asyncio.Transport, transport).abort()
            self._stop()
            raise

    def failed(self, error: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(error or ConnectionResetError("the peer closed in the handshake"))

    def connection_opened(self, connection: Connection) -> None:
        if not self._opened.done():
            self._opened.set_result(connection)

    def connection_closed(self, connection: Connection) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._has_own:
            self.deadlines.stop()


async def _transport(endpoint: Endpoint, events: Attached) -> asyncio.BaseTransport:
    loop = asyncio.get_running_loop()
    below = cast(asyncio.Protocol, events)
    if endpoint.scheme == "unix":
        return (await loop.create_unix_connection(lambda: below, endpoint.path))[0]
    return (await loop.create_connection(lambda: below, endpoint.host, endpoint.port))[0]


def _peer(endpoint: Endpoint) -> Address:
    return Address(endpoint.path or endpoint.host, endpoint.port)
