"""The two roles and the states of an open connection (RFC 6455 §7.1)."""

from enum import Enum
from typing import Final


class Role(Enum):
    """Who we are: a client masks what it sends, a server must not (§5.1)."""

    SERVER = "server"
    CLIENT = "client"


class State(Enum):
    """OPEN: messages may go both ways. CLOSING: our close frame is sent, the peer's is awaited, and it may still send.

    CLOSED: the peer's close frame has come, or the connection has failed or ended. Nothing is sent or read any more.
    """

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Event(Enum):
    CLOSE_SENT = "we sent a close frame"
    CLOSE_RECEIVED = "the peer's close frame has come"
    FAILED = "the peer broke the rules"
    EOF = "the connection has ended"


TRANSITIONS: Final = {
    (State.OPEN, Event.CLOSE_SENT): State.CLOSING,
    (State.OPEN, Event.CLOSE_RECEIVED): State.CLOSED,  # the answering close frame is in the output
    (State.OPEN, Event.FAILED): State.CLOSED,  # a close frame with the reason is in the output
    (State.OPEN, Event.EOF): State.CLOSED,
    (State.CLOSING, Event.CLOSE_RECEIVED): State.CLOSED,
    (State.CLOSING, Event.FAILED): State.CLOSED,
    (State.CLOSING, Event.EOF): State.CLOSED,
}
"""What is not here cannot happen: in CLOSED nothing is read, and a second close frame is never sent."""
