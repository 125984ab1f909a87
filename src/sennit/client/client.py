"""The client: what a program asks with. Above it nothing, below it the chain of `middleware.py` and a transport."""

import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .. import net
from ..errors import SennitError
from .address_guard import AddressGuard
from .auth.choosing import Auth, auth_layer
from .backoff import Backoff
from .body import Content
from .content import content_of
from .content_decoding import accepted_codings
from .cookie_jar import CookieJar
from .cookies import Cookies
from .limits import Limits
from .middleware import Middleware, Next, chained
from .multipart import Files
from .pool import Pool
from .proxy import Proxies
from .reconnecting_websocket import ReconnectingWebSocket
from .redirects import Redirects
from .request import Headers, Request, check_method, lines_of, merged
from .response import Response
from .retries import Retries
from .timeouts import Timeouts
from .trace import Trace
from .transport import Call, Lines, Transport
from .url import URL, Params, parse_url
from .websocket import WebSocket
from .websocket_call import WebSocketCall
from .websocket_session import websocket_session

Form = Mapping[str, object] | Iterable[tuple[str, object]]
Timeout = float | Timeouts
Opened = WebSocket | ReconnectingWebSocket

AGENT = b"sennit"


class Client:
    """Asks servers, over connections that it keeps. Use it as `async with Client() as client:`, or `await client.close()`.

    base_url: what relative URLs are joined to. headers: sent with every request. auth: `(user, password)`, `Basic`, `Bearer`,
    `Digest` or a function; for the origin of each call's URL only. cookies: a `CookieJar`, or a mapping for the host of
    `base_url`; answers set further ones. timeout_s: the total of one request, or `Timeouts`. retries: how often an idempotent
    request is tried again, or `Retries`. follow_redirects: at most `limits.redirects` of one request. verify: False trusts
    everybody; a path names the authorities to believe; `net.TLS` says more (a client certificate). proxy: one URL, or one for each
    scheme; left out, the environment's (`HTTP_PROXY` …); "" for none. guard: refuses addresses of one's own network.
    middleware: `async def f(request, next)`, the first outermost.
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        headers: Headers | None = None,
        auth: Auth | None = None,
        cookies: CookieJar | Mapping[str, str] | None = None,
        timeout_s: Timeout | None = None,
        limits: Limits | None = None,
        retries: int | Retries = 0,
        follow_redirects: bool = False,
        verify: bool | str | Path | net.TLS = True,
        proxy: str | Mapping[str, str] | None = None,
        guard: AddressGuard | None = None,
        middleware: Sequence[Middleware] = (),
        transport: Transport | None = None,
    ) -> None:
        self._base = parse_url(base_url) if base_url else None
        self._lines = merged(_usual_lines(), lines_of(headers or {}))
        self._timeouts = timeouts_of(timeout_s)
        self.limits = limits or Limits()
        self.cookies = self._jar(cookies)
        self._transport = transport or Pool(
            limits=self.limits, tls=_tls(verify), proxies=_proxies(proxy), guard=guard
        )
        self._outer = [*middleware]
        if follow_redirects:
            self._outer.append(Redirects(self.limits.redirects))
        if retries:
            self._outer.append(retries if isinstance(retries, Retries) else Retries(most=retries))
        self._inner: Middleware = Cookies(self.cookies)
        self._auth = None if auth is None else auth_layer(auth)
        self._send = self._chain(self._auth)

    def _jar(self, cookies: CookieJar | Mapping[str, str] | None) -> CookieJar:
        if isinstance(cookies, CookieJar):
            return cookies
        if cookies and self._base is None:
            raise SennitError(
                code="client.E027",
                what="cookies given by hand belong to a host, and there is none",
                where="Client(cookies={...})",
                fix="give a base_url too, or put them in a CookieJar with jar.set(name, value, domain=...)",
            )
        jar = CookieJar(most=self.limits.cookies, most_per_domain=self.limits.cookies_per_domain)
        for name, value in (cookies or {}).items():
            assert self._base is not None
            jar.set(name, value, domain=self._base.host)
        return jar

    def _chain(self, auth: Middleware | None) -> Next:
        return chained([*self._outer, *([auth] if auth is not None else []), self._inner], self._transmit)

    async def _transmit(self, request: Request) -> Response:
        request.settle()
        if request.source is not None:
            request.body = request.source.pieces()
        return Response(await self._transport.send(request), request, self.limits)

    # ── one request ──────────────────────────────────────────────────────────

    def _request(
        self,
        method: str,
        url: str | URL,
        params: Params | None,
        headers: Headers | None,
        timeout_s: Timeout | None,
        trace: bool,
        on_upload: Callable[[int], None] | None,
    ) -> Request:
        target = self._url(url)
        if params:
            target = target.with_params(params)
        timeouts = self._timeouts if timeout_s is None else timeouts_of(timeout_s)
        began = time.monotonic()
        return Request(
            check_method(method),
            target,
            self._lines if headers is None else merged(self._lines, lines_of(headers)),
            None,
            None,
            timeouts,
            Trace() if trace else None,
            on_upload,
            began + timeouts.total_s if timeouts.total_s is not None else 0.0,
            home=target.origin,
            began=began,
        )

    def _url(self, url: str | URL) -> URL:
        if isinstance(url, URL):
            return url
        return parse_url(url) if self._base is None else self._base.join(url)

    def _sender(self, request: Request, auth: Auth | None) -> Next:
        if auth is not None:
            return self._chain(auth_layer(auth))
        if request.url.user is not None and self._auth is None:
            return self._chain(auth_layer((request.url.user, request.url.password or "")))
        return self._send

    async def request(
        self,
        method: str,
        url: str | URL,
        *,
        params: Params | None = None,
        json: object = None,
        form: Form | None = None,
        files: Files | None = None,
        body: Content | None = None,
        headers: Headers | None = None,
        auth: Auth | None = None,
        timeout_s: Timeout | None = None,
        trace: bool = False,
        on_upload: Callable[[int], None] | None = None,
    ) -> Response:
        """One request and its whole answer.

        params: added to the query. json: anything that msgspec encodes. form: urlencoded, with `files` multipart. body: bytes,
        text, a path, an open file, an iterator. on_upload: called with the octets sent so far. trace: see `response.trace`.
        Raises ClientError, SennitError for what cannot be asked.
        """
        request = self._request(method, url, params, headers, timeout_s, trace, on_upload)
        if json is not None or form is not None or files is not None or body is not None:
            content_of(request, json=json, form=form, files=files, body=body)
        response = await self._sender(request, auth)(request)
        await response.read()
        return response

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str | URL,
        *,
        params: Params | None = None,
        json: object = None,
        form: Form | None = None,
        files: Files | None = None,
        body: Content | None = None,
        headers: Headers | None = None,
        auth: Auth | None = None,
        timeout_s: Timeout | None = None,
        trace: bool = False,
        on_upload: Callable[[int], None] | None = None,
    ) -> AsyncIterator[Response]:
        """As `request`, but the body is read inside: `read(limit=…)`, `async for piece in response`, `lines()`."""
        request = self._request(method, url, params, headers, timeout_s, trace, on_upload)
        if json is not None or form is not None or files is not None or body is not None:
            content_of(request, json=json, form=form, files=files, body=body)
        response = await self._sender(request, auth)(request)
        try:
            yield response
        finally:
            response.release()

    def get(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        """`request("GET", url, …)`, with the same options."""
        return self.request("GET", url, **options)

    def head(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("HEAD", url, **options)

    def options(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("OPTIONS", url, **options)

    def post(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("POST", url, **options)

    def put(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("PUT", url, **options)

    def patch(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("PATCH", url, **options)

    def delete(self, url: str | URL, **options: Any) -> Awaitable[Response]:
        return self.request("DELETE", url, **options)

    # ── WebSocket ────────────────────────────────────────────────────────────

    def websocket(
        self,
        url: str | URL,
        *,
        subprotocols: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        origin: str | None = None,
        deflate: bool = True,
        timeout_s: Timeout | None = None,
        reconnect: Backoff | None = None,
        on_open: Callable[[WebSocket], Awaitable[None]] | None = None,
    ) -> AbstractAsyncContextManager[Opened]:
        """`async with client.websocket(url) as ws:`; `ws` is iterated, and has send, offer, ping and close.

        Through the client's proxy, with its TLS, headers, authentication and cookies. reconnect: opens it again whenever it is lost.
        on_open: called with each connection before it is used. Raises ClientError; HandshakeFailed where the server refuses.
        """

        async def open() -> WebSocket:
            call = WebSocketCall(
                url, subprotocols=subprotocols, headers=headers, origin=origin, max_message=self.limits.ws_message, deflate=deflate
            )  # fmt: skip
            return await self._open(call, url, timeout_s)

        return websocket_session(open, reconnect=reconnect, on_open=on_open)

    async def _open(self, call: WebSocketCall, url: str | URL, timeout_s: Timeout | None) -> WebSocket:
        request = self._request("GET", _http(self._url(url)), None, None, timeout_s, False, None)
        request.lines = merged(request.lines, call.lines)
        request.upgrade = True
        sender = self._sender(request, None)
        return call.accept_reply((await sender(request)).reply)

    # ── the end ──────────────────────────────────────────────────────────────

    async def close(self) -> None:
        """Close every connection; what is under way raises."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def timeouts_of(timeout_s: Timeout | None) -> Timeouts:
    if timeout_s is None:
        return Timeouts()
    return timeout_s if isinstance(timeout_s, Timeouts) else Timeouts(total_s=timeout_s)


def _usual_lines() -> Lines:
    return [(b"user-agent", AGENT), (b"accept", b"*/*"), (b"accept-encoding", accepted_codings().encode())]


def _http(url: URL) -> URL:
    return url.with_scheme({"ws": "http", "wss": "https"}.get(url.scheme, url.scheme))


def _tls(verify: bool | str | Path | net.TLS) -> net.TLS:
    if isinstance(verify, net.TLS):
        return verify
    return net.TLS(verify=verify) if isinstance(verify, bool) else net.TLS(ca=str(verify))


def _proxies(proxy: str | Mapping[str, str] | None) -> Proxies | None:
    proxies = Proxies.of_environment() if proxy is None else Proxies(proxy)
    return proxies or None
