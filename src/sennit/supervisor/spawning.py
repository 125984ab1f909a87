"""Starts a worker: a fresh interpreter, so that it imports the program as it is now and inherits no loop, thread or lock."""

import os
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import SennitError
from .channel import Channel, supervisor_end
from .messages import FromWorker
from .privileges import Privileges


@dataclass(frozen=True, slots=True)
class Spawned:
    """bus: the supervisor's half of the socket pair for messages between workers."""

    process: "subprocess.Popen[bytes]"
    channel: "Channel[FromWorker]"
    bus: socket.socket


Spawn = Callable[[], Spawned]


class Spawner:
    """command: what starts a worker; the numbers of its two descriptors (channel, bus) are put behind it.

    Calling it raises SennitError serve.E007 when the system does not start the process.
    """

    def __init__(self, command: Sequence[str], privileges: Privileges | None = None) -> None:
        self._command = list(command)
        self._privileges = privileges

    def __call__(self) -> Spawned:
        control, its_control = socket.socketpair()
        bus, its_bus = socket.socketpair()
        bus.setblocking(False)
        with its_control, its_bus:
            try:
                process = self._start([its_control.fileno(), its_bus.fileno()])
            except OSError as error:
                control.close()
                bus.close()
                raise self._cannot_start(error) from error
        return Spawned(process, supervisor_end(control), bus)

    def _start(self, descriptors: list[int]) -> "subprocess.Popen[bytes]":
        wanted = self._privileges if os.geteuid() == 0 else None  # later ones inherit what the supervisor has become
        return subprocess.Popen(
            [*self._command, *map(str, descriptors)],
            stdin=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl+C in a terminal reaches the supervisor alone
            user=None if wanted is None else wanted.user,
            group=None if wanted is None else wanted.group,
            extra_groups=None if wanted is None else wanted.groups,
        )

    def _cannot_start(self, error: OSError) -> SennitError:
        return SennitError(
            code="serve.E007",
            what=f"a worker cannot be started: {error.strerror or error}",
            where=self._command[0],
            fix="check that the user of --user may run this Python, and that the system allows more processes",
        )
