"""Takes the PROXY header off a connection before anything else reads it."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from .address import Address
from .deadline import Deadlines
from .errors import ProtocolError
from .poller import Attached
from .proxy_header import ProxyHeader, parse_proxy_header

log = logging.getLogger("sennit.net")


class ProxyLayer(asyncio.Protocol):
    """`above` is told `connection_made` once the header has come, and from then on everything.

    Before that, `on_header(header)` may refuse the connection by returning False. Without a right header within
    `header_s` seconds the connection is closed, and `on_lost(error)` is called instead of `above.connection_lost`.
    """

    __slots__ = (
        "_above",
        "_clock",
        "_due",
        "_error",
        "_is_open",
        "_is_over",
        "_on_header",
        "_on_lost",
        "_pending",
        "_proxy",
        "_transport",
        "has_begun",
    )

    def __init__(
        self,
        above: Attached,
        *,
        proxy: Address,
        clock: Deadlines,
        header_s: float,
        on_header: Callable[[ProxyHeader], bool],
        on_lost: Callable[[Exception | None], None],
    ) -> None:
        self._above = above
        self._pending = b""
        self._proxy = proxy
        self._clock = clock
        self._due = clock.now + header_s
        self._on_header = on_header
        self._on_lost = on_lost
        self._error: Exception | None = None
        self._is_open = self._is_over = self.has_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.has_begun = True
        self._transport = cast(asyncio.Transport, transport)
        self._clock.add(self)

    def data_received(self, data: bytes) -> None:
        if self._is_open:
            self._above.data_received(data)
        elif not self._is_over:
            self._pending += data
            self._look()

    def eof_received(self) -> bool:
        return self._is_open and self._above.eof_received()

    def pause_writing(self) -> None:
        if self._is_open:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._is_open:
            self._above.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._clock.discard(self)
        if self._is_open:
            self._above.connection_lost(error)
        else:
            self._on_lost(self._error or error)

    def abort(self) -> None:
        """For whoever keeps the list of connections."""
        if self.has_begun:
            self._transport.abort()

    def sweep(self, now: float) -> None:
        if self._due <= now:
            self._refuse("there was no PROXY header in time")

    def _look(self) -> None:
        try:
            header = parse_proxy_header(self._pending)
        except ProtocolError as error:
            self._refuse(error.message)
            return
        if header is not None:
            self._take(header)

    def _take(self, header: ProxyHeader) -> None:
        self._is_over = True
        self._clock.discard(self)
        if not self._on_header(header):
            self._transport.abort()
            return
        rest, self._pending = self._pending[header.size :], b""
        self._is_open = True
        self._above.connection_made(self._transport)
        if rest and not self._transport.is_closing():
            self._above.data_received(rest)

    def _refuse(self, why: str) -> None:
        self._is_over = True
        self._error = ProtocolError(why)
        log.info("the connection from the proxy %s is refused: %s", self._proxy, why)
        self._clock.discard(self)
        self._transport.abort()
