"""The seam of the client: what is above it knows requests and answers, what is below it connections and octets.

Below stands HTTP/1.1 over sockets (`pool.py`); an application in memory, a mock and a later HTTP/2 stand in the same place.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from .. import net
from .call import Call as Call
from .call import Lines as Lines

if TYPE_CHECKING:
    from .url import URL


class Reply(Protocol):
    """The head of an answer has come. `fields` are made when first asked for.

    `body_at_once` is the whole raw body when it came together with the head; `read_piece` gives it then as well. The
    connection is free again already, and `release` does nothing.
    """

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, str]:
        """`http.Fields`."""
        ...

    def field_value(self, name: str) -> str | None:
        """Of `fields`, its name in lower case."""
        ...

    @property
    def url(self) -> "URL": ...
    @property
    def body_at_once(self) -> bytes | None: ...
    @property
    def content_length(self) -> int:
        """What the field says, -1 without it."""
        ...

    async def read_piece(self) -> bytes:
        """The next raw octets, as they are coded; b"" at the end and ever after. Nobody else may be reading. Raises ClientError."""
        ...

    def release(self) -> None:
        """Done with, or given up: the connection goes on to the next request if the answer has ended, else it is cut."""
        ...

    def upgrade(self) -> "tuple[net.Connection, bytes]":
        """After a 101: the connection, reading paused, and what has come behind the head. The caller switches the
        protocol (`connection.switch_protocol(protocol, octets)`) and resumes reading."""
        ...


class Transport(Protocol):
    async def send(self, call: Call) -> Reply:
        """Raises ClientError, of which ConnectFailed, TlsFailed, TimedOut, ProtocolFailed and TooLarge; SennitError for a
        request that cannot be sent."""
        ...

    async def close(self) -> None:
        """Cut what is open; whoever waits gets a ConnectFailed. Once closed, always closed."""
        ...
