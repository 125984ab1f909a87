"""What a codec is."""

from typing import Protocol, TypeVar

In = TypeVar("In")
Out_contra = TypeVar("Out_contra", contravariant=True)


class Codec(Protocol[In, Out_contra]):
    """One instance a connection. Never sees a socket, a loop or a clock, and holds a bounded number of bytes.

    A codec whose `encode` depends on its settings alone may have an attribute `wire`, equal for equal settings:
    then a message to many peers is encoded once.
    """

    @property
    def pending(self) -> int:
        """Bytes held that are not yet a message."""
        ...

    def feed(self, data: bytes) -> list[In]:
        """The messages that are whole now. Raises ProtocolError."""
        ...

    def encode(self, message: Out_contra) -> bytes: ...

    def eof(self) -> list[In]:
        """The messages that the end of the connection completes. Raises Incomplete if one was cut."""
        ...
