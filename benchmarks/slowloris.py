"""What 2 000 clients that hold the server up cost the others: their waiting, before and during.

    make slowloris
    make slowloris ARGS="--slow 500 --windows 3"

Sixteen well-behaved keep-alive clients ask for a small page, 200 times a second in all, whatever the answers take (a request
that has to wait for the one before counts from when it was due). Quiet windows and windows with `slow_clients` (heads, bodies
and readings in drips, and silence) take turns; the figures are the medians of their windows. Within the attack the server
has begun to run into its time-outs, so that it also pays for ending slow connections and accepting new ones. Run as root it
gives server and well-behaved clients real-time priority: then other programs on the machine do not enter the figures.
"""

import argparse
import gc
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles
from time import perf_counter, sleep

from bench_http import compiled, sennit_command
from build import BUILD, HERE, choose_build
from cores import Cores, choose_cores, go_first
from descriptors import allow_descriptors
from process_tree import cpu_seconds, tree, usage
from results import keep
from serving import Failed, Server, free_port, running
from tables import slowloris_table
from work import GET

CLIENTS = 16
PER_S = 200
MOST = 3.0
"""The aim: the others' p99 during the attack is below so many times that of the quiet windows."""
GATHER_S = 12.0
"""From the first slow connection to the first measured request: longer than the time-out of a head."""
SPIN_S = 0.0003
"""Before a request is due the client stops sleeping, because the kernel wakes it late."""

Window = dict[str, float]


def main() -> None:
    options = arguments()
    allow_descriptors(options.slow + 500)
    cores, build = choose_cores(), choose_build()
    (BUILD / "download.bin").write_bytes(bytes(range(256)) * 4096)
    attacker = compiled("slow_clients")
    port = free_port()
    command = [*cores.server, *sennit_command(build, HERE / "soaked.py", port)]
    quiet, attacked, said = [], [], []
    with running("sennit", command, port, build.environment) as server:
        cores.join_client()
        gc.disable()
        is_first = sum(map(go_first, [*tree(server.pid), 0])) > 1
        window(server, 2)
        for number in range(options.windows):
            quiet.append(shown("quiet", number, window(server, options.seconds)))
            with attack(str(attacker), server, options.slow, cores, said):
                attacked.append(shown("attacked", number, window(server, options.seconds)))
            let_go(server)
    record = {
        "interpreter": build.interpreter,
        "slow": options.slow,
        "clients": CLIENTS,
        "per_s": PER_S,
        "seconds": options.seconds,
        "most": MOST,
        "is_first": is_first,
        "quiet": quiet,
        "attacked": attacked,
        "said": said,
    }
    print(slowloris_table(record))
    print(f"written to {keep('slowloris', record)}")


def shown(what: str, number: int, found: Window) -> Window:
    print(
        f"{what:<9} window {number + 1}: p50 {found['p50_ms']:.2f} ms, p99 {found['p99_ms']:.2f} ms, "
        f"server {found['cpu']:.0%} of a core, {found['descriptors']:.0f} descriptors",
        file=sys.stderr,
        flush=True,
    )
    return found


def window(server: Server, seconds: float) -> Window:
    """Latencies of well-behaved clients at a fixed rate, in milliseconds."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(server.port)) for _ in range(CLIENTS)]
        begun, used = perf_counter(), cpu_seconds(server.pid)
        waits = sorted(
            ask_at(begun + number / PER_S, clients[number % CLIENTS]) for number in range(int(seconds * PER_S))
        )
        cpu = (cpu_seconds(server.pid) - used) / (perf_counter() - begun)
        descriptors = usage(server.pid).descriptors
    cuts = quantiles(waits, n=100)
    return {
        "p50_ms": 1e3 * median(waits),
        "p99_ms": 1e3 * cuts[98],
        "max_ms": 1e3 * waits[-1],
        "cpu": cpu,
        "descriptors": descriptors,
    }


def connected(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), 10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def ask_at(due: float, client: socket.socket) -> float:
    """Seconds from when the request was due to its answer."""
    if (ahead := due - perf_counter()) > SPIN_S:
        sleep(ahead - SPIN_S)
    while perf_counter() < due:
        pass
    client.sendall(GET)
    answer = client.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise Failed(f"a well-behaved client was answered {answer[:80]!r}")
    return perf_counter() - due


@contextmanager
def attack(program: str, server: Server, slow: int, cores: Cores, said: list[str]) -> Iterator[None]:
    """Slow clients for the time of the block, begun long enough before it."""
    command = [*cores.client, program, str(server.port), str(slow)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            sleep(GATHER_S)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
        said.append(process.stdout.read().strip())
        if int(re.match(r"(\d*)", said[-1])[1] or 0) < slow * 0.9:
            print(f"not all slow clients were there: {said[-1]}", file=sys.stderr)


def let_go(server: Server) -> None:
    """The server has closed what the attack left."""
    for _ in range(300):
        if usage(server.pid).descriptors < 100:
            return
        sleep(0.1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--slow", type=int, default=2000, help="slow connections (default: 2000)")
    parser.add_argument("--windows", type=int, default=5, help="quiet and attacked windows each (default: 5)")
    parser.add_argument("--seconds", type=float, default=10, help="length of a window (default: 10)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
