"""The opening of a WebSocket: what is asked, what the answer must be, and the connection that comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import net
from ..http import Fields
from ..protocols.websocket import (
    Deflate,
    Endpoint,
    HandshakeError,
    Role,
    check_answer,
    new_key,
    offer_lines,
)
from .errors import ClientError
from .response import excerpt_of
from .unread import leave
from .websocket import WebSocket

if TYPE_CHECKING:
    from .response import Response

Lines = list[tuple[bytes, bytes]]

DEFLATE = Deflate(client_no_context_takeover=True)
"""What is offered: each message is packed by itself, so that neither end holds a window for what we send, and servers that ask
for that agree (some decline an offer without it). What the server sends may refer to what it sent before."""
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Refusals that may be none a moment later."""


class HandshakeFailed(ClientError):
    """The server does not open a WebSocket here. `status` of its answer; 101 for an acceptance that is none. `response`: the answer
    itself, with the beginning of its body read, where a client has asked.

    `is_passing`: the same may go well a moment later (503, for one).
    """

    default_code = "client.E030"
    default_fix = "check the address, the origin and who may connect; the answer's status says more"

    def __init__(
        self, what: str, *, status: int, url: object, code: str = "", fix: str = "", response: "Response | None" = None
    ) -> None:
        super().__init__(what, url=url, phase="head", code=code, fix=fix)
        self.status = status
        self.response = response
        self.is_passing = status in RETRIED


class WebSocketCall:
    """One opening handshake. Send a GET with `lines` and `Connection: Upgrade`, then give `accept` what was answered.

    max_message: octets of a whole message, unpacked; a larger one closes 1009. deflate: whether compression is offered, or how.
    """

    def __init__(
        self,
        url: object,
        *,
        subprotocols: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        origin: str | None = None,
        max_message: int = 1024 * 1024,
        deflate: bool | Deflate = True,
    ) -> None:
        self._url = url
        self._key = new_key()
        self._subprotocols = tuple(subprotocols)
        self._deflate = deflate if isinstance(deflate, Deflate) else DEFLATE if deflate else None
        self._max_message = max_message
        offered = offer_lines(self._key, self._subprotocols, self._deflate, origin)
        own = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
        self.lines: Lines = [*(line for line in offered if line[0] != b"connection"), *own]
        """For the request; Host and `Connection: Upgrade` are the transport's (`Call.upgrade`)."""

    def accept(
        self, status: int, lines: Iterable[tuple[bytes, bytes]], connection: net.Connection, pending: bytes
    ) -> WebSocket:
        """From the answer's status and field lines, its connection and the octets behind its head.

        Raises HandshakeFailed: client.E030 a refusal, client.E031 an answer that is no acceptance of what was offered; the
        connection is cut then.
        """
        lines = list(lines)
        try:
            self.check_status(status)
            agreed = check_answer(lines, self._key, self._subprotocols, self._deflate)
        except HandshakeError as error:
            connection.abort()
            raise HandshakeFailed(
                f"the answer does not open a WebSocket: {error}",
                status=status,
                url=self._url,
                code="client.E031",
                fix="what answers there is no WebSocket server, or something between has changed the answer",
            ) from None
        except HandshakeFailed:
            connection.abort()
            raise
        endpoint = Endpoint(Role.CLIENT, max_message=self._max_message, deflate=agreed.deflate)
        websocket = WebSocket(
            endpoint,
            subprotocol=agreed.subprotocol,
            headers=Fields.received(lines),
            unpacks=agreed.deflate is not None,
        )
        connection.switch_protocol(websocket, pending)
        connection.resume_reading()
        return websocket

    async def accept_response(self, response: "Response") -> WebSocket:
        """As `accept`, from the answer to a request with `lines` and `upgrade`. A refusal says what the server says of it."""
        if response.status != 101:
            await leave(response)
            raise HandshakeFailed(
                f"the server refused the WebSocket with {response.status}{excerpt_of(response)}",
                status=response.status,
                url=self._url,
                response=response,
            )
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.lines()]
        return self.accept(response.status, lines, *response.upgrade())

    def check_status(self, status: int) -> None:
        """Raises HandshakeFailed (client.E030) for anything but 101."""
        if status != 101:
            raise HandshakeFailed(f"the server refused the WebSocket with {status}", status=status, url=self._url)
