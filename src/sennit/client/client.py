"""The HTTP client: one for a program or for each service it talks to, kept open, shared by all its tasks.

Compiled where that is possible, from this very file.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from .. import net
from ..errors import SennitError
from ..protocols.websocket import Deflate
from .auth.choosing import Auth, auth_layer
from .backoff import Backoff
from .body import Whole, begun
from .content_decoding import accepted_codings
from .cookie_jar import CookieJar
from .download import Download, download
from .event_source import RECONNECT, EventSource
from .limits import Limits
from .middleware import Middleware, Next, chained
from .options import Options
from .preparing import Defaults, timeouts_of
from .proxy import Proxies
from .reconnecting_websocket import ReconnectingWebSocket
from .redirects import Redirects
from .request import Headers, Request, encoded
from .response import Response, came_at_once
from .retries import Retries
from .streaming import Streaming
from .timeouts import Timeouts
from .transport import Lines, Reply, Transport
from .url import URL
from .websocket import WebSocket
from .websocket_call import WebSocketCall
from .websocket_session import websocket_session

if TYPE_CHECKING:
    from .address_guard import AddressGuard

Proxy = str | Mapping[str, str] | Proxies | Literal[False] | None
Cookies = CookieJar | Mapping[str, str] | Literal[False] | None
Verify = bool | str | Path | net.TLS
Asked = Coroutine[Any, Any, Response]
"""What `await` makes an answer of, and a task can be made of."""


class Client:
    """`async with Client() as client: response = await client.get(url)`; or make it, and `await client.close()` at the end.

    base_url: what relative URLs stand at; auth, cookies given as a mapping and secret headers go to its origin only.
    headers: of every request. auth: (user, password), Basic, Bearer, Digest, or a function. cookies: a jar; a mapping fills a
    new one; None: a jar of its own; False: none is kept. timeout_s: in all, or Timeouts. retries: how many, or Retries.
    verify: a file of authorities instead of the system's; a `net.TLS` says more; False trusts anybody. proxy: a URL, one for
    each scheme, False for none; None: from the environment, read now. guard: `AddressGuard()` refuses private addresses.
    middleware: `async def f(request, next)`, the first one outermost. transport: instead of connections, for tests.

    Bound to the event loop it is first used in. Raises SennitError for settings that cannot be.
    """

    def __init__(
        self,
        base_url: str | URL = "",
        *,
        headers: Headers | None = None,
        auth: Auth | None = None,
        cookies: Cookies = None,
        timeout_s: float | Timeouts = Timeouts(),
        limits: Limits = Limits(),
        retries: int | Retries = 0,
        follow_redirects: bool = False,
        verify: Verify = True,
        proxy: Proxy = None,
        guard: "AddressGuard | None" = None,
        middleware: Sequence[Middleware] = (),
        transport: Transport | None = None,
    ) -> None:
        self.limits = limits
        self._defaults = Defaults(base_url, headers or {}, timeouts_of(timeout_s), accepted_codings())
        self.cookies = _jar(cookies, limits, self._defaults.base)
        self._transport = transport or _connections(limits, verify, proxy, guard)
        self._auth = None if auth is None else auth_layer(auth)
        self._follows = follow_redirects
        self._middleware = tuple(middleware)
        self._retries = _retries(retries)
        self._send = self._chain(follow_redirects, self._auth)

    # ── one request ──────────────────────────────────────────────────────────

    async def request(self, method: str, url: str | URL, **options: Unpack[Options]) -> Response:
        """The whole answer. Raises ClientError; a status of 400 or more is an answer like any other."""
        response = await self._begun(method, url, options)
        if came_at_once(response):
            return response
        try:
            await response.read()
        except BaseException:
            response.release()
            raise
        return response

    def get(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("GET", url, **options)

    def head(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("HEAD", url, **options)

    def options(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("OPTIONS", url, **options)

    def post(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("POST", url, **options)

    def put(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("PUT", url, **options)

    def patch(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("PATCH", url, **options)

    def delete(self, url: str | URL, **options: Unpack[Options]) -> Asked:
        return self.request("DELETE", url, **options)

    def stream(self, method: str, url: str | URL, **options: Unpack[Options]) -> Streaming:
        """`async with client.stream("GET", url) as response:`; its body is read inside, piece by piece or with a limit."""
        return Streaming(lambda: self.begin(method, url, **options))

    async def begin(self, method: str, url: str | URL, *, own: Lines = (), **options: Unpack[Options]) -> Response:
        """An answer whose body has not been read. Whoever calls this reads it or calls `release`. own: lines of a protocol that
        the connection is to be upgraded to."""
        return await self._begun(method, url, options, own)

    def _begun(self, method: str, url: str | URL, options: Options, own: Lines = ()) -> Awaitable[Response]:
        request = self._defaults.prepared(method, url, options, monotonic())
        if own:
            request.lines = (*request.lines, *own)
            request.upgrade = True
        if not options or ("auth" not in options and "follow_redirects" not in options):
            return self._send(request)
        auth = self._auth
        if "auth" in options:
            auth, request.home = (None if options["auth"] is None else auth_layer(options["auth"])), request.url.origin
        return self._chain(options.get("follow_redirects", self._follows), auth)(request)

    # ── longer than one answer ───────────────────────────────────────────────

    async def download(
        self,
        url: str | URL,
        path: str | Path,
        *,
        resume: bool = True,
        on_progress: Callable[[int, int | None], None] | None = None,
        **options: Unpack[Options],
    ) -> Download:
        """Into a file, which is there under its name once it is whole. What a download that failed has left beside it, in
        `PATH.part`, is gone on from if the server still has the same. on_progress: bytes there, and of how many if known.

        Raises ClientError, StatusError for anything but success, OSError of the file.
        """
        return await download(self, url, Path(path), resume=resume, on_progress=on_progress, options=options)

    def events(
        self, url: str | URL, *, last_event_id: str = "", reconnect: Backoff = RECONNECT, **options: Unpack[Options]
    ) -> EventSource:
        """`async with client.events(url) as events: async for event in events`: an event stream, connected again if it ends."""
        return EventSource(self, url, options, last_event_id, reconnect=reconnect)

    def websocket(
        self,
        url: str | URL,
        *,
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        deflate: bool | Deflate = True,
        reconnect: Backoff | None = None,
        on_open: Callable[[WebSocket], Awaitable[None]] | None = None,
        **options: Unpack[Options],
    ) -> AbstractAsyncContextManager[WebSocket | ReconnectingWebSocket]:
        """`async with client.websocket(url) as ws`: iterate it, send, offer, ping, close; as on the server.

        With the client's proxy, TLS, headers, authentication and cookies. reconnect: it is opened again whenever it is lost.
        on_open: called with each connection before it is used. Raises ClientError, HandshakeFailed where the server refuses.
        """
        url = _without_websocket(self._defaults.url_of(url))
        most = self.limits.ws_message

        async def open() -> WebSocket:
            call = WebSocketCall(url, subprotocols=subprotocols, origin=origin, max_message=most, deflate=deflate)
            return await call.accept_response(await self.begin("GET", url, own=call.lines, **options))

        return websocket_session(open, reconnect=reconnect, on_open=on_open)

    # ── the way down ─────────────────────────────────────────────────────────

    def _chain(self, follows: bool, auth: Middleware | None) -> Next:
        """Middleware, redirects, authentication, retries: what is not asked for is not there."""
        layers: list[Middleware] = list(self._middleware)
        if follows:
            layers.append(Redirects(self.limits.redirects))
        if auth is not None:
            layers.append(auth)
        if self._retries is not None:
            layers.append(self._retries)
        return chained(layers, self._to_transport)

    async def _to_transport(self, request: Request) -> Response:
        jar = self.cookies
        if request.changed is not None:
            request.lines = encoded(request.changed)
        call = request
        if jar:
            call = _with_cookies(request, jar)
        if request.expects_continue and isinstance(request.body, bytes):
            request.source, request.length = Whole(request.body), len(request.body)
        if request.source is not None:
            call.body = begun(request.source, request.url)
            call.length = request.length
        reply = await self._transport.send(call)
        if reply.status == 417 and request.expects_continue:
            return await self._without_expecting(reply, request)
        if jar is not None and reply.field_value("set-cookie") is not None:
            for line in Response(reply, request, self.limits).headers.get_all("set-cookie"):
                jar.store(request.url, line)
        return Response(reply, request, self.limits)

    async def _without_expecting(self, reply: Reply, request: Request) -> Response:
        """The server does not know what a 100 is: then without (RFC 9110 §10.1.1)."""
        reply.release()
        request.expects_continue = False
        return await self._to_transport(request)

    async def close(self) -> None:
        """Cut what is open: requests that are under way raise ConnectFailed."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await asyncio.shield(self.close())


def _with_cookies(request: Request, jar: CookieJar) -> Request:
    """Apart from the request itself: the next try and the next place have other ones. A Cookie line of the program wins."""
    value = jar.header_for(request.url)
    if not value or any(name == b"cookie" for name, _ in request.lines):
        return request
    call = request.again(request.method, request.url)
    call.lines = (*call.lines, (b"cookie", value.encode("latin-1")))
    return call


def _jar(cookies: Cookies, limits: Limits, base: URL | None) -> CookieJar | None:
    if cookies is False:
        return None
    if isinstance(cookies, CookieJar):
        return cookies
    jar = CookieJar(most=limits.cookies, most_per_domain=limits.cookies_per_domain)
    if cookies:
        if base is None:
            raise SennitError(
                code="client.E029",
                what="cookies were given without saying to whom they go",
                where="Client(cookies=...)",
                fix="give a base_url too, or a CookieJar with cookies of their domains",
            )
        jar.fill(cookies, base.host)
    return jar


def _without_websocket(url: URL) -> URL:
    """ws and wss are http and https that are upgraded; so pools, cookies and credentials are the same (RFC 6455 §4.1)."""
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme)
    return url if scheme is None else url.with_scheme(scheme)


def _retries(retries: int | Retries) -> Retries | None:
    made = Retries(most=retries) if isinstance(retries, int) else retries
    return made if made.most else None


def _connections(limits: Limits, verify: Verify, proxy: Proxy, guard: "AddressGuard | None") -> Transport:
    from .pool import Pool

    return Pool(limits=limits, tls=_tls(verify), proxies=_proxies(proxy), guard=guard)


def _tls(verify: Verify) -> net.TLS:
    if isinstance(verify, net.TLS):
        return verify
    return net.TLS(verify=verify) if isinstance(verify, bool) else net.TLS(ca=str(verify))


def _proxies(proxy: Proxy) -> Proxies | None:
    if proxy is None:
        return Proxies.of_environment() or None
    if proxy is False:
        return None
    return proxy if isinstance(proxy, Proxies) else Proxies(proxy)
