"""CPU time of the synchronous client per request, beside other clients, in one run: one thread, then sixteen that share it.

    make bench-client                       (after the asynchronous one)
    .venv/bin/python benchmarks/bench_sync_client.py --peers requests --rounds 5

As bench_client.py: the C responder on one core, the clients in turn on another, user and system time of the client's whole
process, every body compared. The programs are in clients/: drive_sync.py and one file a library.
"""

import argparse
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench_client import Bench, Contender, c_program, per_s, timed
from bench_http import SENNIT, Run
from build import Build, choose_build
from cores import choose_cores
from peers import REPLACES_URLLIB3, SYNC_CLIENT_PEERS, Peer, choose_peers, install_peers
from results import keep
from tables import Record, grid, ratios_of

THREADS = (1, 16)


def main() -> None:
    options = arguments()
    build = choose_build()
    bench, contenders = Bench(options, choose_cores()), choose_contenders(options.peers, build)
    record = {
        "interpreter": build.interpreter,
        "is_compiled": build.is_compiled,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "titles": {each.name: each.title for each in contenders},
        "rows": compare(bench, contenders),
    }
    print(sync_client_table(record))
    print(f"written to {keep('sync-client', record)}")


def choose_contenders(names: str, build: Build) -> list[Contender]:
    own = Peer(SENNIT, "sennit", (), ("drive_sync.py", "sennit", "{port}"))
    contenders = [Contender(own.name, own.title, partial(own.command_for, build.python), build.environment)]
    peers = choose_peers(names, SYNC_CLIENT_PEERS)
    for environment, belong in (
        ("peers", [peer for peer in peers if peer.name == REPLACES_URLLIB3]),
        ("peers-sync", [peer for peer in peers if peer.name != REPLACES_URLLIB3]),
    ):
        python, installed = install_peers(build.python, belong, environment)
        contenders += [Contender(each.name, each.title, partial(each.command_for, python), {}) for each in installed]
    return contenders


def compare(bench: Bench, contenders: list[Contender]) -> list[Record]:
    """Rounds interleaved, all clients of a row open at the same time."""
    runs: dict[int, dict[str, list[Run]]] = {threads: {each.name: [] for each in contenders} for threads in THREADS}
    with c_program("c_responder", bench.cores) as server, ExitStack() as stack:
        clients = [(each, stack.enter_context(bench.client(each, server))) for each in contenders]
        for _, client in clients:
            timed(client, max(THREADS), bench.options.warm)
        for number in range(bench.options.rounds):
            turn = number % len(clients)
            for each, client in clients[turn:] + clients[:turn]:
                for threads in THREADS:
                    runs[threads][each.name].append(timed(client, threads, bench.options.seconds))
    return [
        {
            "threads": threads,
            "cpu_us": {name: [run.cpu_us for run in found] for name, found in by_name.items()},
            "per_s": {name: [per_s(run) for run in found] for name, found in by_name.items()},
        }
        for threads, by_name in runs.items()
    ]


def sync_client_table(record: Record) -> str:
    twins = "compiled" if record["is_compiled"] else "plain Python twins"
    head = f"{record['interpreter']}, {twins}; {record['rounds']} rounds of {record['seconds']:g} s"
    parts = [f"{head}; CPU of the client (user and system) per request, 13 octets each, medians."]
    parts += [f"{_count(row['threads'])}:\n\n{_table(row, record['titles'])}" for row in record["rows"]]
    return "\n\n".join(parts)


def _count(threads: int) -> str:
    return "One thread" if threads == 1 else f"{threads} threads that share one client"


def _table(row: Record, titles: dict[str, str]) -> str:
    costs = row["cpu_us"]
    lines = [
        [
            titles[name],
            f"{median(costs[name]):.0f}",
            f"{median(row['per_s'][name]):,.0f}",
            "" if name == SENNIT else f"{median(ratios_of(costs[name], costs[SENNIT])):.2f}",
        ]
        for name in sorted(costs, key=lambda name: median(costs[name]))
    ]
    return grid(["", "CPU µs", "requests/s", "times sennit"], lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peers", default="all", help="all (default), none, or names with commas")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each client (default: 3)")
    parser.add_argument("--seconds", type=float, default=1, help="length of a turn (default: 1)")
    parser.add_argument("--warm", type=float, default=0.5, help="seconds before the first turn (default: 0.5)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
