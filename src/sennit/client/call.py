"""One request as it goes to a transport. Compiled where that is possible, from this very file."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from .timeouts import Timeouts
from .trace import Trace

if TYPE_CHECKING:
    from .url import URL

Lines = Sequence[tuple[bytes, bytes]]


class Call:
    """Made anew for each try and redirect.

    `lines` are the program's; the transport adds Host, Content-Length or Transfer-Encoding, and Connection.
    `length` of an iterator's octets; None: it is sent in chunks. `due`: when the total time-out passes, as
    `time.monotonic` counts; 0: `timeouts.total_s` from now. `upgrade` asks for `Connection: upgrade`; the program's
    lines say to what. `expects_continue`: the body of an iterator waits for the server's 100, at most a second.
    """

    __slots__ = (
        "body",
        "due",
        "expects_continue",
        "length",
        "lines",
        "method",
        "on_upload",
        "timeouts",
        "trace",
        "upgrade",
        "url",
    )

    def __init__(
        self,
        method: str,
        url: "URL",
        lines: Lines,
        body: bytes | AsyncIterator[bytes] | None,
        length: int | None,
        timeouts: Timeouts,
        trace: Trace | None = None,
        on_upload: Callable[[int], None] | None = None,
        due: float = 0.0,
        upgrade: bool = False,
        expects_continue: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.lines = lines
        self.body = body
        self.length = length
        self.timeouts = timeouts
        self.trace = trace
        self.on_upload = on_upload
        self.due = due
        self.upgrade = upgrade
        self.expects_continue = expects_continue
