"""Reloads and killed workers under load: how many requests fail?

Starts `sennit serve` on a program of its own, keeps keep-alive clients asking, changes the program and reloads it, kills workers
with SIGKILL, counts every request, prints a table. Exit status 1 when a request failed that no killed worker had in hand.

    python benchmarks/reload_under_load.py [--seconds 60] [--reloads 10] [--kills 5] [--clients 64] [--workers 2]
"""

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = """
import os
from sennit import App, Response

app = App(secret="only for this measurement")
HEADERS = {"x-worker": str(os.getpid()), "x-version": "VERSION"}

@app.get("/")
async def index():
    return Response("hello", headers=HEADERS)
"""
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
ANSWER_S = 20.0
"""A request that has no answer by then has failed."""
KILLED_S = 2.0
"""A connection that never had an answer names no worker: it counts as a killed worker's for so long after the kill."""


@dataclass
class Count:
    """What the clients have seen."""

    answers: int = 0
    reconnects: int = 0
    failed: list[str] = field(default_factory=list)
    lost_in_kill: int = 0
    closed_idle: int = 0
    """Connections of living workers, closed when nothing was asked: harmless, but the client might just have begun to ask."""
    latencies: list[float] = field(default_factory=list)
    versions: Counter[int] = field(default_factory=Counter)
    kills: dict[int, float] = field(default_factory=dict)

    def answered(self, worker: int, version: int, seconds: float) -> None:
        self.answers += 1
        self.latencies.append(seconds)
        self.versions[version] += 1

    def broke(self, worker: int, error: Exception) -> None:
        """A request was sent and no whole answer came."""
        now = time.monotonic()
        if worker in self.kills or (not worker and any(now - at < KILLED_S for at in self.kills.values())):
            self.lost_in_kill += 1
        else:
            self.failed.append(f"worker {worker or 'unknown'}: {type(error).__name__} {error}")


class Client:
    """Asks again and again on one connection, until told to close it."""

    def __init__(self, port: int, count: Count, ending: asyncio.Event) -> None:
        self._port = port
        self._count = count
        self._ending = ending

    async def run(self) -> None:
        while not self._ending.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError as error:
                self._count.broke(-1, error)
                await asyncio.sleep(0.05)
                continue
            try:
                await self._ask_on(reader, writer)
            finally:
                writer.transport.abort()
            self._count.reconnects += 1

    async def _ask_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        worker = 0
        while not self._ending.is_set():
            if reader.at_eof():
                self._count.closed_idle += worker not in self._count.kills
                return
            begun = time.monotonic()
            try:
                writer.write(REQUEST)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_S)
                fields = _fields(head)
                await reader.readexactly(int(fields[b"content-length"]))
            except (OSError, EOFError, TimeoutError) as error:
                self._count.broke(worker, error)
                return
            if not head.startswith(b"HTTP/1.1 200 "):
                self._count.failed.append(head.split(b"\r\n")[0].decode())
                return
            worker = int(fields[b"x-worker"])
            self._count.answered(worker, int(fields[b"x-version"]), time.monotonic() - begun)
            if fields.get(b"connection") == b"close":
                return
            await asyncio.sleep(random.expovariate(1 / 0.004))  # an idle moment, in which a reload may fall


def _fields(head: bytes) -> dict[bytes, bytes]:
    return {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])}


class Served:
    """`sennit serve` on a program in a temporary folder."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._workers = workers
        self.version = 0
        self.log: list[str] = []

    async def start(self) -> int:
        """The port."""
        self.change()
        command = [sys.executable, "-m", "sennit", "serve", str(self._folder / "program.py"), "--access-log", "off"]
        options = ["--host", "127.0.0.1", "--port", "0", "--workers", str(self._workers), "--drain", "10"]
        self.process = await asyncio.create_subprocess_exec(
            *command, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        self._reading = asyncio.create_task(self._read())
        await self.said(rf"serving with {self._workers}")
        return int(re.findall(r"http://127\.0\.0\.1:(\d+)", "\n".join(self.log))[0])

    async def said(self, pattern: str, after: int = 0) -> None:
        while not any(re.search(pattern, line) for line in self.log[after:]):
            if self._reading.done():
                raise SystemExit("the server ended:\n" + "\n".join(self.log))
            await asyncio.sleep(0.01)

    def change(self) -> None:
        self.version += 1
        (self._folder / "program.py").write_text(PROGRAM.replace("VERSION", str(self.version)), "utf-8")

    async def reload(self) -> float:
        """Seconds until the new workers serve."""
        self.change()
        begun, lines = time.monotonic(), len(self.log)
        self.process.send_signal(signal.SIGHUP)
        await self.said("serving with", lines)
        return time.monotonic() - begun

    def serving(self) -> list[int]:
        """Workers that serve now, by the log: those of the last generation and those that came later, but the dead."""
        start = max(number for number, line in enumerate(self.log) if "serving with" in line)
        pids = [int(pid) for pid in self.log[start].rpartition(": ")[2].split(", ")]
        for line in self.log[start:]:
            if told := re.search(r"worker (\d+) (is ready|has ended|was ended|ended)", line):
                pid = int(told[1])
                pids = [*pids, pid] if told[2] == "is ready" else [each for each in pids if each != pid]
        return pids

    async def stop(self) -> int:
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log.append(line.decode().rstrip())


async def disturb(served: Served, count: Count, options: argparse.Namespace) -> list[float]:
    """Reloads and kills, mixed, spread evenly over the time. Gives the seconds that each reload took."""
    deeds = ["reload"] * options.reloads + ["kill"] * options.kills
    random.shuffle(deeds)
    took: list[float] = []
    begun = time.monotonic()
    for number, deed in enumerate(deeds, 1):
        await asyncio.sleep(max(0.0, begun + number * options.seconds / (len(deeds) + 1) - time.monotonic()))
        if deed == "reload":
            took.append(await served.reload())
        elif serving := [pid for pid in served.serving() if pid not in count.kills]:
            victim = random.choice(serving)
            count.kills[victim] = time.monotonic()
            os.kill(victim, signal.SIGKILL)
    await asyncio.sleep(max(0.5, begun + options.seconds - time.monotonic()))
    return took


async def ask_and_disturb(port: int, served: Served, count: Count, options: argparse.Namespace) -> list[float]:
    ending = asyncio.Event()
    clients = [asyncio.create_task(Client(port, count, ending).run()) for _ in range(options.clients)]
    took = await disturb(served, count, options)
    ending.set()
    await asyncio.gather(*clients)
    return took


async def measure(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        served, count = Served(Path(folder), options.workers), Count()
        port = await served.start()
        begun = time.monotonic()
        try:
            took = await ask_and_disturb(port, served, count, options)
        finally:
            seconds = time.monotonic() - begun
            status = await served.stop()
    is_new = max(count.versions) == served.version
    report(count, took, seconds, options, status=status, is_new=is_new)
    if count.failed or status or not is_new:
        print("\n".join(["", *count.failed[:20], "", *served.log]), file=sys.stderr)
        return 1
    return 0


def report(
    count: Count, took: list[float], seconds: float, options: argparse.Namespace, *, status: int, is_new: bool
) -> None:
    latencies = sorted(count.latencies)
    rows = [
        ("seconds, clients, workers", f"{seconds:.1f}, {options.clients}, {options.workers}"),
        ("requests answered", f"{count.answers} ({count.answers / seconds:.0f}/s)"),
        ("reloads (SIGHUP)", f"{len(took)}, new workers after {max(took, default=0):.2f} s at most"),
        ("requests failed", str(len(count.failed))),
        ("workers killed (SIGKILL)", str(len(count.kills))),
        ("requests lost with a killed worker", str(count.lost_in_kill)),
        ("connections made anew", str(count.reconnects)),
        ("closed idle by a living worker", str(count.closed_idle)),
        (
            "versions of the program seen",
            f"{len(count.versions)}, {'the' if is_new else 'NOT the'} last one among them",
        ),
        (
            "longest, 99 %, median answer",
            ", ".join(f"{1000 * _at(latencies, share):.1f} ms" for share in (1, 0.99, 0.5)),
        ),
        ("exit status after SIGTERM", str(status)),
    ]
    for name, value in rows:
        print(f"{name:<36}{value}")


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seconds", 60.0), ("reloads", 10), ("kills", 5), ("clients", 64), ("workers", 2)):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
