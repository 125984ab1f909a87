"""What the operating system says of this process, in the names that Prometheus has for it."""

import os
import sys
import time
from collections.abc import Iterator

STARTED_AT = "process_start_time_seconds"


def process_figures(started_at: float) -> Iterator[tuple[str, str, float]]:
    """Name, kind and value. What a system does not tell is left out."""
    yield "process_cpu_seconds_total", "counter", time.process_time()
    yield STARTED_AT, "gauge", started_at
    resident = _resident_bytes()
    if resident is not None:
        yield "process_resident_memory_bytes", "gauge", resident
    descriptors = _open_descriptors()
    if descriptors is not None:
        yield "process_open_fds", "gauge", descriptors
    if sys.platform != "win32":
        import resource

        yield "process_max_fds", "gauge", resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _resident_bytes() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _open_descriptors() -> int | None:
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(folder)) - 1  # less the one that reads the folder
        except OSError:
            continue
    return None
