"""How many workers the machine is good for."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Cores that this process may run on; in a container at most what its CPU quota is worth. At least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota(cgroup) or cores))


def _quota(cgroup: Path) -> int:
    """The quota in whole cores, rounded up; 0 when there is none."""
    try:
        quota, period = cgroup.read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return 0 if quota == "max" else -(-int(quota) // int(period))
