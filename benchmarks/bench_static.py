"""Bytes sent per CPU second for static files of 4 KiB, 64 KiB and 1 MiB, beside nginx on the same machine.

    make bench-static                                     five rounds of three seconds, 32 connections
    make bench-static ARGS="--rounds 3 --seconds 1"

nginx runs as one process with sendfile on and nothing logged; sennit as `sennit serve` with one static folder. CPU time is that
of the whole server process tree. Servers are pinned to core 0, wrk to core 1, rounds are
interleaved; what counts is the ratio. The results are also written to benchmarks/results/.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_http import find_wrk, sennit_command
from build import Build, choose_build
from cores import choose_cores
from process_tree import cpu_seconds
from results import keep
from serving import Server, free_port, running

SIZES = {"4 KiB": 4 * 1024, "64 KiB": 64 * 1024, "1 MiB": 1024 * 1024}
TARGET = {"1 MiB": 0.8}
SETTLED_S = 2.5
"""Files younger than this are not kept in memory by sennit."""

NGINX = """
daemon off; master_process off; pid {work}/nginx.pid; error_log stderr error; worker_rlimit_nofile 4096;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; types {{ application/octet-stream bin; }}
  client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c; uwsgi_temp_path {work}/d;
  scgi_temp_path {work}/e;
  server {{ listen 127.0.0.1:{port}; location /static/ {{ root {work}; }} }}
}}
"""
APP = 'from sennit import App\n\napp = App(secret="x" * 64, static={"/static": "static"})\n'


@dataclass(frozen=True)
class Run:
    """One run of wrk: answers, CPU seconds of the server, wall-clock seconds."""

    requests: int
    cpu_s: float
    wall_s: float


def main() -> None:
    options = arguments()
    wrk, cores, build = find_wrk(), choose_cores(), choose_build()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_files(work)
        servers = [
            stack.enter_context(nginx(cores.server, work)),
            stack.enter_context(sennit(build, cores.server, work)),
        ]
        time.sleep(SETTLED_S)
        runs: dict[tuple[str, str], list[Run]] = {(s.name, size): [] for size in SIZES for s in servers}
        for number in range(-1, options.rounds):  # round -1 warms caches and wakes the clock
            for size in SIZES:
                for server in servers if number % 2 == 0 else reversed(servers):
                    run = load(
                        wrk, cores.client, server, size, options.seconds if number >= 0 else 1, options.connections
                    )
                    if number >= 0:
                        runs[server.name, size].append(run)
    report(runs, options, build)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each server and size (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a run (default: 3)")
    parser.add_argument("--connections", type=int, default=32, help="open connections (default: 32)")
    return parser.parse_args()


def make_files(work: Path) -> None:
    (work / "static").mkdir()
    (work / "app.py").write_text(APP, "utf-8")
    for name, size in SIZES.items():
        (work / "static" / file_name(name)).write_bytes(os.urandom(size))


def file_name(size: str) -> str:
    return size.replace(" ", "").lower() + ".bin"


@contextmanager
def nginx(pin: list[str], work: Path) -> Iterator[Server]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing nginx-light", flush=True)
        for step in (["update"], ["install", "-y", "--no-install-recommends", "nginx-light"]):
            subprocess.run(["apt-get", "-q", *step], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        program = shutil.which("nginx", path="/usr/sbin")
    if program is None:
        sys.exit("nginx is missing. Run: sudo apt-get install nginx-light")
    port = free_port()
    configuration = work / "nginx.conf"
    configuration.write_text(NGINX.format(work=work, port=port), "utf-8")
    with running("nginx", [*pin, program, "-c", str(configuration), "-p", str(work)], port) as server:
        yield server


@contextmanager
def sennit(build: Build, pin: list[str], work: Path) -> Iterator[Server]:
    port = free_port()
    command = [*pin, *sennit_command(build, work / "app.py", port)]
    with running("sennit", command, port, build.environment) as server:
        yield server


def load(wrk: str, pin: list[str], server: Server, size: str, seconds: int, connections: int) -> Run:
    """One run of wrk. Any answer but a success ends the program: a fast error is no result."""
    url = f"http://127.0.0.1:{server.port}/static/{file_name(size)}"
    command = [*pin, wrk, "-t1", f"-c{connections}", f"-d{seconds}s", url]
    begun, used = time.perf_counter(), cpu_seconds(server.pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used, wall_s = cpu_seconds(server.pid) - used, time.perf_counter() - begun
    requests = re.search(r"(\d+) requests in", done)
    if requests is None or int(requests[1]) == 0 or "Non-2xx" in done or "Socket errors" in done:
        sys.exit(f"{server.name} answered with errors:\n{done}")
    return Run(int(requests[1]), used, wall_s)


def report(runs: dict[tuple[str, str], list[Run]], options: argparse.Namespace, build: Build) -> None:
    print(f"\nstatic files on {build.interpreter}")
    print(f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections\n")
    print(f"{'':<10}{'nginx':>18}{'sennit':>18}{'nginx':>20}{'sennit':>20}{'ratio':>8}")
    ratios = {}
    for size, octets in SIZES.items():
        cost = {name: statistics.median(run.cpu_s / run.requests for run in runs[name, size]) for name in names(runs)}
        rate = {name: octets / cost[name] / 2**20 for name in cost}
        ratios[size] = rate["sennit"] / rate["nginx"]
        micro = "".join(f"{1e6 * cost[name]:>11.1f} µs CPU" for name in cost)
        mega = "".join(f"{rate[name]:>12,.0f} MiB/CPU s" for name in rate)
        aim = f"   target {TARGET[size]}" if size in TARGET else ""
        print(f"{size:<10}{micro}{mega}{ratios[size]:>8.2f}{aim}")
    print(f"written to {keep('static', record(runs, ratios, options, build))}")


def names(runs: dict[tuple[str, str], list[Run]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in runs))


def record(
    runs: dict[tuple[str, str], list[Run]], ratios: dict[str, float], options: argparse.Namespace, build: Build
) -> dict[str, object]:
    costs = {
        f"{name}, {size}": [round(1e6 * run.cpu_s / run.requests, 2) for run in each]
        for (name, size), each in runs.items()
    }
    return {"interpreter": build.interpreter, **vars(options), "ratio": ratios, "cpu_us": costs}


if __name__ == "__main__":
    main()
