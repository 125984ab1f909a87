"""Memory of the server for each open connection that does nothing: 10 000 of them, before and after a first request.

    make bench-memory
    make bench-memory ARGS="--connections 2000 --peers quick"

The server's own memory is what its processes hold privately (Private_* in /proc/PID/smaps_rollup); what the kernel holds
for the sockets is not in it and is the same for every server. Clients come from several addresses of 127.0.0.0/8, so that
they do not run out of ports. At the end all connections are closed and opened once more: a second wave that needs more
than the first would be a leak.
"""

import argparse
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, sleep

from bench_http import sennit
from build import choose_build
from cores import choose_cores
from descriptors import allow_descriptors
from peers import APPS, choose_peers, install_peers
from process_tree import usage
from results import keep
from serving import Failed, Server, ask, free_port, running
from tables import memory_table
from work import GET

SETTLED_S = 20.0
ADDRESSES = 16
MOST_BYTES = 4096
"""The aim: memory of the server for one idle connection."""


@dataclass(frozen=True)
class Found:
    """Bytes for each connection: open and silent, after one request each, and what a second wave needs beyond the first."""

    title: str
    base: int
    silent: float
    asked: float
    second: float
    kept: float


def main() -> None:
    options = arguments()
    allow_descriptors(options.connections + 500)
    cores, build = choose_cores(), choose_build()
    python, peers = install_peers(build.python, choose_peers(options.peers))
    with ExitStack() as stack:
        found = [measure("sennit", stack.enter_context(sennit(build, cores)), options.connections)]
    for peer in peers:
        port = free_port()
        try:
            with running(peer.name, [*cores.server, *peer.command_for(python, port)], port, folder=str(APPS)) as server:
                found.append(measure(peer.title, server, options.connections))
        except Failed as error:
            print(f"left out: {str(error)[-300:]}", file=sys.stderr)
    record = {
        "interpreter": build.interpreter,
        "connections": options.connections,
        "most": MOST_BYTES,
        "servers": [vars(each) for each in found],
    }
    print(memory_table(record))
    print(f"written to {keep('memory', record)}")


def measure(title: str, server: Server, connections: int) -> Found:
    """Raises Failed when the server does not keep all of them open."""
    print(f"measuring {title}", file=sys.stderr, flush=True)
    for _ in range(100):  # what the first requests import and cache is not the price of a connection
        ask(server.port, GET)
    open_before = usage(server.pid).descriptors
    base = settled(server, open_before)
    with ExitStack() as first:
        clients = connect(first, server.port, connections)
        silent = settled(server, open_before + connections)
        for client in clients:
            exchange(client)
        asked = settled(server, open_before + connections)
    kept = settled(server, open_before)
    with ExitStack() as second:
        for client in connect(second, server.port, connections):
            exchange(client)
        again = settled(server, open_before + connections)
    each = 1 / connections
    return Found(
        title, base, (silent - base) * each, (asked - base) * each, (again - asked) * each, (kept - base) * each
    )


def connect(stack: ExitStack, port: int, count: int) -> list[socket.socket]:
    clients = []
    for number in range(count):
        client = stack.enter_context(socket.socket())
        client.bind((f"127.0.0.{2 + number % ADDRESSES}", 0))
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        clients.append(client)
    return clients


def exchange(client: socket.socket) -> None:
    client.sendall(GET)
    answer = client.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise Failed(f"no success on an idle connection: {answer[:100]!r}")


def settled(server: Server, descriptors: int) -> int:
    """The server's memory once it has as many descriptors open as it must. Raises Failed when it does not come to that."""
    until = monotonic() + SETTLED_S
    while abs((now := usage(server.pid)).descriptors - descriptors) > 5:
        if monotonic() > until:
            raise Failed(f"{server.name} has {now.descriptors} descriptors open, expected {descriptors}")
        sleep(0.1)
    sleep(0.5)
    return usage(server.pid).memory


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--connections", type=int, default=10_000, help="open at the same time (default: 10000)")
    parser.add_argument("--peers", default="none", help="none (default), quick, all, or names with commas")
    return parser.parse_args()


if __name__ == "__main__":
    main()
