"""Where the time of one request went. Made only for requests whose program asks for it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Trace:
    """Seconds of each phase; None for a phase that did not take place, such as `dns_s` on a connection that was open.

    Of a request that was redirected or tried again the phases are those of the last try, `total_s` is that of all.
    """

    pool_s: float | None = None
    """In line for a connection."""
    dns_s: float | None = None
    """Until the name was resolved; next to nothing when it was known."""
    connect_s: float | None = None
    """Until TCP was open, to the server or the proxy; behind `dns_s`."""
    proxy_s: float | None = None
    """Until the proxy had opened the way."""
    tls_s: float | None = None
    """The handshake."""
    first_byte_s: float | None = None
    """From the call until the head of the answer had come."""
    total_s: float | None = None
    """From the call until its last octet had come."""
    reused: bool = False
    """The connection had been open already."""

    def clear(self) -> None:
        """Forget the phases of a try that is to be made again."""
        self.pool_s = self.dns_s = self.connect_s = self.proxy_s = self.tls_s = self.first_byte_s = None
        self.reused = False
