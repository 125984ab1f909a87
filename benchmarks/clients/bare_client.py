"""No client, but what none on this loop can be without: a write, a future, a read. It believes that each read is one answer."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.waiting.set_result(data)


@asynccontextmanager
async def opened(most):
    idle = []
    yield idle
    for connection in idle:
        connection.transport.close()


async def get(idle, url):
    loop = asyncio.get_running_loop()
    if idle:
        connection = idle.pop()
    else:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", urlsplit(url).port)
    connection.waiting = loop.create_future()
    connection.transport.write(REQUEST)
    data = await connection.waiting
    idle.append(connection)
    return data[data.index(b"\r\n\r\n") + 4 :]
