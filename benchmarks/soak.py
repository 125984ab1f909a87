"""Mixed traffic for minutes, with clients that leave in every phase and some that send rubbish: does the server stay as it was?

    make soak                       ten minutes
    make soak MINUTES=2
    make soak ARGS="--visitors 20 --seed 7"

Every few seconds the server's memory, descriptors and threads are read from /proc and printed. Every `REST_S` all visitors
stop and close, the server is given time to let go of them, and it is measured at rest: there descriptors, tasks and threads
must be what they were at the first rest, and memory and the number of Python's objects must not have a slope. The slope is
that of a straight line through the rests of the last two thirds of the run; what it may rise by within these two thirds is
stated with the result. Well-behaved visitors must all have been answered rightly.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from statistics import linear_regression
from time import monotonic

from bench_http import sennit_command
from build import BUILD, HERE, choose_build
from cores import choose_cores
from process_tree import usage
from results import keep
from serving import Server, ask, body_of, free_port, running
from tables import soak_table
from traffic import LEAVING, RUBBISH, WELL, Visit, WrongAnswer, get

SAMPLE_S = 5.0
REST_S = 20.0
SETTLED_S = 20.0
MOST_MEMORY = 0.02
"""What memory at rest may rise by within the last two thirds, as a part of it; at least `LEAST_MEMORY` is allowed."""
LEAST_MEMORY = 2**20
MOST_OBJECTS = 0.01


@dataclass
class Soak:
    """The visitors' side and what was seen of the server."""

    server: Server
    until: float
    seed: int
    begun: float = field(default_factory=monotonic)
    open_gate: asyncio.Event = field(default_factory=asyncio.Event)
    visiting: int = 0
    visits: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    samples: list[dict[str, float]] = field(default_factory=list)
    rests: list[dict[str, float]] = field(default_factory=list)

    async def visitor(self, number: int) -> None:
        random = Random(self.seed * 1000 + number)
        while monotonic() < self.until:
            await self.open_gate.wait()
            self.visiting += 1
            try:
                await self._visit(choose(random), random)
            finally:
                self.visiting -= 1

    async def _visit(self, visit: Visit, random: Random) -> None:
        name = visit.__name__
        self.visits[name] += 1
        try:
            await visit(self.server.port, random)
        except WrongAnswer as error:
            self._note(f"{name}: {error}")
        except (OSError, EOFError, ValueError) as error:
            if visit in WELL:
                self._note(f"{name}: {type(error).__name__} {error}")

    def _note(self, what: str) -> None:
        if len(self.wrong) < 1000:
            self.wrong.append(what)
        if len(self.wrong) <= 20:
            print(f"wrong: {what}", file=sys.stderr, flush=True)

    async def watch(self) -> None:
        """Samples while visitors come; a rest every `REST_S`, the first one before most of them have come."""
        self.open_gate.set()
        await asyncio.sleep(SAMPLE_S)
        await self.rest()
        last_rest = monotonic()
        while monotonic() < self.until:
            await asyncio.sleep(SAMPLE_S)
            self.sample()
            if monotonic() - last_rest >= REST_S:
                await self.rest()
                last_rest = monotonic()
        await self.rest()

    def sample(self) -> None:
        found = {
            "at_s": round(monotonic() - self.begun, 1),
            **vars(usage(self.server.pid)),
            "visits": self.visits.total(),
        }
        self.samples.append(found)
        print(
            f"{found['at_s']:>6.0f} s  {found['memory'] / 2**20:6.1f} MiB  {found['descriptors']:>5} descriptors  "
            f"{found['threads']:>3} threads  {found['visits']:>8,} visits  {len(self.wrong)} wrong",
            flush=True,
        )

    async def rest(self) -> None:
        self.open_gate.clear()
        while self.visiting:  # noqa: ASYNC110 - how many there are is what matters, not that one has left
            await asyncio.sleep(0.05)
        found = await self._settled()
        self.rests.append({"at_s": round(monotonic() - self.begun, 1), "visits": self.visits.total(), **found})
        print(
            f"at rest  {found['memory'] / 2**20:6.1f} MiB  {found['descriptors']:>5} descriptors  "
            f"{found['threads']:>3} threads  {found['tasks']:>3} tasks  {found['objects']:>8,} objects",
            flush=True,
        )
        self.open_gate.set()

    async def _settled(self) -> dict[str, int]:
        """At most `SETTLED_S` for the server to let go of everybody; then what it has."""
        wanted = self.rests[0] if self.rests else None
        until, quiet = monotonic() + SETTLED_S, 0
        previous: dict[str, int] = {}
        while monotonic() < until and quiet < 3:
            await asyncio.sleep(0.5)
            found = {**stats(self.server), **vars(usage(self.server.pid))}
            held = [found["descriptors"], found["tasks"]]
            is_back = wanted is None or held <= [wanted["descriptors"], wanted["tasks"]]
            is_same = previous and held == [previous["descriptors"], previous["tasks"]]
            quiet = quiet + 1 if is_back and is_same else 0
            previous = found
        return previous


def stats(server: Server) -> dict[str, int]:
    return json.loads(body_of(ask(server.port, get("/stats", b"Connection: close\r\n"))))


def choose(random: Random) -> Visit:
    """Of ten visits six are well-behaved, three leave early, one sends rubbish."""
    return random.choice(random.choices([WELL, LEAVING, RUBBISH], [6, 3, 1])[0])


async def soak(server: Server, options: argparse.Namespace) -> Soak:
    run = Soak(server, monotonic() + 60 * options.minutes, options.seed)
    async with asyncio.TaskGroup() as group:
        group.create_task(run.watch())
        for number in range(options.visitors):
            group.create_task(run.visitor(number))
    return run


def judge(run: Soak) -> list[dict[str, object]]:
    """One line for each thing that must not grow: what was allowed, what was found."""
    first, last = run.rests[0], run.rests[-1]
    counted = [
        {"what": f"{name} at rest", "allowed": first[name], "found": last[name], "ok": last[name] <= first[name]}
        for name in ("descriptors", "tasks")
    ]
    threads = max(rest["threads"] for rest in run.rests[len(run.rests) // 3 :])
    bound = threads_allowed(first["threads"])
    counted.append({"what": "threads at rest", "allowed": bound, "found": threads, "ok": threads <= bound})
    risen = [rise(run, "memory", MOST_MEMORY, LEAST_MEMORY), rise(run, "objects", MOST_OBJECTS, 1000)]
    wrong = {"what": "wrong answers", "allowed": 0, "found": len(run.wrong), "ok": not run.wrong}
    return [*counted, *risen, wrong]


def threads_allowed(first: float) -> float:
    """Pools fill up once: that of plain handlers (40) and the loop's own (at most 32)."""
    return first + 72


def rise(run: Soak, name: str, part: float, least: float) -> dict[str, object]:
    """Of the straight line through the rests of the last two thirds, from their first to their last."""
    rests = run.rests[len(run.rests) // 3 :]
    times = [rest["at_s"] for rest in rests]
    values = [rest[name] for rest in rests]
    risen = linear_regression(times, values).slope * (times[-1] - times[0]) if len(rests) > 1 else 0.0
    allowed = max(least, part * sum(values) / len(values))
    return {"what": f"rise of {name}", "allowed": round(allowed), "found": round(risen), "ok": risen <= allowed}


def main() -> None:
    options = arguments()
    cores, build = choose_cores(), choose_build()
    BUILD.mkdir(exist_ok=True)
    (BUILD / "download.bin").write_bytes(bytes(range(256)) * 4096)
    port = free_port()
    command = [*cores.server, *sennit_command(build, HERE / "soaked.py", port)]
    with ExitStack() as stack:
        server = stack.enter_context(running("sennit", command, port, build.environment))
        cores.join_client()
        run = asyncio.run(soak(server, options))
    record = {
        "interpreter": build.interpreter,
        "minutes": options.minutes,
        "visitors": options.visitors,
        "visits": dict(run.visits),
        "judged": judge(run),
        "wrong": run.wrong[:100],
        "rests": run.rests,
        "samples": run.samples,
    }
    print(soak_table(record))
    print(f"written to {keep('soak', record)}")
    if not all(line["ok"] for line in record["judged"]):
        sys.exit("the server did not stay as it was")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="length of the run (default: 10)")
    parser.add_argument("--visitors", type=int, default=50, help="clients at the same time (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="of what the visitors do (default: 1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
