"""What a worker and its supervisor say to each other."""

from msgspec import Struct


class Plan(Struct, tag=True, frozen=True):
    """From a worker, once the program is imported and its settings are read: what it needs and how it is to be run."""

    title: str
    endpoints: list[str]
    """For every worker: HTTP, WebSocket and what says `workers="all"`."""
    single: list[str]
    """For the one worker that has the services."""
    has_services: bool
    workers: int
    drain_s: float
    hang_s: float
    max_requests: int | None = None
    max_memory: int | None = None
    """Octets."""
    pid_file: str | None = None


class Sockets(Struct, tag=True, frozen=True):
    """To a worker: listen on these from now on, and on no others. Number of descriptors by endpoint, in their order."""

    each: dict[str, int]
    single: dict[str, int] | None = None
    """Not None: the services are this worker's from now on."""


class Refused(Struct, tag=True, frozen=True):
    """To a worker: what it needs cannot be had. The fields of a SennitError."""

    code: str
    what: str
    where: str = ""
    fix: str = ""


class Ready(Struct, tag=True, frozen=True):
    """From a worker: it listens."""

    addresses: list[str]


class Beat(Struct, tag=True, frozen=True):
    """From a worker, each second: its loop turns. memory: octets of resident memory."""

    requests: int
    memory: int


class Released(Struct, tag=True, frozen=True):
    """From a worker: the services are not its own any more. has_failed: it could not start them."""

    has_failed: bool = False


class Drain(Struct, tag=True, frozen=True):
    """To a worker: finish what is in hand and end. hands_over: others go on, so a client may come back at once."""

    hands_over: bool


FromWorker = Plan | Ready | Beat | Released
ToWorker = Sockets | Refused | Drain
