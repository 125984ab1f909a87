"""What a client may use, with finite defaults."""

from dataclasses import dataclass, fields

from ..errors import SennitError

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, `_s` in seconds. Raises SennitError (client.E010) for a limit that is not a number above 0."""

    connections: int = 100
    """Open connections of the client, all hosts together; further requests wait in line (`Timeouts.pool_s`)."""
    per_host: int = 100
    """Open connections to one origin."""
    idle_s: float = 30
    """A connection that nobody has used for so long is closed."""
    head: int = 64 * KIB
    """All header lines of one answer."""
    headers: int = 100
    """Header lines in number."""
    informational: int = 16
    """Answers 1xx before the answer."""
    read_buffer: int = 64 * KIB
    """Octets of a streamed answer that wait for the program: above it, reading pauses."""
    write_buffer: int = 64 * KIB
    """Octets of a streamed upload that wait for the server: above it, the program's iterator waits."""
    body: int = 16 * MIB
    """A whole answer as it came, in memory. A stream and a download have no such bound."""
    expanded: int = 64 * MIB
    """A whole answer after its content coding has been undone, in memory."""
    ratio: int = 1000
    """How many times larger a content coding may make what came, beyond the first MiB."""
    redirects: int = 20
    """Of one request."""
    cookies: int = 3000
    """In the jar."""
    cookies_per_domain: int = 180
    """In the jar, of one domain."""
    event: int = 1 * MIB
    """One event of an event stream."""
    ws_message: int = 1 * MIB
    """One WebSocket message."""

    def __post_init__(self) -> None:
        for field in fields(self):
            check_above_zero("Limits", field.name, getattr(self, field.name))


def check_above_zero(owner: str, name: str, value: object) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return
    raise SennitError(
        code="client.E010",
        what=f"{value!r} is not a value for {name!r}",
        where=f"client.{owner}(...)",
        fix="give a finite number above 0",
    )
