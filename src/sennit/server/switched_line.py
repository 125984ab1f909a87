"""What an exchange still asks its connection once that speaks WebSocket.

The parser and the state of HTTP/1 are let go then: a silent WebSocket would hold them for as long as it is open.
"""

from typing import Protocol

from .. import net
from ..http import Address


class Server(Protocol):
    is_draining: bool
    drain_code: int


class SwitchedLine:
    """`client` and `scheme`: of the request."""

    __slots__ = ("_connection", "_server", "client", "scheme")

    def __init__(self, server: Server, connection: net.Connection, scheme: str, client: Address) -> None:
        self._server = server
        self._connection = connection
        self.scheme = scheme
        self.client = client

    @property
    def is_gone(self) -> bool:
        return self._connection.is_lost

    @property
    def is_draining(self) -> bool:
        return self._server.is_draining

    @property
    def drain_code(self) -> int:
        return self._server.drain_code

    def abort(self) -> None:
        self._connection.abort()
