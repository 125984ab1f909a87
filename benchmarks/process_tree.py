"""What a server uses: its process and everything it has started, summed from /proc."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """Now, of a whole tree: bytes of user-space memory, open descriptors, threads, processes."""

    memory: int
    descriptors: int
    threads: int
    processes: int


def cpu_seconds(root: int) -> float:
    """User and system time of all threads, and of children that have ended (proc(5), stat, fields 14 to 17)."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in tree(root)) * TICK_S


def usage(root: int) -> Usage:
    found = tree(root)
    return Usage(
        memory=sum(memory(pid) for pid in found),
        descriptors=sum(len(os.listdir(PROC / str(pid) / "fd")) for pid in found),
        threads=sum(int(_stat(pid)[17]) for pid in found),
        processes=len(found),
    )


def memory(pid: int) -> int:
    """Private resident bytes: what this process alone holds (Private_* of smaps_rollup; RSS where there is none)."""
    path = PROC / str(pid) / "smaps_rollup"
    try:
        found = re.findall(r"^Private_\w+:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    except OSError:
        found = re.findall(r"^VmRSS:\s+(\d+) kB", (PROC / str(pid) / "status").read_text(), re.MULTILINE)
    return 1024 * sum(map(int, found))


def forget_peak(pid: int) -> int:
    """From here on `peak` counts anew; returns the resident bytes of now."""
    (PROC / str(pid) / "clear_refs").write_text("5")
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most resident bytes that the process has had (VmHWM)."""
    return _status(pid, "VmHWM")


def _status(pid: int, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", (PROC / str(pid) / "status").read_text(), re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def tree(root: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root] if _stat(root) else []
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold anything; empty when the process has gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
