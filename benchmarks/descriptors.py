"""How many files this process, and the servers that it starts, may have open."""

import resource
import sys


def allow_descriptors(wanted: int) -> None:
    """Ends the program, saying how to go on, where the system does not allow as many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (OSError, ValueError):
        sys.exit(
            f"{wanted} open files are needed and {hard} allowed. Try: ulimit -Hn {wanted} (as root), or fewer connections"
        )
