"""What goes wrong on a connection.

ConnectionClosed   the peer has gone, or this end has closed; `reason` says why
TruncatedError     the bytes of a TLS connection ended without a close_notify: perhaps somebody cut them
ProtocolError      the peer broke the framing; `message` is safe to show to it
  Incomplete       the connection ended inside a message
"""

from collections.abc import Sequence

from .reason import CloseReason


class ConnectionClosed(ConnectionError):
    def __init__(self, reason: CloseReason) -> None:
        super().__init__(f"the connection is closed: {reason}")
        self.reason = reason


class TruncatedError(ConnectionError):
    pass


class ProtocolError(Exception):
    """`message` holds no bytes of the peer. `before`: whole messages in front of the wrong one, to be delivered."""

    def __init__(self, message: str, before: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.before = list(before)


class Incomplete(ProtocolError):
    pass
