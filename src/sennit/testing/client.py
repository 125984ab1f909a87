"""The test client: requests straight to an App, no sockets, cookies kept like a browser does."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec

from ..app import App, Runtime
from ..http.exchange import WebSocketOffer
from .memory import MemoryExchange, MemorySocket
from .multipart_body import FileContent, multipart, urlencoded
from .page import Page

HOST = "test"
BASE = f"http://{HOST}"
MOST_REDIRECTS = 10


class Client:
    """`async with Client(app) as client: page = await client.get("/")`.

    Starts the app in its test mode without listening; real database, real commits. `database`: another URL than the app's.
    """

    def __init__(self, app: App, *, database: str | None = None) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self._database = database
        self._runtime: Runtime | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where the app runs."""

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        settings = self.app.settings("test", os.environ, {"database": self._database})
        runtime = self.app.build(settings, "test")
        await runtime.start(listen=False)
        self._runtime = runtime
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.runtime.stop(drain_s=1)
        self._runtime = None
        self.loop = None

    @property
    def runtime(self) -> Runtime:
        if self._runtime is None:
            raise RuntimeError("use the client inside `async with Client(app) as client:`")
        return self._runtime

    @property
    def is_running(self) -> bool:
        return self._runtime is not None

    def beside(self) -> "Client":
        """Another browser on the same running app, without this one's cookies."""
        other = Client(self.app)
        other._runtime = self._runtime
        return other

    async def get(self, url: str, **options: Any) -> Page:
        return await self.request("GET", url, **options)

    async def head(self, url: str, **options: Any) -> Page:
        return await self.request("HEAD", url, **options)

    async def post(self, url: str, **options: Any) -> Page:
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Any) -> Page:
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Any) -> Page:
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Any) -> Page:
        return await self.request("DELETE", url, **options)

    async def options(self, url: str, **options: Any) -> Page:
        return await self.request("OPTIONS", url, **options)

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, object] | None = None,
        form: Mapping[str, object] | None = None,
        files: Mapping[str, FileContent] | None = None,
        json: Any = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
    ) -> Page:
        """A request as a browser on this site sends it; `headers` win over the client's own."""
        content_type, body = _encode(form, files, json, body)
        target = urljoin(BASE, url) + (f"?{urlencode(params, doseq=True)}" if params else "")
        page = await self._exchange(method, target, content_type, body, headers or {})
        for _ in range(MOST_REDIRECTS):
            if not follow_redirects or page.status not in (301, 302, 303, 307, 308):
                break
            target = urljoin(target, page.headers["location"])
            if page.status < 307:
                method, content_type, body = "GET", "", b""
            page = await self._exchange(method, target, content_type, body, headers or {})
        return page

    async def _exchange(
        self, method: str, url: str, content_type: str, body: bytes, headers: Mapping[str, str]
    ) -> Page:
        exchange = self._make_exchange(method, url, content_type, body, headers)
        if self._runtime is None:
            await self.__aenter__()
        await _answered(self.runtime, exchange)
        self._keep_cookies(exchange)
        return Page(exchange.status, exchange.answer_fields, bytes(exchange.answer), url, is_cut=exchange.is_cut)

    def _make_exchange(
        self,
        method: str,
        url: str,
        content_type: str,
        body: bytes,
        headers: Mapping[str, str],
        offer: WebSocketOffer | None = None,
    ) -> MemoryExchange:
        parts = urlsplit(url)
        lines = {"host": parts.netloc, "sec-fetch-site": "same-origin", "referer": BASE + "/"}
        if content_type:
            lines["content-type"] = content_type
        if self.cookies:
            lines["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines.update({name.lower(): value for name, value in headers.items()})
        path = quote(parts.path, safe="/%!$&'()*+,;=:@~") or "/"
        return MemoryExchange(
            method, path, parts.query, [*lines.items()], body, scheme=parts.scheme or "http", offer=offer
        )

    def _keep_cookies(self, exchange: MemoryExchange) -> None:
        for line in exchange.answer_fields.get_all("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def websocket(
        self, url: str, *, subprotocols: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> "ClientSocket":
        """`async with client.websocket("/ws") as ws: await ws.send("hello"); await ws.recv()`."""
        offer = WebSocketOffer(subprotocols, BASE)
        exchange = self._make_exchange("GET", urljoin(BASE, url), "", b"", {"origin": BASE, **(headers or {})}, offer)
        return ClientSocket(self.runtime, exchange)


class ClientSocket:
    """The client's end of a WebSocket in memory. `status` is what the handshake was answered with."""

    def __init__(self, runtime: Runtime, exchange: MemoryExchange) -> None:
        self._runtime = runtime
        self._exchange = exchange
        self._task: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(_answered(self._runtime, self._exchange))
        await self._exchange.answered.wait()
        return self

    async def __aexit__(self, *failure: object) -> None:
        if self._exchange.socket is not None:
            self._exchange.socket.hang_up()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=5)
            self._task.cancel()

    @property
    def status(self) -> int:
        return self._exchange.status

    @property
    def socket(self) -> MemorySocket:
        if self._exchange.socket is None:
            raise ConnectionError(f"the handshake was answered with {self.status}")
        return self._exchange.socket

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code or None

    async def send(self, message: str | bytes) -> None:
        self.socket.put(message)

    async def recv(self, *, timeout_s: float = 5) -> str | bytes:
        """The next message. Raises ConnectionError once the server has closed, TimeoutError."""
        async with asyncio.timeout(timeout_s):
            message = await self.socket.sent.get()
        if message is None:
            raise ConnectionError(f"closed with {self.close_code}")
        return message


async def _answered(runtime: Runtime, exchange: MemoryExchange) -> None:
    answering = runtime.site(exchange)
    if answering is not None:
        await answering


def _encode(
    form: Mapping[str, object] | None, files: Mapping[str, FileContent] | None, json: Any, body: bytes
) -> tuple[str, bytes]:
    if files:
        return multipart(form or {}, files)
    if form is not None:
        return urlencoded(form)
    if json is not None:
        return "application/json", msgspec.json.encode(json)
    return "", body
