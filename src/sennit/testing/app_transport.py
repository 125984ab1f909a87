"""The HTTP client connected straight to an App: no sockets, and everything else as in production.

Its connections, codec, limits and time-outs are the client's own, and so are the server's; only what the kernel does is done
in memory. So a body streams both ways with back-pressure, and a WebSocket is one.
"""

import asyncio
import os
from functools import partial
from typing import Any

from ..app import App, Runtime
from ..client.connecting import Connector
from ..client.http1 import Http1 as ClientLine
from ..client.limits import Limits
from ..client.place import Place
from ..client.pool import Pool
from ..client.transport import Call, Reply
from ..net import Address, Connection, Shutdown
from ..server import HttpServer
from ..server.http1 import Http1 as ServerLine
from .memory_pipe import MemoryTransport

SERVER = Address("127.0.0.1", 80)
FIRST_PORT = 50_000


class AppTransport:
    """`Client("http://shop.example", transport=AppTransport(app))`, and SyncClient: whatever host is asked, the app answers.

    The app starts in its test mode, in the loop of the first request, and stops when the client is closed. `database`:
    another URL than the app's. `limits` are those of the client's connections. Raises SennitError for an app that cannot start.
    """

    def __init__(self, app: App, *, database: str | None = None, limits: Limits = Limits()) -> None:
        self.app = app
        self._database = database
        self._starting = asyncio.Lock()
        self._serving: _Serving | None = None
        self._pool = Pool(limits=limits, make_connector=partial(_MemoryConnector, self._connect))

    async def send(self, call: Call) -> Reply:
        """`client.Transport` says what it does and raises."""
        if self._serving is None:
            await self._start()
        return await self._pool.send(call)

    async def close(self) -> None:
        await self._pool.close()
        serving, self._serving = self._serving, None
        if serving is not None:
            await serving.stop()

    async def _start(self) -> None:
        async with self._starting:
            if self._serving is None and not self._pool.is_closed:
                settings = self.app.settings("test", os.environ, {"database": self._database})
                runtime = self.app.build(settings, "test")
                await runtime.start(listen=False)
                self._serving = _Serving(runtime)

    def _connect(self, place: Place, client: Connection) -> None:
        assert self._serving is not None
        self._serving.connect(place, client)


class _Serving:
    """The app's side: servers that listen nowhere, one for each scheme, and their connections (`connection.Registry`)."""

    def __init__(self, runtime: Runtime) -> None:
        self.connections: dict[Connection, None] = {}
        self._runtime = runtime
        self._servers: dict[str, HttpServer] = {}
        self._count = 0

    def connect(self, place: Place, client: Connection) -> None:
        server = self._server_of("https" if place.is_tls else "http")
        self._count += 1
        here = Address("127.0.0.1", FIRST_PORT + self._count)
        accepted = Connection(
            ServerLine(server),
            id=self._count,
            peer=here,
            clock=server.listener.deadlines,
            limits=server.listener.limits,
            listener=self,
        )
        MemoryTransport(client, here, SERVER).join(MemoryTransport(accepted, SERVER, here))

    def _server_of(self, scheme: str) -> HttpServer:
        server = self._servers.get(scheme)
        if server is None:
            runtime = self._runtime
            server = HttpServer("tcp:0", runtime.site, limits=runtime.limits, trusted=runtime.trusted)
            server.scheme = scheme
            server.date.refresh()
            server.listener.deadlines.add(server.date)
            server.listener.deadlines.start()
            self._servers[scheme] = server
        return server

    def connection_opened(self, connection: Connection) -> None:
        self.connections[connection] = None

    def connection_closed(self, connection: Connection) -> None:
        self.connections.pop(connection, None)

    async def stop(self) -> None:
        """The client's side has been cut; handlers that still run are cancelled."""
        for connection in tuple(self.connections):
            connection.abort(Shutdown())
        for server in self._servers.values():
            await server.close()
        await self._runtime.stop(drain_s=1)


class _MemoryConnector(Connector):
    def __init__(self, connect: Any, **options: Any) -> None:
        super().__init__(**options)
        self._connect = connect

    async def open(self, place: Place, line: ClientLine, call: Call, started: float, due: float) -> None:
        connection = Connection(line, id=0, peer=SERVER, clock=self.clock, limits=self.bounds, listener=self.registry)
        self._connect(place, connection)
        await line.opened
