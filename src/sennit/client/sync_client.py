"""The HTTP client for scripts, notebooks and threads: `Client`, minus `await`."""

import weakref
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..protocols.websocket import Deflate
from .auth import Basic, Bearer, Digest
from .auth.called import Signer
from .auth.choosing import Auth
from .backoff import Backoff
from .body import PIECE_BYTES, Content
from .caller import Caller, called, ordered, pieces_made, pieces_of, the_caller
from .client import Client, Cookies, Proxy, Verify
from .cookie_jar import CookieJar
from .event_source import RECONNECT
from .limits import Limits
from .loop_thread import LoopThread
from .middleware import Middleware
from .options import Options
from .request import Headers
from .response import Response
from .retries import Retries
from .sync_download import SyncDownload
from .sync_event_source import SyncEventSource
from .sync_response import SyncResponse
from .sync_websocket import SyncWebSocket, SyncWebSocketSession
from .timeouts import Timeouts
from .transport import Transport
from .url import URL

if TYPE_CHECKING:
    from .address_guard import AddressGuard
    from .reconnecting_websocket import ReconnectingWebSocket
    from .websocket import WebSocket


class SyncClient:
    """`with SyncClient() as client: response = client.get(url)`; or make it, and `client.close()` at the end.

    Everything that `Client` takes, and its methods without `await`. Any number of threads may share one: its connections
    live in a thread of its own, which begins with the first call. Iterators that are sent, `on_upload`, `on_progress`,
    `on_open` and functions that sign requests are called in the thread that asks; middleware is the client's own, `async`.

    KeyboardInterrupt cancels the call that waits. Raises SennitError in a running event loop (client.E034) and after a fork
    (client.E035).
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
        self._client = Client(
            base_url,
            headers=headers,
            auth=_auth_of(auth),
            cookies=cookies,
            timeout_s=timeout_s,
            limits=limits,
            retries=retries,
            follow_redirects=follow_redirects,
            verify=verify,
            proxy=proxy,
            guard=guard,
            middleware=middleware,
            transport=transport,
        )
        self._thread = LoopThread(self._client.close)
        weakref.finalize(self, self._thread.close_soon).atexit = False

    @property
    def cookies(self) -> CookieJar | None:
        return self._client.cookies

    @property
    def limits(self) -> Limits:
        return self._client.limits

    # ── one request ──────────────────────────────────────────────────────────

    def request(self, method: str, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        """The whole answer. Raises ClientError; a status of 400 or more is an answer like any other."""
        caller = Caller(self._thread, self)
        return SyncResponse(caller.run(self._client.request(method, url, **_from_thread(options))), caller)

    def get(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("GET", url, **options)

    def head(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("HEAD", url, **options)

    def options(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("OPTIONS", url, **options)

    def post(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("POST", url, **options)

    def put(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("PUT", url, **options)

    def patch(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("PATCH", url, **options)

    def delete(self, url: str | URL, **options: Unpack[Options]) -> SyncResponse:
        return self.request("DELETE", url, **options)

    def stream(self, method: str, url: str | URL, **options: Unpack[Options]) -> AbstractContextManager[SyncResponse]:
        """`with client.stream("GET", url) as response:`; its body is read inside, piece by piece or with a limit."""
        return _SyncStreaming(self._begin, method, url, options)

    def _begin(self, method: str, url: str | URL, options: Options) -> SyncResponse:
        caller = Caller(self._thread, self)
        beginning = self._client.begin(method, url, **_from_thread(options))
        return SyncResponse(caller.run(beginning, drop=Response.release), caller)

    # ── longer than one answer ───────────────────────────────────────────────

    def download(
        self,
        url: str | URL,
        path: str | Path,
        *,
        resume: bool = True,
        on_progress: Callable[[int, int | None], None] | None = None,
        **options: Unpack[Options],
    ) -> SyncDownload:
        """Into a file, which is there under its name once it is whole. What a download that failed has left beside it, in
        `PATH.part`, is gone on from if the server still has the same. on_progress: bytes there, and of how many if known.

        Raises ClientError, StatusError for anything but success, OSError of the file.
        """
        caller = Caller(self._thread, self)
        told = None if on_progress is None else _progress(on_progress)
        options = _from_thread(options)
        made = caller.run(self._client.download(url, path, resume=resume, on_progress=told, **options))
        return SyncDownload(made.path, made.size, made.resumed_from, SyncResponse(made.response, caller))

    def events(
        self, url: str | URL, *, last_event_id: str = "", reconnect: Backoff = RECONNECT, **options: Unpack[Options]
    ) -> SyncEventSource:
        """`with client.events(url) as events: for event in events`: an event stream, connected again if it ends."""
        source = self._client.events(url, last_event_id=last_event_id, reconnect=reconnect, **_from_thread(options))
        return SyncEventSource(source, Caller(self._thread, self))

    def websocket(
        self,
        url: str | URL,
        *,
        subprotocols: Sequence[str] = (),
        origin: str | None = None,
        deflate: bool | Deflate = True,
        reconnect: Backoff | None = None,
        on_open: Callable[[SyncWebSocket], None] | None = None,
        **options: Unpack[Options],
    ) -> AbstractContextManager[SyncWebSocket]:
        """`with client.websocket(url) as ws`: iterate it, send, offer, ping, close; as on the server.

        With the client's proxy, TLS, headers, authentication and cookies. reconnect: it is opened again whenever it is lost.
        on_open: called with each connection before it is used. Raises ClientError, HandshakeFailed where the server refuses.
        """
        new_caller = partial(Caller, self._thread, self)

        async def opened(websocket: "WebSocket | ReconnectingWebSocket") -> None:
            if on_open is not None:
                await called(on_open, SyncWebSocket(websocket, new_caller))

        session = self._client.websocket(
            url,
            subprotocols=subprotocols,
            origin=origin,
            deflate=deflate,
            reconnect=reconnect,
            on_open=None if on_open is None else opened,
            **_from_thread(options),
        )
        return SyncWebSocketSession(session, new_caller)

    def close(self) -> None:
        """Cut what is open: calls that are under way raise ConnectFailed. The thread has ended when this returns."""
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


class _SyncStreaming:
    def __init__(
        self, begin: Callable[[str, str | URL, Options], SyncResponse], method: str, url: str | URL, options: Options
    ) -> None:
        self._begin = partial(begin, method, url, options)
        self._response: SyncResponse | None = None

    def __enter__(self) -> SyncResponse:
        self._response = self._begin()
        return self._response

    def __exit__(self, *failure: object) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.release()


def _from_thread(options: Options) -> Options:
    """What the program gave to be called is called in its thread, not in the loop's."""
    if not options:
        return options
    made: Options = {**options}
    if "body" in options:
        made["body"] = _body_of(options["body"])
    if "auth" in options:
        made["auth"] = _auth_of(options["auth"])
    if "on_upload" in options:
        made["on_upload"] = ordered(options["on_upload"])
    return made


def _body_of(content: Any) -> Content:
    """Files with a position are read in threads anyway; pipes and iterators make their program wait."""
    if isinstance(content, (bytes, bytearray, memoryview, str, Path, AsyncIterable, Mapping)):
        return content
    if not hasattr(content, "seekable"):
        return partial(pieces_made, content) if callable(content) else pieces_of(content)
    if content.seekable():
        file: Content = content
        return file
    return pieces_of(iter(partial(content.read, PIECE_BYTES), b""))


def _auth_of(auth: Auth | None) -> Auth | None:
    if auth is None or isinstance(auth, (tuple, Basic, Bearer, Digest)):
        return auth
    signer: Signer = partial(called, auth)
    return signer


def _progress(on_progress: Callable[[int, int | None], None]) -> Callable[[int, int | None], None]:
    return lambda size, total: the_caller().order(lambda: on_progress(size, total))
