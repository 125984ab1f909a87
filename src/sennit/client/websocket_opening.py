"""A WebSocket by itself, without a client: its own connection, one handshake."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from .. import net
from ..errors import SennitError
from ..protocols.http1 import (
    HeadLimits,
    RemoteProtocolError,
    ResponseHead,
    parse_response_head,
    serialize_request_head,
)
from ..protocols.websocket import Deflate
from .errors import ConnectFailed, ProtocolFailed, TimedOut, TlsFailed
from .idna import to_ascii
from .websocket import WebSocket
from .websocket_call import WebSocketCall

OPEN_S = 10.0
HEAD = HeadLimits(8 * 1024, 64 * 1024, 100)
_PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_IN_TARGET = "/%!$&'()*+,;=:@~?-._"


async def open_websocket(
    url: str,
    *,
    subprotocols: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    origin: str | None = None,
    max_message: int = 1024 * 1024,
    deflate: bool | Deflate = True,
    context: ssl.SSLContext | None = None,
    timeout_s: float = OPEN_S,
) -> WebSocket:
    """Open `ws://`, `wss://` or `ws+unix://%2Frun%2Fapp.sock/path`. The caller closes it.

    context: for `wss`, made by `net.tls.client_context`; the system's authorities unless given. timeout_s: from the name
    to the answer. Raises HandshakeFailed, ConnectFailed, TlsFailed, TimedOut, ProtocolFailed; SennitError for a URL or a
    header that cannot be sent.
    """
    target = _target(url)
    call = WebSocketCall(
        url, subprotocols=subprotocols, headers=headers, origin=origin, max_message=max_message, deflate=deflate
    )
    own = [(b"host", target.host), (b"connection", b"Upgrade")]
    asking = _Asking(serialize_request_head("GET", target.path, call.lines, own))
    try:
        async with asyncio.timeout(timeout_s):
            connection = await net.connect(target.endpoint, asking, context=context, limits=net.Limits(idle_s=None))
            try:
                head = await asking.answer
            except BaseException:
                connection.abort()
                raise
    except TimeoutError:
        raise TimedOut(f"no WebSocket was open after {timeout_s:g} s", url=url, phase="connect") from None
    except ssl.SSLError as error:
        raise TlsFailed(str(error), url=url, phase="tls") from error
    except net.ConnectionClosed as error:
        raise ProtocolFailed(f"the server closed in the handshake: {error.reason}", url=url, phase="head") from None
    except OSError as error:
        raise ConnectFailed(str(error), url=url, phase="connect") from error
    except RemoteProtocolError as error:
        raise ProtocolFailed(f"{error.what} ({error.section})", url=url, phase="head") from None
    finally:
        asking.answer.cancel()
    return call.accept(head.status, head.field_lines(), connection, asking.data[head.end :])


class _Asking(net.Protocol[bytes, bytes]):
    """Sends the request, and reads the head of its answer."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.data = b""
        self.answer: asyncio.Future[ResponseHead] = asyncio.get_running_loop().create_future()

    def connected(self, connection: net.Connection) -> None:
        super().connected(connection)
        connection.write(self._request)

    def received(self, messages: list[bytes]) -> None:
        self.data += b"".join(messages)
        if self.answer.done():
            return
        try:
            head = parse_response_head(self.data, 0, HEAD, "GET")
        except RemoteProtocolError as error:
            self.answer.set_exception(error)
            self.connection.abort()
            return
        if head is not None:
            self.connection.pause_reading()  # until somebody takes over
            self.answer.set_result(head)

    def closed(self, reason: net.CloseReason) -> None:
        if not self.answer.done():
            self.answer.set_exception(net.ConnectionClosed(reason))


class _Target(NamedTuple):
    endpoint: str
    host: bytes
    path: str


def _target(url: str) -> _Target:
    """Raises SennitError (client.E032)."""
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname or ""
        host = name if name.isascii() else to_ascii(name)
    except (ValueError, UnicodeError):
        raise _no_address(url) from None
    path = quote(parts.path or "/", safe=_IN_TARGET) + (
        f"?{quote(parts.query, safe=_IN_TARGET)}" if parts.query else ""
    )
    if parts.scheme == "ws+unix" and name:
        return _Target(f"unix:{unquote(parts.netloc)}", b"localhost", path)
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise _no_address(url)
    shown = f"[{host}]" if ":" in host else host
    kind = "tls" if parts.scheme in ("wss", "https") else "tcp"
    authority = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    return _Target(f"{kind}:{shown}:{port or _PORTS[parts.scheme]}", authority.encode(), path)


def _no_address(url: str) -> SennitError:
    return SennitError(
        code="client.E032",
        what="this is no address of a WebSocket",
        where=repr(url[:200]),
        fix="write ws://host/path or wss://host/path, without user and password: those go into headers=",
    )
