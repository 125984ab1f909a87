"""Server CPU time per WebSocket message, beside a C echo and other servers, in one run; then idle memory and broadcast.

    make bench-websocket
    make bench-websocket ARGS="--peers picows --parts echo,idle --rounds 9 --seconds 1"

One hundred connections send binary messages of 64 octets and wait for them to come back, one or sixteen at a time. The
CPU time of a server's whole process tree is read from /proc before and after and divided by the messages that came back,
each of which the load generator (websocket_load.c) has compared with what it sent. Servers are pinned to one core, the
load generator to another; each round measures every server once, in turning order.

Idle: growth of a fresh server's private memory for each of 5 000 open connections. Broadcast: one of 10 000 connections
sends a message, `net.broadcast` gives it to all; the frames that came, per second of the server's CPU time. The C echo
does the same, for what the kernel costs.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from bench_http import SENNIT, C, Run, compiled, sennit
from bench_memory import settled
from build import HERE, Build, choose_build
from cores import Cores, choose_cores
from descriptors import allow_descriptors
from dialogue import Dialogue, talking_to
from peers import APPS, WEBSOCKET_PEERS, Peer, choose_peers, install_peers
from process_tree import cpu_seconds, usage
from results import keep
from serving import Failed, Server, free_port, running
from websocket_table import websocket_table

OCTETS = 64
MOST_IDLE_BYTES = 4096
LEAST_BROADCAST_PER_CPU_S = 100_000


@dataclass(frozen=True)
class Row:
    """`most`: the aim, as times the CPU time of the C echo; `picows_least`: as times picows' messages per CPU second."""

    name: str
    title: str
    in_flight: int
    most: float | None
    picows_least: float


ROWS = [
    Row("echo", "64 B echo, one in flight", 1, 1.25, 1.3),
    Row("burst", "64 B echo, 16 in flight", 16, None, 5.0),
]


@dataclass(frozen=True)
class Contender:
    """`start` starts its server anew; `path` is where it echoes."""

    name: str
    title: str
    start: Callable[[], AbstractContextManager[Server]]
    path: str = "/"


class Bench:
    """`found`: by row and contender, a list of runs, one a round."""

    def __init__(self, options: argparse.Namespace, cores: Cores) -> None:
        self.options = options
        self.cores = cores
        self.found: dict[str, dict[str, list[Run]]] = {}

    def measure(self, rows: list[Row], contenders: list[Contender]) -> None:
        with ExitStack() as stack:
            able = [pair for pair in start_all(stack, contenders) if self._can(*pair)] if rows else []
            for row in rows:
                print(f"measuring {row.title}", file=sys.stderr, flush=True)
                runs: dict[str, list[Run]] = {each.name: [] for each, _ in able}
                for number in range(self.options.rounds):
                    turn = number % len(able)
                    for each, server in able[turn:] + able[:turn]:
                        runs[each.name].append(self._load(row, each, server, self.options.seconds))
                self.found[row.name] = runs

    def _can(self, contender: Contender, server: Server) -> bool:
        """Whether it echoes rightly; warms it as well. Ends the program when sennit does not."""
        try:
            for row in ROWS:
                self._load(row, contender, server, 0.3)
        except Failed as error:
            if contender.name in (C, SENNIT):
                sys.exit(f"{contender.title}: {error}")
            print(f"left out: {contender.title}: {str(error)[-160:]}", file=sys.stderr)
            return False
        return True

    def _load(self, row: Row, contender: Contender, server: Server, seconds: float) -> Run:
        with self.clients(server, contender.path, self.options.connections) as clients:
            return timed(server, clients, f"echo {seconds} {row.in_flight}")

    def clients(self, server: Server, path: str, count: int) -> AbstractContextManager[Dialogue]:
        load = [str(compiled("websocket_load")), str(server.port), path, str(count), str(OCTETS)]
        return talking_to([*self.cores.client, *load])

    def idle(self, contender: Contender) -> dict[str, object]:
        """Bytes for each connection of a fresh server: open and silent, and after one message each."""
        count = self.options.idle
        print(f"measuring idle connections of {contender.title}", file=sys.stderr, flush=True)
        with contender.start() as server:
            open_before = usage(server.pid).descriptors
            with self.clients(server, contender.path, 100) as clients:
                clients.ask("echo 0.2 1")  # what the first connections import and cache is not the price of one
            base = settled(server, open_before)
            with self.clients(server, contender.path, count) as clients:
                silent = settled(server, open_before + count)
                clients.ask("echo 0 1")
                asked = settled(server, open_before + count)
        return {"title": contender.title, "silent": (silent - base) / count, "asked": (asked - base) / count}

    def broadcast(self, contenders: list[Contender]) -> dict[str, object]:
        """The C echo has a room too; both are filled, and take turns."""
        count, runs = self.options.broadcast, {each.name: list[Run]() for each in contenders}
        print(f"measuring a broadcast to {count:,} peers", file=sys.stderr, flush=True)
        with ExitStack() as stack:
            rooms = [(each, stack.enter_context(each.start())) for each in contenders]
            filled = [(*room, stack.enter_context(self.clients(room[1], "/room", count))) for room in rooms]
            for _, server, clients in filled:
                timed(server, clients, "room 0")
            for _ in range(self.options.rounds):
                for each, server, clients in filled:
                    runs[each.name].append(timed(server, clients, f"room {self.options.seconds}"))
        return {
            "peers": count,
            "least": LEAST_BROADCAST_PER_CPU_S,
            "cpu_us": {name: [run.cpu_us for run in found] for name, found in runs.items()},
            "per_s": {name: [round(run.requests / run.wall_s) for run in found] for name, found in runs.items()},
        }


def start_all(stack: ExitStack, contenders: list[Contender]) -> Iterator[tuple[Contender, Server]]:
    for each in contenders:
        try:
            server = stack.enter_context(each.start())
        except Failed as error:
            print(f"left out: {str(error)[-300:]}", file=sys.stderr)
            continue
        yield each, server


def timed(server: Server, clients: Dialogue, line: str) -> Run:
    """Raises Failed when the answer of the load generator is no result."""
    used, begun = cpu_seconds(server.pid), perf_counter()
    said = clients.ask(line)
    used, wall_s = cpu_seconds(server.pid) - used, perf_counter() - begun
    frames = re.match(r"frames (\d+) ", said)
    if frames is None:
        raise Failed(said)
    return Run(int(frames[1]), used, wall_s)


def main() -> None:
    options = arguments()
    allow_descriptors(max(options.idle, options.broadcast) + 500)
    cores, build = choose_cores(), choose_build()
    contenders = choose_contenders(options.peers, build, cores)
    rows, bench = choose_rows(options), Bench(options, cores)
    bench.measure(rows, contenders)
    record = {
        **recorded(bench, rows, contenders, build),
        "idle": list(idle_of_all(bench, contenders)) if "idle" in options.parts else [],
        "broadcast": bench.broadcast(contenders[:2]) if "broadcast" in options.parts else None,
    }
    print(websocket_table(record))
    print(f"written to {keep('websocket', record)}")


def choose_contenders(names: str, build: Build, cores: Cores) -> list[Contender]:
    """The C echo, sennit, then the peers that could be installed."""
    python, peers = install_peers(build.python, choose_peers(names, WEBSOCKET_PEERS))
    program = HERE / "served_websocket.py"
    return [
        Contender(C, "C echo", partial(c_echo, cores)),
        Contender(SENNIT, "sennit", partial(sennit, build, cores, program), "/echo"),
        *(Contender(peer.name, peer.title, partial(started, peer, python, cores)) for peer in peers),
    ]


@contextmanager
def c_echo(cores: Cores) -> Iterator[Server]:
    port = free_port()
    with running(C, [*cores.server, str(compiled("websocket_echo")), str(port)], port) as server:
        yield server


@contextmanager
def started(peer: Peer, python: str, cores: Cores) -> Iterator[Server]:
    port = free_port()
    with running(peer.name, [*cores.server, *peer.command_for(python, port)], port, folder=str(APPS)) as server:
        yield server


def choose_rows(options: argparse.Namespace) -> list[Row]:
    known = {row.name: row for row in ROWS}
    if unknown := [name for name in options.rows if name not in known]:
        sys.exit(f"there is no row {', '.join(unknown)}; the rows are {', '.join(known)}")
    return [known[name] for name in options.rows] if "echo" in options.parts else []


def idle_of_all(bench: Bench, contenders: list[Contender]) -> Iterator[dict[str, object]]:
    for each in contenders[1:]:  # the C echo's buffers are as large as they are
        try:
            yield bench.idle(each)
        except Failed as error:
            print(f"left out: idle connections of {each.title}: {str(error)[-160:]}", file=sys.stderr)


def recorded(bench: Bench, rows: list[Row], contenders: list[Contender], build: Build) -> dict[str, object]:
    """Everything that the tables are made from, but for idle connections and the broadcast."""
    return {
        "interpreter": build.interpreter,
        "is_compiled": build.is_compiled,
        "rounds": bench.options.rounds,
        "seconds": bench.options.seconds,
        "octets": OCTETS,
        "connections": bench.options.connections,
        "idle_connections": bench.options.idle,
        "most_idle_bytes": MOST_IDLE_BYTES,
        "titles": {each.name: each.title for each in contenders},
        "rows": [
            {
                "name": row.name,
                "title": row.title,
                "most": row.most,
                "picows_least": row.picows_least,
                "cpu_us": {name: [run.cpu_us for run in runs] for name, runs in found.items()},
                "per_s": {name: [round(run.requests / run.wall_s) for run in runs] for name, runs in found.items()},
            }
            for row in rows
            if (found := bench.found[row.name])
        ],
    }


def arguments() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=names, default=[row.name for row in ROWS], help="echo,burst (default: both)")
    parser.add_argument("--parts", type=names, default=["echo", "idle", "broadcast"], help="echo,idle,broadcast; all")
    parser.add_argument("--peers", default="quick", help="quick (default), all, none, or names with commas")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server in each row (default: 5)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a run (default: 2)")
    parser.add_argument("--connections", type=int, default=100, help="that send messages (default: 100)")
    parser.add_argument("--idle", type=int, default=5_000, help="open and silent connections (default: 5000)")
    parser.add_argument("--broadcast", type=int, default=10_000, help="peers of the broadcast (default: 10000)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
