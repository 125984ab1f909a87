"""The callback style: one object a connection, told what happens, no task."""

from typing import Generic, TypeVar

from .connection import Connection
from .errors import ProtocolError
from .reason import CloseReason, Malformed, TimedOut

In = TypeVar("In")
Out = TypeVar("Out")


class Protocol(Generic[In, Out]):
    """What a connection means. Subclass it and override what you need; nothing here waits.

    An exception out of any of these aborts the one connection and is logged once.
    """

    __slots__ = ("connection",)

    connection: Connection

    def connected(self, connection: Connection) -> None:
        """The first call."""
        self.connection = connection

    def received(self, messages: list[In]) -> None:
        """All whole messages of one read, or without a codec its bytes. What is written here leaves in one write."""

    def writable(self) -> None:
        """The peer was behind (`connection.is_blocked`) and has caught up."""

    def draining(self) -> None:
        """Shutdown has begun: finish what is in hand, then close. Nothing in hand unless overridden."""
        self.connection.close()

    def eof(self) -> None:
        """The peer will send no more; it may still read."""
        self.connection.close()

    def failed(self, error: ProtocolError) -> None:
        """The codec refused what came; nothing more will be read. An answer written here still reaches the peer."""
        self.connection.linger(reason=Malformed(error.message))

    def timed_out(self, kind: str) -> None:
        """A deadline of this kind has passed."""
        self.connection.abort(TimedOut(kind))

    def closed(self, reason: CloseReason) -> None:
        """The last call, exactly once."""
