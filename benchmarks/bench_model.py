"""CPU time of the model layer per operation, beside other data layers and the bare driver, in one run.

    make bench-model
    make bench-model ARGS="--engines sqlite --peers django,tortoise --operations get,list --rounds 9 --seconds 1"

A table of 10 000 rows and five columns, on SQLite and on PostgreSQL, durable as in production. Each layer does one operation after
the other for some seconds: a row by its key, a list of 20, a read of 1 000 rows, an insert, an update, writes each in a transaction
of their own. The layers take turns, pinned to one core, the database server to another; user and system time of the
layer's whole process is read from /proc before and after and divided by its operations. Each layer is set up as its
documents say: models/ has a file for each.

PostgreSQL is the one at SENNIT_BENCH_POSTGRESQL (default postgresql://postgres@127.0.0.1:5432); the database `sennit_bench` in it
is made anew. Without one, SQLite alone is measured.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench_http import SENNIT, Run
from build import HERE, Build, choose_build
from cores import Cores, choose_cores
from dialogue import Dialogue, talking_to
from model_table import model_table
from peers import MODEL_PEERS, Peer, choose_peers, install_peers
from process_tree import cpu_seconds
from results import keep
from serving import Failed

MODELS = HERE / "models"
OPERATIONS = {
    "get": "get by key",
    "list": "list of 20",
    "many": "read 1 000 rows",
    "insert": "insert",
    "update": "read and update",
}
POSTGRESQL = "postgresql://postgres@127.0.0.1:5432"
DATABASE = "sennit_bench"


@dataclass(frozen=True)
class Layer:
    """One data layer on one engine."""

    name: str
    title: str
    command: list[str]
    environment: dict[str, str]


class Bench:
    def __init__(self, options: argparse.Namespace, cores: Cores) -> None:
        self.options = options
        self.cores = cores

    def compare(self, engine: str, layers: list[Layer]) -> dict[str, dict[str, list[Run]]]:
        """By operation and layer, a run for each round."""
        with ExitStack() as stack:
            able = list(self._able(stack, layers))
            runs: dict[str, dict[str, list[Run]]] = {
                each: {layer.name: [] for layer, _ in able} for each in self.options.operations
            }
            for number in range(self.options.rounds):
                print(f"measuring {engine}, round {number + 1}", file=sys.stderr, flush=True)
                turn = number % len(able)
                for operation, of_layers in runs.items():
                    for layer, told in able[turn:] + able[:turn]:
                        of_layers[layer.name].append(timed(told, operation, self.options.seconds))
        return runs

    def _able(self, stack: ExitStack, layers: list[Layer]) -> Iterator[tuple[Layer, Dialogue]]:
        """Those that start and do every operation; warms them as well."""
        for layer in layers:
            try:
                told = stack.enter_context(
                    talking_to([*self.cores.client, *layer.command], layer.environment, str(MODELS))
                )
                for operation in self.options.operations:
                    timed(told, operation, self.options.warm)
            except Failed as error:
                print(f"left out: {layer.title}: {str(error)[-300:]}", file=sys.stderr)
                continue
            yield layer, told


def timed(told: Dialogue, operation: str, seconds: float) -> Run:
    """Raises Failed when the answer is no figure."""
    used, begun = cpu_seconds(told.pid), perf_counter()
    found = re.fullmatch(r"operations (\d+)", answer := told.ask(f"{operation} {seconds}"))
    if found is None:
        raise Failed(answer)
    return Run(int(found[1]), cpu_seconds(told.pid) - used, perf_counter() - begun)


def main() -> None:
    options = arguments()
    cores, build = choose_cores(), choose_build()
    python, peers = install_peers(build.python, choose_peers(options.peers, MODEL_PEERS))
    bench, engines = Bench(options, cores), {}
    for engine in options.engines:
        with database(engine, python) as url:
            if url:
                engines[engine] = bench.compare(engine, layers_on(engine, url, build, python, peers))
    record = recorded(options, build, engines)
    print(model_table(record))
    print(f"written to {keep('model', record)}")


@contextmanager
def database(engine: str, python: str) -> Iterator[str]:
    """Its URL, filled; empty where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        server = os.environ.get("SENNIT_BENCH_POSTGRESQL", POSTGRESQL)
        url = f"sqlite:///{Path(folder, 'bench.db')}" if engine == "sqlite" else f"{server}/{DATABASE}"
        done = subprocess.run([python, str(MODELS / "fill.py"), url], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"left out: {engine}: {done.stderr.strip()[-200:]}", file=sys.stderr)
        yield "" if done.returncode else url


def layers_on(engine: str, url: str, build: Build, python: str, peers: list[Peer]) -> list[Layer]:
    ours = Layer(SENNIT, "sennit", [build.python, "drive.py", "sennit", url], build.environment)
    return [ours, *(layer_of(peer, url, python) for peer in peers if engine in peer.name or "-" not in peer.name)]


def layer_of(peer: Peer, url: str, python: str) -> Layer:
    return Layer(peer.name, peer.title, [python, *(part.replace("{url}", url) for part in peer.command)], {})


def recorded(
    options: argparse.Namespace, build: Build, engines: dict[str, dict[str, dict[str, list[Run]]]]
) -> dict[str, object]:
    """Everything that the tables are made from."""
    return {
        "interpreter": build.interpreter,
        "is_compiled": build.is_compiled,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "titles": {SENNIT: "sennit"} | {peer.name: peer.title for peer in MODEL_PEERS},
        "operations": OPERATIONS,
        "engines": {
            engine: {
                operation: {name: [run.cpu_us for run in runs] for name, runs in of_layers.items()}
                for operation, of_layers in operations.items()
            }
            for engine, operations in engines.items()
        },
        "per_s": {
            engine: {
                operation: {
                    name: [round(run.requests / run.wall_s) for run in runs] for name, runs in of_layers.items()
                }
                for operation, of_layers in operations.items()
            }
            for engine, operations in engines.items()
        },
    }


def arguments() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--engines", type=names, default=["sqlite", "postgresql"], help="sqlite,postgresql; both")
    parser.add_argument("--operations", type=names, default=list(OPERATIONS), help="; ".join(OPERATIONS))
    parser.add_argument("--peers", default="all", help="all (default), quick, none, or names with commas")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each layer (default: 5)")
    parser.add_argument("--seconds", type=float, default=1, help="length of a turn (default: 1)")
    parser.add_argument("--warm", type=float, default=0.3, help="seconds of each operation before the first turn")
    return parser.parse_args()


if __name__ == "__main__":
    main()
