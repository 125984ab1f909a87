"""The talk with a proxy before the octets of a request go through it, over a socket or over TLS to the proxy."""

import asyncio
import socket
from typing import Protocol, cast

from ..net.poller import Attached

MOST_WAITING = 64 * 1024
"""Octets of a proxy that nobody has taken yet; one that says more unasked is read no more."""


class ProxyClosed(OSError):
    """The proxy has ended the connection."""


class ProxyWire(Protocol):
    async def send(self, data: bytes) -> None:
        """Raises OSError."""
        ...

    async def receive(self, most: int) -> bytes:
        """At least one octet. Raises ProxyClosed, OSError."""
        ...

    async def exactly(self, count: int) -> bytes:
        """Raises ProxyClosed, OSError."""
        ...


class SocketWire:
    """`opened` is connected and belongs to nobody yet; nothing more is read from it than was asked for."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._opened, data)

    async def receive(self, most: int) -> bytes:
        data = await self._loop.sock_recv(self._opened, most)
        if not data:
            raise ProxyClosed("closed")
        return data

    async def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += await self.receive(count - len(data))
        return data


class TlsWire(asyncio.Protocol):
    """Stands above a TlsLayer until `hand_over`. `opened` is done when the handshake is."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._error: OSError | None = None
        self._news: asyncio.Future[None] | None = None

    # ── what the layer below tells ───────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self.opened.done():
            self.opened.set_result(None)

    def never_opened(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("the proxy closed in the TLS handshake"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._end(None)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error)

    # ── what the opening uses ────────────────────────────────────────────────

    async def send(self, data: bytes) -> None:
        """A few hundred octets, which any transport takes at once."""
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._transport.write(data)

    async def receive(self, most: int) -> bytes:
        await self._until(1)
        return self._take(min(most, len(self._data)))

    async def exactly(self, count: int) -> bytes:
        await self._until(count)
        return self._take(count)

    def hand_over(self, above: Attached) -> None:
        """The layer carries `above` from now on. Raises OSError if the proxy has gone, ProxyClosed if it has said more."""
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._transport.set_protocol(cast(asyncio.BaseProtocol, above))
        above.connection_made(self._transport)
        if rest := bytes(self._data):
            above.data_received(rest)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._data[:count])
        del self._data[:count]
        return taken

    async def _until(self, count: int) -> None:
        while len(self._data) < count:
            if self._error is not None:
                raise self._error
            self._news = self._loop.create_future()
            await self._news

    def _end(self, error: Exception | None) -> None:
        if self._error is None:
            self._error = error if isinstance(error, OSError) else ProxyClosed("closed")
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)
