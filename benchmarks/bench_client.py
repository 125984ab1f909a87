"""CPU time of the HTTP client per request, beside other clients, in one run; then more at once, and large bodies.

    make bench-client
    make bench-client ARGS="--peers aiohttp,wreq --rounds 9 --seconds 1 --parts peers,stream"

Every client asks the C responder for 13 octets, 64 requests at a time, and compares each body with what it must be. The
responder is pinned to one core, the clients to another; they take turns, so that a machine that changes its pace changes
it for all, and a ratio compares two figures of the same round. User and system time of the client's whole process is
read from /proc before and after each turn and divided by its requests. The programs that drive the clients are in
clients/: each is told what to do on its standard input.

Then sennit's client from 1 to 512 requests at a time, beside a bare protocol if that is among the peers; and 1 GiB down and
up, with the growth of its resident memory.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from bench_http import SENNIT, Run, compiled
from build import Build, choose_build
from client_table import client_table
from cores import Cores, choose_cores
from dialogue import Dialogue, talking_to
from peers import CLIENT_PEERS, CLIENTS, Peer, choose_peers, install_peers
from process_tree import cpu_seconds, forget_peak, peak
from results import keep
from serving import Failed, Server, free_port, running

POOL = "sennit-pool"
"""Not the client that users have: what is below its seam, to see what the rest costs."""
BARE = "bare"
"""No client at all: what it loses with more connections, nobody on this machine can keep."""
AIMED = 64
"""Requests at a time in the comparison."""
CONCURRENCIES = (1, 8, 64, 512)
LEAST_TIMES_AIOHTTP = 3.0
COMPILED = ("pycurl", "wreq", "pyreqwest", "rnet", "impit", "primp")
"""Peers that are compiled: the aim is to be ahead of each."""
MOST_STREAM_BYTES = 32 * 2**20
PIECE = 2**16
"""Uploads are made of whole pieces of so many octets."""

# The clients look for proxies in the environment, as users want it; here none is meant.
NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@dataclass(frozen=True)
class Contender:
    """`command` drives it against a port."""

    name: str
    title: str
    command: Callable[[int], list[str]]
    environment: dict[str, str]


class Bench:
    """`found`: by contender, a list of runs, one a round."""

    def __init__(self, options: argparse.Namespace, cores: Cores) -> None:
        self.options = options
        self.cores = cores

    @contextmanager
    def client(self, contender: Contender, server: Server) -> Iterator[Dialogue]:
        command = [*self.cores.client, *contender.command(server.port)]
        with talking_to(command, contender.environment | NO_PROXY, str(CLIENTS)) as client:
            yield client

    def compare(self, contenders: list[Contender], server: Server) -> dict[str, list[Run]]:
        with ExitStack() as stack:
            able = list(self._able(stack, contenders, server))
            runs: dict[str, list[Run]] = {each.name: [] for each, _ in able}
            for number in range(self.options.rounds):
                print(f"measuring, round {number + 1}", file=sys.stderr, flush=True)
                turn = number % len(able)
                for each, client in able[turn:] + able[:turn]:
                    runs[each.name].append(timed(client, AIMED, self.options.seconds))
        return runs

    def _able(
        self, stack: ExitStack, contenders: list[Contender], server: Server
    ) -> Iterator[tuple[Contender, Dialogue]]:
        """Those that start and get the right answers; warms them as well. Ends the program when sennit does not."""
        for each in contenders:
            try:
                client = stack.enter_context(self.client(each, server))
                timed(client, AIMED, self.options.warm)
            except Failed as error:
                if each.name == SENNIT:
                    sys.exit(f"sennit: {error}")
                print(f"left out: {each.title}: {str(error)[-200:]}", file=sys.stderr)
                continue
            yield each, client

    def widen(self, contender: Contender, server: Server) -> dict[int, list[Run]]:
        """From 1 to 512 requests at a time, rounds interleaved."""
        print(f"measuring 1 to 512 requests at a time, {contender.title}", file=sys.stderr, flush=True)
        runs: dict[int, list[Run]] = {each: [] for each in CONCURRENCIES}
        with self.client(contender, server) as client:
            timed(client, max(CONCURRENCIES), self.options.warm)
            for number in range(self.options.rounds):
                turn = number % len(CONCURRENCIES)
                for each in CONCURRENCIES[turn:] + CONCURRENCIES[:turn]:
                    runs[each].append(timed(client, each, self.options.seconds))
        return runs

    def stream(self, contender: Contender, server: Server, octets: int) -> list[dict[str, object]]:
        """Down and up, each by a client of its own."""
        found = []
        for title, line in (("down", "download"), ("up", f"upload {octets}")):
            print(f"streaming {title}, {contender.title}", file=sys.stderr, flush=True)
            with self.client(contender, server) as client:
                before, used, begun = forget_peak(client.pid), cpu_seconds(client.pid), perf_counter()
                moved = int(counted(client.ask(line), "octets"))
                wall_s, used = perf_counter() - begun, cpu_seconds(client.pid) - used
                grown = peak(client.pid) - before
            if moved < octets:
                raise Failed(f"{moved} octets instead of {octets}")
            found.append(
                {
                    "who": contender.title,
                    "way": title,
                    "octets": octets,
                    "cpu_s": used,
                    "wall_s": wall_s,
                    "grown": grown,
                }
            )
        return found


def timed(client: Dialogue, concurrency: int, seconds: float) -> Run:
    used, begun = cpu_seconds(client.pid), perf_counter()
    requests = int(counted(client.ask(f"get {concurrency} {seconds}"), "requests"))
    return Run(requests, cpu_seconds(client.pid) - used, perf_counter() - begun)


def counted(answer: str, what: str) -> str:
    """Raises Failed when the answer is no figure."""
    found = re.fullmatch(rf"{what} (\d+)", answer)
    if found is None:
        raise Failed(answer)
    return found[1]


@contextmanager
def c_program(name: str, cores: Cores, *arguments: str) -> Iterator[Server]:
    port = free_port()
    with running(name, [*cores.server, str(compiled(name)), str(port), *arguments], port) as server:
        yield server


def main() -> None:
    options = arguments()
    cores, build = choose_cores(), choose_build()
    contenders = choose_contenders(options.peers, build)
    bench = Bench(options, cores)
    compared: dict[str, list[Run]] = {}
    widened: dict[str, dict[int, list[Run]]] = {}
    with c_program("c_responder", cores) as server:
        if "peers" in options.parts:
            compared = bench.compare(contenders, server)
        if "wide" in options.parts:
            widened = {each.name: bench.widen(each, server) for each in contenders if each.name in (SENNIT, BARE)}
    streamed = list(stream_all(bench, contenders, cores)) if "stream" in options.parts else []
    record = recorded(bench, build, contenders, compared, widened) | {"streamed": streamed}
    print(client_table(record))
    print(f"written to {keep('client', record)}")


def choose_contenders(names: str, build: Build) -> list[Contender]:
    """sennit, its connections alone, then the peers that could be installed."""
    python, peers = install_peers(build.python, choose_peers(names, CLIENT_PEERS))
    own = [Peer(SENNIT, "sennit", (), ("drive.py", "sennit", "{port}"))]
    own.append(Peer(POOL, "sennit, below the seam", (), ("drive.py", "sennit_pool", "{port}")))
    return [
        *(Contender(each.name, each.title, partial(each.command_for, build.python), build.environment) for each in own),
        *(Contender(peer.name, peer.title, partial(peer.command_for, python), {}) for peer in peers),
    ]


def stream_all(bench: Bench, contenders: list[Contender], cores: Cores) -> Iterator[dict[str, object]]:
    """sennit, and aiohttp where it was measured."""
    octets = bench.options.octets // PIECE * PIECE
    with c_program("stream_responder", cores, str(octets)) as server:
        for each in contenders:
            if each.name not in (SENNIT, "aiohttp"):
                continue
            try:
                yield from bench.stream(each, server, octets)
            except Failed as error:
                print(f"left out: streaming with {each.title}: {str(error)[-600:]}", file=sys.stderr)


def recorded(
    bench: Bench,
    build: Build,
    contenders: list[Contender],
    compared: dict[str, list[Run]],
    widened: dict[str, dict[int, list[Run]]],
) -> dict[str, object]:
    """Everything that the tables are made from, but for streaming."""
    return {
        "interpreter": build.interpreter,
        "is_compiled": build.is_compiled,
        "rounds": bench.options.rounds,
        "seconds": bench.options.seconds,
        "aimed": AIMED,
        "least_times_aiohttp": LEAST_TIMES_AIOHTTP,
        "compiled": COMPILED,
        "most_stream_bytes": MOST_STREAM_BYTES,
        "titles": {each.name: each.title for each in contenders},
        "cpu_us": {name: [run.cpu_us for run in runs] for name, runs in compared.items()},
        "per_s": {name: [per_s(run) for run in runs] for name, runs in compared.items()},
        "wide": [
            {
                "concurrency": concurrency,
                "cpu_us": [run.cpu_us for run in runs],
                "per_s": [per_s(run) for run in runs],
                "core": [round(run.cpu_s / run.wall_s, 2) for run in runs],
                "bare_per_s": [per_s(run) for run in widened.get(BARE, {}).get(concurrency, [])],
            }
            for concurrency, runs in widened.get(SENNIT, {}).items()
        ],
    }


def per_s(run: Run) -> int:
    return round(run.requests / run.wall_s)


def arguments() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--parts", type=names, default=["peers", "wide", "stream"], help="peers,wide,stream; all")
    parser.add_argument("--peers", default="all", help="all (default), quick, none, or names with commas")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each client (default: 5)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a turn (default: 2)")
    parser.add_argument("--warm", type=float, default=1, help="seconds before the first turn (default: 1)")
    parser.add_argument("--octets", type=int, default=2**30, help="to stream (default: 1 GiB)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
