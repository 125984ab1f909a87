"""What a request costs inside the process, without sockets: nanoseconds for each row of work.py.

    make profile                                       every row, parser / server / whole framework
    make profile ARGS="--rows text,post --repeats 9"
    make profile ARGS="--rows text --stage framework --seconds 20"      one thing over and over, for a profiler

The recorded bytes of a request go straight into the server's connection objects over a transport that only counts
bytes. Three stages, each with everything below it: the request head parser alone; the server with a handler that
answers at once; the whole framework (routing, parameters, answer) as `sennit serve` builds it. 64 connections take
turns, so that the caches see what they see in service. What the kernel costs is not in it: see `make bench`.
"""

import argparse
import asyncio
import gc
import platform
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time_ns

from work import ROWS, Row

import sennit
from sennit import net
from sennit.protocols.http1 import parse_request_head
from sennit.server import HttpServer

CONNECTIONS = 64
STAGES = ("parser", "server", "framework")
ANSWER_LINES = ((b"content-type", b"text/html; charset=utf-8"),)

Round = Callable[[], Awaitable[None]]
"""One batch for each connection, and waits until all are answered."""


class CountingTransport(asyncio.Transport):
    """Swallows what is written to it; `octets` counts. A socket that is never full."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 40_000), "sockname": ("127.0.0.1", 8000)})
        self.octets = 0
        self.last = b""

    def write(self, data: bytes) -> None:
        self.octets += len(data)
        self.last = data

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0


def make_server(stage: str) -> HttpServer:
    """As the application's `Runtime` makes it; it is not started, so no socket is opened."""
    from served import app

    settings = app.settings("serve", {"SENNIT_SECRET": "x" * 64}, {"host": "127.0.0.1"})
    runtime = app.build(settings, "serve")
    handler = runtime.site if stage == "framework" else answer_at_once
    return HttpServer("tcp:127.0.0.1:0", handler, limits=runtime.limits)


def answer_at_once(exchange) -> None:
    exchange.respond(200, ANSWER_LINES, b"Hello, World!")


def connect(server: HttpServer) -> tuple[net.Connection, CountingTransport]:
    """A connection as the listener makes it, on a transport of our own."""
    connection = server.listener._make_connection(net.Address("127.0.0.1", 40_000))
    transport = CountingTransport()
    connection.connection_made(transport)
    return connection, transport


async def served_round(row: Row, stage: str) -> Round:
    """Feeds each connection one write of the row's client."""
    server = make_server(stage)
    pairs = [connect(server) for _ in range(CONNECTIONS)]
    batch = row.request * row.pipelined
    length = await length_of_answer(*pairs[0], row, batch)
    receivers = [connection.data_received for connection, _ in pairs]
    transports = [transport for _, transport in pairs]
    loop = asyncio.get_running_loop()

    def feed(wanted: int, answered: asyncio.Future[None]) -> None:
        for receive in receivers:
            receive(batch)
        check(wanted, answered)

    def check(wanted: int, answered: asyncio.Future[None]) -> None:
        if all(transport.octets >= wanted for transport in transports):
            answered.set_result(None)
        else:
            loop.call_soon(check, wanted, answered)

    def play() -> asyncio.Future[None]:
        """The loop calls the server, as it does in service: a server called by a task would find that one current."""
        answered = loop.create_future()
        loop.call_soon(feed, transports[-1].octets + length, answered)
        return answered

    for transport in transports:
        transport.octets = 0
    return play


async def length_of_answer(connection: net.Connection, transport: CountingTransport, row: Row, batch: bytes) -> int:
    """Octets that answer one write. Ends the program when the answer is no success."""
    asyncio.get_running_loop().call_soon(connection.data_received, batch)
    await asyncio.sleep(0)
    before, quiet = -1, 0
    while quiet < 100:  # an answer may take several turns of the loop; it is whole when nothing more comes
        quiet = quiet + 1 if transport.octets == before else 0
        before = transport.octets
        await asyncio.sleep(0)
    if b" 200 OK\r\n" not in transport.last:
        sys.exit(f"row {row.name}: the answer is no success:\n{transport.last.decode('latin-1')}")
    return transport.octets


async def parser_round(row: Row, stage: str) -> Round:
    limits = make_server(stage).head_limits
    batch = row.request * row.pipelined
    starts = [len(row.request) * number for number in range(row.pipelined)]

    async def play() -> None:
        for _ in range(CONNECTIONS):
            for start in starts:
                parse_request_head(batch, start, limits)

    return play


async def measure(row: Row, stage: str, rounds: int, repeats: int) -> list[float]:
    """Nanoseconds a request, one figure for each repeat."""
    play = await (parser_round if stage == "parser" else served_round)(row, stage)
    requests = CONNECTIONS * row.pipelined * rounds
    found = []
    for number in range(repeats + 1):
        begun = process_time_ns()
        for _ in range(rounds):
            await play()
        if number:  # the first one warms up
            found.append((process_time_ns() - begun) / requests)
    return found


async def repeat(row: Row, stage: str, seconds: float) -> None:
    """One thing over and over, for a profiler that looks from outside."""
    play = await (parser_round if stage == "parser" else served_round)(row, stage)
    begun, rounds = perf_counter(), 0
    while perf_counter() - begun < seconds:
        await play()
        rounds += 1
    each = 1e9 * (perf_counter() - begun) / (rounds * CONNECTIONS * row.pipelined)
    print(f"{row.name}, {stage}: {each:,.0f} ns a request")


def table(rows: list[Row], options: argparse.Namespace) -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, sennit from {Path(sennit.__file__).parent}")
    compiled = parse_request_head.__module__.rpartition(".")[2].startswith("_")
    print(f"head parser: {'compiled' if compiled else 'plain Python'}; loop: {options.loop}; GC: {gc.isenabled()}")
    print(f"nanoseconds a request, lowest and median of {options.repeats}\n")
    print(f"{'':<12}" + "".join(f"{stage:>22}" for stage in STAGES))
    for row in rows:
        print(f"{row.name:<12}", end="", flush=True)
        for stage in STAGES:
            rounds = max(1, options.requests // (CONNECTIONS * row.pipelined))
            found = run(options, measure(row, stage, rounds, options.repeats))
            print(f"{min(found):>12,.0f}{statistics.median(found):>10,.0f}", end="", flush=True)
        print()


def run(options: argparse.Namespace, main):
    if options.loop == "asyncio":
        return asyncio.run(main)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", default=",".join(row.name for row in ROWS if row.name != "many"))
    parser.add_argument("--repeats", type=int, default=7, help="timed repeats of each figure (default: 7)")
    parser.add_argument("--requests", type=int, default=8_000, help="requests in each repeat (default: 8000)")
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    parser.add_argument("--stage", choices=STAGES, help="with --seconds: only this, over and over")
    parser.add_argument("--seconds", type=float, help="how long to repeat one stage")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    known = {row.name: row for row in ROWS}
    unknown = [name for name in options.rows.split(",") if name not in known]
    if unknown:
        sys.exit(f"there is no row {', '.join(unknown)}; the rows are {', '.join(known)}")
    rows = [known[name] for name in options.rows.split(",")]
    if options.seconds:
        run(options, repeat(rows[0], options.stage or "framework", options.seconds))
    else:
        table(rows, options)


if __name__ == "__main__":
    main()
