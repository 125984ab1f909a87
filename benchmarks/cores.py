"""One core for the server, another for the load generator: else they share what is measured."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cores:
    """What to put before a command so that it stays on its core; empty where cores cannot be chosen."""

    server: list[str]
    client: list[str]

    def join_client(self) -> None:
        """This process, and what it starts from here, on the load generator's core."""
        if self.client:
            os.sched_setaffinity(0, {int(self.client[-1])})


def go_first(pid: int) -> bool:
    """Real-time priority for a process (0: this one), so that other programs' work does not enter what it waits; not for
    what it starts. Only root may; True where it worked. For work that leaves its core idle most of the time.
    """
    try:
        for thread in os.listdir(f"/proc/{pid or os.getpid()}/task"):
            policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
            os.sched_setscheduler(int(thread), policy, os.sched_param(10))
    except (OSError, AttributeError):
        return False
    return True


def choose_cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(allowed) < 2 or shutil.which("taskset") is None:
        print("not pinned to cores: the figures will scatter", file=sys.stderr)
        return Cores([], [])
    server = allowed[0]
    apart = [core for core in allowed[1:] if core not in siblings(server)]
    if not apart:
        print("server and load generator share one core's two threads: the figures will scatter", file=sys.stderr)
    return Cores(["taskset", "-c", str(server)], ["taskset", "-c", str((apart or allowed[1:])[0])])


def siblings(core: int) -> set[int]:
    """The threads of the same physical core, itself included."""
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    found: set[int] = set()
    for part in (path.read_text() if path.exists() else str(core)).strip().split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found
