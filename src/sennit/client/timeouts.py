"""How long a request may take, in all and in each phase."""

from dataclasses import dataclass, fields

from .limits import check_above_zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds; each passes at most 0.2 s late. `total_s` None: a stream that may go on for ever, if it goes on.

    Raises SennitError (client.E010) for anything but a finite number above 0.
    """

    connect_s: float = 10
    """For a new connection: name, address, proxy and TLS."""
    read_s: float = 30
    """Without a single octet of the answer, while it is waited for."""
    write_s: float = 30
    """Without the server taking a single octet of the request."""
    pool_s: float = 30
    """In line for a connection, when all that are allowed are in use."""
    total_s: float | None = 60
    """From the call to the last octet of the answer, redirects and retries included."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (field.name == "total_s" and value is None):
                check_above_zero("Timeouts", field.name, value)
