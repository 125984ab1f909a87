"""wsproto, which has no I/O of its own, on asyncio's streams: as a client and as a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate

from interop.websocket.end import Deflate, End, Library, Meet


class WsprotoEnd(End):
    def __init__(self, role: ConnectionType, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self._wire = WSConnection(role)
        self._reader, self._writer = reader, writer
        self._pieces: list[str | bytes] = []
        self.handshake: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

    async def pump(self) -> None:
        """Until the connection ends, whoever ends it."""
        try:
            while self._wire.state is not ConnectionState.CLOSED:
                data = await self._reader.read(65536)
                self._wire.receive_data(data or None)
                for event in self._wire.events():
                    self.take(event)
                if not data:
                    break
        except ConnectionError:
            pass
        self.has_ended(None)
        self._writer.close()

    def take(self, event: Event) -> None:
        if isinstance(event, Message):
            self._pieces.append(event.data)
            if event.message_finished:
                empty = "" if isinstance(event, TextMessage) else b""
                self.has_come(empty.join(self._pieces))  # type: ignore[arg-type]
                self._pieces.clear()
        elif isinstance(event, Ping):
            self.write(event.response())
        elif isinstance(event, Pong):
            self.has_ponged(bytes(event.payload))
        elif isinstance(event, CloseConnection):
            self.has_ended(int(event.code), event.reason)
            if self._wire.state is ConnectionState.REMOTE_CLOSING:
                self.write(event.response())
        elif not self.handshake.done():
            self.handshake.set_result(event)

    def write(self, event: Event) -> None:
        self._writer.write(self._wire.send(event))

    async def send(self, message: str | bytes) -> None:
        self.write(TextMessage(message) if isinstance(message, str) else BytesMessage(message))
        await self._writer.drain()

    async def send_fragments(self, pieces: Sequence[str] | Sequence[bytes]) -> None:
        for number, piece in enumerate(pieces, 1):
            kind = TextMessage if isinstance(piece, str) else BytesMessage
            self.write(kind(piece, message_finished=number == len(pieces)))  # type: ignore[arg-type]
        await self._writer.drain()

    async def send_ping(self, payload: bytes) -> None:
        self.write(Ping(payload))

    async def close(self, code: int, reason: str) -> None:
        self.write(CloseConnection(code, reason))
        await self.closed()

    def abort(self) -> None:
        self._writer.transport.abort()


def extensions_of(deflate: Deflate | None) -> list[PerMessageDeflate]:
    if deflate is None:
        return []
    return [
        PerMessageDeflate(
            server_no_context_takeover=deflate.server_no_context_takeover,
            client_no_context_takeover=deflate.client_no_context_takeover,
            server_max_window_bits=deflate.server_max_window_bits,
            client_max_window_bits=deflate.client_max_window_bits,
        )
    ]


@asynccontextmanager
async def connect(url: str, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[End]:
    address = urlsplit(url)
    end = WsprotoEnd(ConnectionType.CLIENT, *await asyncio.open_connection(address.hostname, address.port))
    end.write(Request(address.netloc, address.path, extensions_of(deflate), subprotocols=list(subprotocols)))
    pump = asyncio.create_task(end.pump())
    try:
        accepted = await end.handshake
        assert isinstance(accepted, AcceptConnection), accepted
        end.subprotocol = accepted.subprotocol
        yield end
    finally:
        end.abort()
        await pump


@asynccontextmanager
async def listen(met: Meet, *, subprotocols: Sequence[str], deflate: Deflate | None) -> AsyncIterator[str]:
    talking: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = WsprotoEnd(ConnectionType.SERVER, reader, writer)
        pump = asyncio.create_task(end.pump())
        talking.add(pump)
        request = await end.handshake
        assert isinstance(request, Request), request
        end.subprotocol = next((name for name in request.subprotocols if name in subprotocols), None)
        end.write(AcceptConnection(end.subprotocol, list(extensions_of(deflate))))
        met(end)
        await pump

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for pump in talking:
            pump.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


LIBRARY = Library(connect, listen, parameters=True)
