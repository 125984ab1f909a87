"""Whole connections in memory: spoilt and pipelined requests, cut anywhere, readers that stay away, handlers of all kinds."""

import asyncio
import logging
from random import Random
from typing import Any

from conformance.wire import Conversation
from sennit.net import Address
from sennit.server import HttpServer

TEXT = ((b"content-type", b"text/plain"),)
MOST_HELD = 512 * 1024
"""Octets that a connection may hold in either direction; the inputs are smaller, the answers much larger."""
MOST_TURNS = 400
SETTLED = 6
"""Turns after which nothing goes on by itself."""


class MemoryTransport(asyncio.Transport):
    """Takes what is written. `is_reading`: whether the server wants input. A reader that is away takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.unsent = self.most_unsent = 0
        self.is_reading = True
        self.is_away = self.is_closed = self.is_aborted = self.has_ended = False
        self._high = 64 * 1024

    def attach(self, connection: Any) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:  # type: ignore[override]
        if self.is_closed:
            return
        self.written += data
        if self.is_away:
            self.unsent += len(data)
            self.most_unsent = max(self.most_unsent, self.unsent)
            if self.unsent > self._high >= self.unsent - len(data):
                self._connection.pause_writing()

    def writelines(self, pieces: Any) -> None:
        for piece in pieces:
            self.write(piece)

    def come_back(self) -> None:
        self.is_away = False
        was_high, self.unsent = self.unsent > self._high, 0
        if was_high:
            self._connection.resume_writing()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = self._high if high is None else high

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 80) if name == "sockname" else default


class Watch(logging.Handler):
    """What must not happen: an exception that reaches the loop or ends a protocol."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        logging.getLogger("sennit.net").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.seen.append(f"{record.getMessage()} {record.exc_info}")

    def from_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.seen.append(f"{context.get('message')} {context.get('exception')!r}")


class Handlers:
    """Answers in one of seven ways, by the length of the path; `methods` are those it was asked with."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    def __call__(self, exchange: Any) -> Any:
        self.methods.append(exchange.method)
        kind = (len(exchange.raw_path) + len(exchange.method)) % 7
        if kind == 0:
            exchange.respond(200, TEXT, b"at once")
            return None
        return (None, self.read, self.stream, self.late, self.fail, self.large, self.cancelled)[kind](exchange)

    async def read(self, exchange: Any) -> None:
        exchange.respond(200, TEXT, await exchange.read(1000))

    async def stream(self, exchange: Any) -> None:
        await exchange.start(200, TEXT)
        async for piece in exchange.stream(1000):
            await exchange.send(piece)
        await exchange.finish()

    async def late(self, exchange: Any) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        exchange.respond(404, TEXT, b"not read")

    async def fail(self, exchange: Any) -> None:
        await exchange.read(3)
        raise ValueError("a mistake of the app")

    async def large(self, exchange: Any) -> None:
        exchange.respond(200, TEXT, b"x" * 100_000)

    async def cancelled(self, exchange: Any) -> None:
        exchange.cancel_on_disconnect = True
        await asyncio.sleep(0)
        exchange.respond(204, (), b"")


async def converse(random: Random, pieces: list[bytes], watch: Watch) -> list[str]:
    """One connection that is fed `pieces`: what went wrong.

    Its answers are not compared with those of the other twin: the compiled one runs a handler at once, so it may answer
    before it knows that a body will break off.
    """
    handlers = Handlers()
    server = HttpServer("tcp:0", handlers, clock=lambda: 0.0)
    connection = server.listener._make_connection(Address("127.0.0.1", 1))
    transport = MemoryTransport()
    transport.attach(connection)
    transport.is_away = random.random() < 0.2
    connection.connection_made(transport)
    asyncio.get_running_loop().set_exception_handler(watch.from_loop)
    leaves_early, ends_its_side = random.random() < 0.2, random.random() < 0.5
    for piece in pieces:
        await _turns(lambda: transport.is_reading or transport.is_closed, random.randrange(3))
        if not transport.is_reading and transport.is_away:
            transport.come_back()
            await _turns(lambda: transport.is_reading or transport.is_closed, 0)
        if transport.is_closed:
            break
        connection.data_received(piece)
    transport.come_back()
    await _turns(lambda: transport.is_closed or leaves_early or not server.tasks, 0 if leaves_early else SETTLED)
    if not transport.is_closed and ends_its_side:
        connection.eof_received()
        await _turns(lambda: transport.is_closed or not server.tasks, SETTLED)
    waits_for_more = bool(server.tasks) and not ends_its_side  # a body that has not ended, from a client that goes
    connection.connection_lost(None)
    await _turns(lambda: not server.tasks, SETTLED)
    wrong = _complaints(transport, handlers, transport.is_aborted or leaves_early or waits_for_more)
    if server.tasks:
        wrong.append("a handler does not end though its client has gone")
    wrong += watch.seen
    watch.seen.clear()
    return wrong


async def _turns(done: Any, in_a_row: int) -> None:
    """Let the loop turn until it is done, and so many turns more in a row; at most MOST_TURNS in all."""
    count = 0
    for _ in range(MOST_TURNS):
        count = count + 1 if done() else 0
        if count > in_a_row:
            return
        await asyncio.sleep(0)


def _complaints(transport: MemoryTransport, handlers: Handlers, is_cut: bool) -> list[str]:
    wrong = []
    if transport.most_unsent > MOST_HELD:
        wrong.append(f"{transport.most_unsent} octets waited for a reader that was away")
    try:
        answers = _answers(bytes(transport.written), handlers.methods, is_cut)
    except (AssertionError, ValueError, EOFError) as error:
        return [*wrong, f"an answer is malformed: {error}"]
    refusals = len(answers) - len(handlers.methods)
    if refusals > 1 or (refusals == 1 and answers[-1] < 400):
        wrong.append(f"{len(answers)} answers to {len(handlers.methods)} requests: {answers}")
    return wrong


class _Nothing:
    def recv(self, count: int) -> bytes:
        return b""


def _answers(written: bytes, methods: list[str], is_cut: bool) -> list[int]:
    """The statuses of the final answers; the last may be cut short where the connection was."""
    talk = Conversation(_Nothing())  # type: ignore[arg-type]
    talk._ahead += written
    statuses: list[int] = []
    while talk._ahead:
        method = methods[len(statuses)] if len(statuses) < len(methods) else "GET"
        try:
            status = talk.answer(method).status
        except EOFError:
            if is_cut:
                break
            raise
        if status >= 200:
            statuses.append(status)
    return statuses
