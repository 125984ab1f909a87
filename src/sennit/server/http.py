"""The HTTP server as a service: listens, makes an exchange of each request, stops without losing one."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextvars import copy_context
from dataclasses import replace

from .. import net
from ..http import Handler, Limits
from ..protocols.http1 import HeadLimits
from .access_log import AnswerLog
from .date_line import DateLine
from .http1 import Http1
from .tally import Tally

GOING_AWAY = 1001
ALPN = ("http/1.1",)
NOT_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 65\r\n\r\n"
    b"400 Bad Request: this port speaks HTTPS; ask it with https://...\n"
)
SERVICE_RESTART = 1012


class HttpServer:
    """Calls `handler(exchange)` for each request; a coroutine that it returns runs as a task.

    A handler that raises is answered for with 500 and a line in the log. `drain_code` closes WebSockets on shutdown:
    1001, or 1012 when the program comes right back (a reload). trusted: networks of proxies, who are believed about the
    client, scheme and host. Where the endpoint has certificates, requests are `https`.
    """

    def __init__(
        self,
        endpoint: str | net.Endpoint,
        handler: Handler,
        *,
        limits: Limits | None = None,
        default_host: str = "127.0.0.1",
        name: str = "http",
        clock: Callable[[], float] = time.monotonic,
        access_log: AnswerLog | None = None,
        trusted: net.Networks | Iterable[str] = (),
    ) -> None:
        where = net.Endpoint.parse(endpoint, default_host=default_host) if isinstance(endpoint, str) else endpoint
        self.name = name
        self.handler = handler
        self.limits = limits = limits or Limits()
        self.head_limits = HeadLimits(limits.target, limits.head, limits.headers)
        self.date = DateLine()
        self.scheme = "http" if where.tls is None else "https"
        self.trusted = trusted if isinstance(trusted, net.Networks) else net.Networks(trusted)
        self.drain_code = GOING_AWAY
        self.is_draining = False
        self.idle_drain_s = 0.0
        self.tally = Tally()
        self.tasks: set[asyncio.Future[None]] = set()
        self.access_log = access_log
        """Is told of every answer: the access log, the metrics, or both."""
        self.context = copy_context()
        self.listener = net.Listener(
            _for_http(where),
            lambda: Http1(self),
            limits=net.Limits(
                connections=limits.connections,
                per_ip=limits.per_ip,
                idle_s=None,
                write_s=limits.write_s,
                handshake_s=limits.handshake_s,
            ),
            name=name,
            clock=clock,
            trusted=self.trusted,
            clear_text_answer=NOT_TLS,
        )

    @property
    def requests(self) -> int:
        """Begun since the start."""
        return self.tally.requests

    @property
    def addresses(self) -> list[net.Address]:
        """Where it listens, once started."""
        return self.listener.addresses

    async def start(self) -> None:
        """Raises SennitError (net.E004) when the endpoint cannot be had."""
        self.date.refresh()
        await self.listener.start()
        self.listener.deadlines.add(self.date)

    def reload_certificates(self) -> bool:
        """For connections from now on. False, and a line in the log, when the files cannot be used."""
        return self.listener.reload_certificates()

    def drain(self) -> None:
        """Answer what has been asked, with `Connection: close`, and accept no more."""
        self.is_draining = True
        self.listener.drain()

    def hand_over(self, within_s: float) -> None:
        """Before `drain`, when others serve on at the same place: nobody is to notice.

        A client may be writing its next request in the moment in which its idle connection is closed, and would get no
        answer. So an idle connection stays for `within_s` seconds, until its next answer has told it `Connection: close`.
        Connections that the kernel still holds are left to the others, and WebSockets close with 1012: come right back.
        """
        self.drain_code = SERVICE_RESTART
        self.idle_drain_s = within_s
        self.listener.hands_over = True

    def hurry(self) -> None:
        """After `hand_over` and `drain`, when the others end too: idle connections are closed now."""
        self.idle_drain_s = 0.0
        for connection in tuple(self.listener.connections):
            connection.protocol.draining()

    async def drained(self) -> None:
        """Every connection has ended and every handler has returned."""
        await self.listener.drained()
        while self.tasks:
            # Taken out here, not by the done-callbacks, which may not have run yet: waiting for done tasks never yields.
            done, _ = await asyncio.wait(self.tasks)
            self.tasks -= done

    async def close(self) -> None:
        """Cut what is left; handlers are cancelled."""
        self.is_draining = True
        await self.listener.close()
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            done, _ = await asyncio.wait(self.tasks, timeout=1)
            self.tasks -= done


def _for_http(endpoint: net.Endpoint) -> net.Endpoint:
    """With the protocols of HTTP for ALPN, unless the endpoint names its own."""
    if endpoint.tls is None or endpoint.tls.alpn:
        return endpoint
    return replace(endpoint, tls=replace(endpoint.tls, alpn=ALPN))
