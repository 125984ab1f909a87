"""Server CPU time per request for `GET /` of examples/hello.py, beside a plain C responder on the same machine.

    make bench                                   five rounds of three seconds, 32 connections
    make bench ARGS="--rounds 3 --seconds 1"

CPU time of the whole server process (all threads, and children that have ended) is read from /proc before and after each
run of wrk and divided by the requests that wrk counted; so the load generator's own speed does not enter. Servers are
pinned to core 0, wrk to core 1, and rounds are interleaved, so that a machine that changes its pace changes it for both.
What counts is the ratio. The results are also written to benchmarks/results/.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from time import perf_counter

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = HERE / "build"
RESULTS = HERE / "results"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server: the name it is listed under, its process and its port on loopback."""

    name: str
    pid: int
    port: int


@dataclass(frozen=True)
class Run:
    """One run of wrk: requests answered, CPU seconds of the server, wall-clock seconds."""

    requests: int
    cpu_s: float
    wall_s: float

    @property
    def cpu_us(self) -> float:
        """Server CPU time per request, in microseconds."""
        return 1e6 * self.cpu_s / self.requests


def main() -> None:
    options = arguments()
    wrk = find_wrk()
    pin = pinning()
    with ExitStack() as stack:
        servers = [stack.enter_context(c_responder(pin(0))), stack.enter_context(sennit_hello(pin(0)))]
        for server in servers:
            load(wrk, pin(1), server, 1, options.connections)  # warms caches, wakes the clock
        runs: dict[str, list[Run]] = {server.name: [] for server in servers}
        for number in range(options.rounds):
            for server in servers if number % 2 == 0 else reversed(servers):
                runs[server.name].append(load(wrk, pin(1), server, options.seconds, options.connections))
    report(runs, options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a run (default: 3)")
    parser.add_argument("--connections", type=int, default=32, help="open connections (default: 32)")
    return parser.parse_args()


def find_wrk() -> str:
    """The load generator; installed where that is possible, else the program ends with the way out."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing wrk, the load generator", flush=True)
        for step in (["update"], ["install", "-y", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", "-q", *step], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return shutil.which("wrk") or sys.exit("wrk, the load generator, is missing. Run: sudo apt-get install wrk")


def pinning() -> Callable[[int], list[str]]:
    """What to put before a command so that it stays on a core; nothing where cores cannot be chosen."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2 or shutil.which("taskset") is None:
        print("not pinned to cores: the figures will scatter")
        return lambda core: []
    return lambda core: ["taskset", "-c", str(cores[core])]


@contextmanager
def c_responder(pin: list[str]) -> Iterator[Server]:
    """Compiled anew when its source is newer."""
    source, program = HERE / "c_responder.c", BUILD / "c_responder"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", program, source], check=True)
    with running("C responder", [*pin, str(program)], r"(\d+)") as server:
        yield server


@contextmanager
def sennit_hello(pin: list[str]) -> Iterator[Server]:
    """`sennit serve examples/hello.py`: production, as a user starts it."""
    command = [sys.executable, "-m", "sennit", "serve", str(ROOT / "examples" / "hello.py"), "--host", "127.0.0.1"]
    command += ["--access-log", "off"]
    with running("sennit hello.py", [*pin, *command, "--port", "0"], r"http://127\.0\.0\.1:(\d+)") as server:
        yield server


@contextmanager
def running(name: str, command: list[str], port: str) -> Iterator[Server]:
    """Starts a server, reads its port from what it prints, and stops it in the end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1", "SENNIT_SECRET": "x" * 64}
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        ) as process,
    ):
        too_late = Timer(30, process.kill)
        too_late.start()
        try:
            for line in process.stdout or ():
                complaints.write(line)
                if found := re.search(port, line):
                    too_late.cancel()
                    yield Server(name, process.pid, int(found[1]))
                    return
            complaints.seek(0)
            sys.exit(f"{name} did not start:\n{complaints.read()}")
        finally:
            too_late.cancel()
            process.send_signal(signal.SIGTERM)


def load(wrk: str, pin: list[str], server: Server, seconds: int, connections: int) -> Run:
    """One run of wrk. Any answer but a success ends the program: a fast error is no result."""
    url = f"http://127.0.0.1:{server.port}/"
    command = [*pin, wrk, "-t1", f"-c{connections}", f"-d{seconds}s", url]
    begun, used = perf_counter(), cpu_seconds(server.pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used, wall_s = cpu_seconds(server.pid) - used, perf_counter() - begun
    requests = re.search(r"(\d+) requests in", done)
    if requests is None or int(requests[1]) == 0 or "Non-2xx" in done or "Socket errors" in done:
        sys.exit(f"{server.name} answered with errors:\n{done}")
    return Run(int(requests[1]), used, wall_s)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads, and its children that have ended (proc(5), fields 14 to 17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * TICK_S


def interpreter() -> str:
    """Version and kind of build: profile-guided optimisation makes interpreted code up to twice as fast."""
    configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
    # Debian's packages are built with PGO by their own rules, which leave no --enable-optimizations behind.
    distribution = "x86_64-linux-gnu-gcc" in configured or "--with-dbmliborder" in configured
    kind = "PGO" if "--enable-optimizations" in configured else "PGO by the distribution" if distribution else "not PGO"
    return f"{platform.python_implementation()} {platform.python_version()} ({kind})"


def compiled_twins() -> str:
    sys.path.insert(0, str(ROOT / "src"))
    from sennit.protocols import http1

    return "compiled" if http1.parse_request_head.__module__.endswith("._request_head") else "plain Python"


def report(runs: dict[str, list[Run]], options: argparse.Namespace) -> None:
    """Prints medians, spread and the ratio, and keeps everything in benchmarks/results/."""
    medians = {name: statistics.median(run.cpu_us for run in each) for name, each in runs.items()}
    base, ours = medians.values()
    print(f"\nGET / on {interpreter()}, request head parser: {compiled_twins()}")
    print(f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections\n")
    print(f"{'':<18}{'CPU per request':>17}{'lowest':>9}{'highest':>9}{'requests/s':>13}")
    for name, each in runs.items():
        costs = [run.cpu_us for run in each]
        rate = statistics.median(run.requests / run.wall_s for run in each)
        print(f"{name:<18}{medians[name]:>14.2f} µs{min(costs):>9.2f}{max(costs):>9.2f}{rate:>13,.0f}")
    print(
        f"\nratio: {ours / base:.2f} times the CPU time of the C responder, {1000 * (ours - base):,.0f} ns more a request"
    )
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"http-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(record(runs, options, ours / base), indent=2) + "\n", "utf-8")
    print(f"written to {path.relative_to(ROOT)}")


def record(runs: dict[str, list[Run]], options: argparse.Namespace, ratio: float) -> dict[str, object]:
    costs = {name: [round(run.cpu_us, 3) for run in each] for name, each in runs.items()}
    return {"interpreter": interpreter(), "parser": compiled_twins(), **vars(options), "ratio": ratio, "cpu_us": costs}


if __name__ == "__main__":
    main()
