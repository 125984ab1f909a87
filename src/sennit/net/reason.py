"""Why a connection ended, as values.

CloseReason
  Clean        either side ended it in good order
  Reset        the peer or the network cut it
  Truncated    it ended inside a message
  TimedOut     a deadline passed; `kind` names it
  Malformed    the peer broke the protocol; `message` says how
  Evicted      a limit was passed; `limit` names it
  Shutdown     this program is stopping
  Failed       our own code raised; the log has the traceback
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloseReason:
    def __str__(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Clean(CloseReason):
    pass


@dataclass(frozen=True, slots=True)
class Reset(CloseReason):
    pass


@dataclass(frozen=True, slots=True)
class Truncated(CloseReason):
    pass


@dataclass(frozen=True, slots=True)
class TimedOut(CloseReason):
    kind: str

    def __str__(self) -> str:
        return f"timed out ({self.kind})"


@dataclass(frozen=True, slots=True)
class Malformed(CloseReason):
    message: str

    def __str__(self) -> str:
        return f"protocol error: {self.message}"


@dataclass(frozen=True, slots=True)
class Evicted(CloseReason):
    limit: str

    def __str__(self) -> str:
        return f"over the limit {self.limit}"


@dataclass(frozen=True, slots=True)
class Shutdown(CloseReason):
    pass


@dataclass(frozen=True, slots=True)
class Failed(CloseReason):
    pass
