"""What one listener and its connections may use."""

from dataclasses import dataclass, fields

from ..errors import SennitError

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, `_s` in seconds. Raises SennitError (net.E006) for a limit that is not a number above 0."""

    connections: int = 10_000
    """Open connections; never more than the descriptor limit less a reserve."""
    per_ip: int = 256
    """Open connections of one address; loopback and Unix peers are exempt."""
    idle_s: float | None = 300
    """Without input: close. None where the protocol keeps its own idle time."""
    read_buffer: int = 64 * KIB
    """Received and not yet taken by the handler: above it, reading pauses."""
    write_buffer: int = 64 * KIB
    """Waiting for the peer to read: above it, `send` waits and `offer` refuses."""
    write_s: float = 30
    """Without any progress of a write: abort."""
    handshake_s: float = 10
    """For a TLS handshake, and for the header of the PROXY protocol: close."""
    close_s: float = 5
    """For the peer's part of ending TLS: close without it."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 < value < float("inf"):
                raise SennitError(
                    code="net.E006",
                    what=f"{value!r} is not a value for the limit {field.name!r}",
                    where="net.Limits(...)",
                    fix="give a finite number above 0",
                )
