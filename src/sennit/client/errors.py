"""What goes wrong with a request: one small tree, each error naming the URL, the phase and the time spent.

ClientError         a request has failed
  ConnectFailed     no connection came about: name, address, refusal, proxy, or the pool of connections is closed
  TlsFailed         the handshake failed: certificate, name, versions
  TimedOut          a time-out passed; `kind` says which: connect, read, write, pool or total
  ProtocolFailed    the peer broke HTTP, or the connection ended inside an answer
  TooLarge          an answer is larger than the limit
  TooManyRedirects  more redirects than the limit, or a loop
  StatusError       `raise_for_status` met a status of 400 or more
"""

from typing import ClassVar, Literal

from ..errors import SennitError

Phase = Literal["", "pool", "dns", "connect", "proxy", "tls", "write", "head", "body", "decode", "redirect"]
Kind = Literal["connect", "read", "write", "pool", "total"]


class ClientError(SennitError):
    """`url` has no credentials in it; `phase` is how far the request had come; `elapsed_s` seconds since it began.

    `nothing_came`: not one octet of an answer had come, so an idempotent request may be sent again.
    """

    default_code: ClassVar[str] = "client.E004"
    default_fix: ClassVar[str] = ""

    def __init__(
        self,
        what: str,
        *,
        url: object = "",
        phase: Phase = "",
        elapsed_s: float = 0.0,
        code: str = "",
        fix: str = "",
        nothing_came: bool = False,
    ) -> None:
        self.url = redacted(str(url))
        self.phase = phase
        self.elapsed_s = elapsed_s
        self.nothing_came = nothing_came
        where = f"{self.url}, phase {phase}, after {elapsed_s:.3f} s" if phase else self.url
        super().__init__(code=code or self.default_code, what=what, where=where, fix=fix or self.default_fix)

    def __str__(self) -> str:
        """One line: such errors are told by the dozen, as a program goes through a list of addresses."""
        return f"[{self.code}] {self.what} ({self.where})" if self.where else f"[{self.code}] {self.what}"


class ConnectFailed(ClientError):
    default_code = "client.E001"
    default_fix = "check that the server listens there and that its name is right"


class TlsFailed(ClientError):
    default_code = "client.E002"
    default_fix = "name the authority that signed the certificate with verify=..., and the host that stands in it"


class TimedOut(ClientError):
    default_code = "client.E003"
    default_fix = "give more time with timeout_s= or Timeouts(...), or ask for less"

    def __init__(self, what: str, *, kind: Kind = "total", url: object = "", phase: Phase = "", elapsed_s: float = 0.0):
        super().__init__(what, url=url, phase=phase, elapsed_s=elapsed_s, nothing_came=phase not in ("body", "decode"))
        self.kind: Kind = kind


class ProtocolFailed(ClientError):
    default_code = "client.E004"
    default_fix = "the server, or something between, is at fault; ask it again, or ask its owner"


class TooLarge(ClientError):
    default_code = "client.E005"
    default_fix = "raise the limit with Limits(...), or stream the answer"


class TooManyRedirects(ClientError):
    default_code = "client.E006"
    default_fix = "look at where the server sends you; Limits(redirects=...) allows more"


class StatusError(ClientError):
    """`status` of the answer; `response` is the answer itself."""

    default_code = "client.E007"
    default_fix = "look at the body of the answer, which often says more"

    def __init__(self, what: str, *, status: int, response: object, url: object = "", elapsed_s: float = 0.0) -> None:
        super().__init__(what, url=url, elapsed_s=elapsed_s)
        self.status = status
        self.response = response


def client_closed(url: object, *, phase: Phase = "pool", elapsed_s: float = 0.0) -> ConnectFailed:
    return ConnectFailed(
        "the client is closed",
        url=url,
        phase=phase,
        elapsed_s=elapsed_s,
        code="client.E011",
        fix="make another one; `async with Client()` closes it at its end",
    )


def used_in_two_loops(url: object) -> ConnectFailed:
    return ConnectFailed(
        "the client has its connections in another event loop",
        url=url,
        phase="pool",
        code="client.E038",
        fix="make one client inside each loop, with `async with Client()` in what is given to `asyncio.run`; for threads "
        "and scripts there is SyncClient",
    )


def redacted(url: str) -> str:
    """A URL without its user and password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    authority = rest[:end]
    return f"{scheme}://{authority.rpartition('@')[2]}{rest[end:]}" if "@" in authority else url
