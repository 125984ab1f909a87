"""Server CPU time per request for each row of work.py, beside a plain C responder and other servers, in one run.

    make bench                                        sennit, C, and the quickest peers
    make bench-all                                    every peer that can be installed
    make bench ARGS="--rows text,post --peers none --rounds 9 --seconds 1"

The CPU time of a server's whole process tree is read from /proc before and after each run of wrk and divided by the
requests that wrk counted; so the load generator's own speed does not enter. Servers are pinned to one core, wrk to
another. Each round measures every server once, in turning order, so that a machine that changes its pace changes it for
all; a ratio compares two figures of the same round. The C responder sends sennit's own answer, octet for octet.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from json import loads
from pathlib import Path
from time import perf_counter

from build import BUILD, HERE, Build, choose_build
from cores import Cores, choose_cores
from peers import APPS, Peer, choose_peers, install_peers
from process_tree import cpu_seconds
from results import keep
from serving import Failed, Server, ask, body_of, free_port, running
from tables import http_table
from work import ROWS, Row

C, SENNIT = "c", "sennit"


@dataclass(frozen=True)
class Run:
    """One run of wrk: requests answered, CPU seconds of the server, wall-clock seconds."""

    requests: int
    cpu_s: float
    wall_s: float

    @property
    def cpu_us(self) -> float | None:
        """Server CPU time per request, in microseconds; None when the run failed."""
        return round(1e6 * self.cpu_s / self.requests, 3) if self.requests else None


@dataclass(frozen=True)
class Contender:
    """`served` is its server for a row, `title` what the table calls it."""

    name: str
    title: str
    served: dict[str, Server]


class Bench:
    """The programs that every run needs, and what was found: by row and contender, a list of runs, one a round."""

    def __init__(self, options: argparse.Namespace, wrk: str, cores: Cores) -> None:
        self.options = options
        self.wrk = wrk
        self.cores = cores
        self.found: dict[str, dict[str, list[Run]]] = {}

    def measure(self, row: Row, contenders: list[Contender]) -> None:
        """All rounds of one row."""
        able = [each for each in contenders if self._can(row, each)]
        for each in able:
            self._load(row, each.served[row.name], 1)  # warms caches, wakes the clock
        runs: dict[str, list[Run]] = {each.name: [] for each in able}
        for number in range(self.options.rounds):
            for each in able[number % len(able) :] + able[: number % len(able)]:
                runs[each.name].append(self._load(row, each.served[row.name], self.options.seconds))
        self.found[row.name] = runs

    def _can(self, row: Row, contender: Contender) -> bool:
        """Whether it answers the row rightly: a fast error is no result. Ends the program when sennit does not."""
        try:
            check_answer(row, ask(contender.served[row.name].port, row.request))
        except (Failed, OSError) as error:
            if contender.name in (C, SENNIT):
                sys.exit(f"{contender.title}, row {row.name}: {error}")
            print(f"left out: {contender.title}, row {row.name}: {str(error)[:160]}", file=sys.stderr)
            return False
        return True

    def _load(self, row: Row, server: Server, seconds: float) -> Run:
        connections = self.options.connections or row.connections
        request = BUILD / f"{row.name}.request"
        url = f"http://127.0.0.1:{server.port}/"
        command = [*self.cores.client, self.wrk, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s"]
        command += ["-s", str(HERE / "raw_request.lua"), url, "--", str(request), str(row.pipelined)]
        begun, used = perf_counter(), cpu_seconds(server.pid)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        used, wall_s = cpu_seconds(server.pid) - used, perf_counter() - begun
        return self._run(server, done.stdout + done.stderr, used, wall_s)

    def _run(self, server: Server, said: str, cpu_s: float, wall_s: float) -> Run:
        requests = re.search(r"(\d+) requests in", said)
        if requests is None or int(requests[1]) == 0 or "Non-2xx" in said or "Socket errors" in said:
            problem = [line.strip() for line in said.splitlines() if "Non-2xx" in line or "errors" in line]
            if server.name in (C, SENNIT):
                sys.exit(f"{server.name} answered with errors:\n{said}")
            print(f"{server.name}: {' '.join(problem) or 'answered nothing'}", file=sys.stderr)
            return Run(0, cpu_s, wall_s)
        return Run(int(requests[1]), cpu_s, wall_s)


def check_answer(row: Row, answer: bytes) -> None:
    """Raises Failed when it is not the row's."""
    body = body_of(answer)
    try:
        same = body.decode() == row.answer if isinstance(row.answer, str) else loads(body) == row.answer
    except ValueError:
        same = False
    if not same:
        raise Failed(f"it answers {body[:80]!r}")


def main() -> None:
    options = arguments()
    rows = choose_rows(options.rows)
    wrk, cores, build = find_wrk(), choose_cores(), choose_build()
    python, peers = install_peers(build.python, choose_peers(options.peers))
    bench = Bench(options, wrk, cores)
    for row in rows:
        BUILD.mkdir(exist_ok=True)
        (BUILD / f"{row.name}.request").write_bytes(row.request)
    with ExitStack() as stack:
        contenders = list(start_all(stack, rows, build, cores, python, peers))
        for row in rows:
            print(f"measuring {row.name}", file=sys.stderr, flush=True)
            bench.measure(row, contenders)
    record = recorded(bench, rows, contenders, build)
    print(http_table(record))
    print(f"written to {keep('http', record)}")


def start_all(
    stack: ExitStack, rows: list[Row], build: Build, cores: Cores, python: str, peers: list[Peer]
) -> Iterator[Contender]:
    ours = stack.enter_context(sennit(build, cores))
    answers = {row.name: ask(ours.port, row.request) for row in rows}
    # One C responder for each row: each knows one answer.
    yield Contender(
        C, "C responder", {row.name: stack.enter_context(c_responder(row, answers[row.name], cores)) for row in rows}
    )
    yield Contender(SENNIT, "sennit", dict.fromkeys(answers, ours))
    for peer in peers:
        port = free_port()
        command = [*cores.server, *peer.command_for(python, port)]
        try:
            server = stack.enter_context(running(peer.name, command, port, folder=str(APPS)))
        except Failed as error:
            print(f"left out: {str(error)[-300:]}", file=sys.stderr)
            continue
        yield Contender(peer.name, peer.title, dict.fromkeys(answers, server))


@contextmanager
def sennit(build: Build, cores: Cores, program: Path = HERE / "served.py") -> Iterator[Server]:
    """`sennit serve`, production, one worker, as a user starts it; the access log off."""
    port = free_port()
    command = [*cores.server, *sennit_command(build, program, port)]
    with running(SENNIT, command, port, build.environment) as server:
        yield server


def sennit_command(build: Build, program: Path, port: int) -> list[str]:
    serve = [build.python, "-m", "sennit", "serve"]
    environment = {**os.environ, **build.environment}
    known = subprocess.run([*serve, "--help"], env=environment, capture_output=True, text=True, check=True).stdout
    wanted = [("--workers", "1"), ("--access-log", "off")]
    chosen = [part for option in wanted if option[0] in known for part in option]
    return [*serve, str(program), "--host", "127.0.0.1", "--port", str(port), *chosen]


@contextmanager
def c_responder(row: Row, answer: bytes, cores: Cores) -> Iterator[Server]:
    """Compiled anew when its source is newer; answers with the recorded answer."""
    program, recording = compiled("c_responder"), BUILD / f"{row.name}.answer"
    recording.write_bytes(answer)
    port = free_port()
    command = [*cores.server, str(program), str(port), str(recording), str(row.body_bytes)]
    with running(C, command, port) as server:
        yield server


def compiled(name: str) -> Path:
    source, program = HERE / f"{name}.c", BUILD / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", program, source], check=True)
    return program


def find_wrk() -> str:
    """The load generator; installed where that is possible, else the program ends with the way out."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing wrk, the load generator", file=sys.stderr, flush=True)
        for step in (["update"], ["install", "-y", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", "-q", *step], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return shutil.which("wrk") or sys.exit("wrk, the load generator, is missing. Run: sudo apt-get install wrk")


def choose_rows(names: str) -> list[Row]:
    known = {row.name: row for row in ROWS}
    if unknown := [name for name in names.split(",") if name not in known]:
        sys.exit(f"there is no row {', '.join(unknown)}; the rows are {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def recorded(bench: Bench, rows: list[Row], contenders: list[Contender], build: Build) -> dict[str, object]:
    """Everything that the table is made from."""
    return {
        "interpreter": build.interpreter,
        "is_compiled": build.is_compiled,
        "rounds": bench.options.rounds,
        "seconds": bench.options.seconds,
        "titles": {each.name: each.title for each in contenders},
        "rows": [
            {
                "name": row.name,
                "title": row.title,
                "connections": bench.options.connections or row.connections,
                "most": row.most,
                "peers_least": row.peers_least,
                "cpu_us": {name: [run.cpu_us for run in runs] for name, runs in found.items()},
                "per_s": {name: [round(run.requests / run.wall_s) for run in runs] for name, runs in found.items()},
            }
            for row in rows
            if (found := bench.found[row.name])
        ],
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", default=",".join(row.name for row in ROWS), help="of work.py, with commas; all")
    parser.add_argument("--peers", default="quick", help="quick (default), all, none, or names with commas")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server in each row (default: 5)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a run (default: 2)")
    parser.add_argument(
        "--connections", type=int, help="open connections in every row, instead of the row's own number"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
