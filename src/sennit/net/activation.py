"""Sockets that systemd (or its like) has opened for this process: sd_listen_fds(3)."""

import os
from collections.abc import Mapping

from ..errors import SennitError

FIRST = 3


def passed_descriptors(name: str, environ: Mapping[str, str], pid: int) -> list[int]:
    """Those of a name, in order; without a name the first. Raises SennitError (net.E026) when there are none.

    `LISTEN_PID` must be `pid`: otherwise the variables were meant for another process and came here by inheritance.
    """
    count = environ.get("LISTEN_FDS", "")
    if not count.isdigit() or not int(count):
        raise _none_passed(name, "LISTEN_FDS is not set: systemd has passed no sockets to this process")
    if environ.get("LISTEN_PID") != str(pid):
        raise _none_passed(name, f"LISTEN_PID is {environ.get('LISTEN_PID')!r}, and this process is {pid}")
    descriptors = range(FIRST, FIRST + int(count))
    if not name:
        return [FIRST]
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    found = [descriptor for descriptor, given in zip(descriptors, names, strict=False) if given == name]
    if not found:
        raise _none_passed(name, f"the sockets passed are named {', '.join(names)}; none is {name!r}")
    return found


def passed_here(name: str) -> list[int]:
    """`passed_descriptors` of this process."""
    return passed_descriptors(name, os.environ, os.getpid())


def _none_passed(name: str, what: str) -> SennitError:
    return SennitError(
        code="net.E026",
        what=what,
        where=f"systemd:{name}",
        fix=f"start it from a unit whose .socket has ListenStream= and FileDescriptorName={name or 'web'}",
    )
