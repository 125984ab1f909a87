"""Live pages without a browser: a page that follows its regions as the browser script does.

async def test_two_browsers(live):
    ann, bob = await live.open("/"), await live.open("/")
    await ann.submit("form[action='/todos']", text="milk")
    await live.settled()
    assert bob.texts("li") == ["milk toggle"]
"""

import asyncio
import re
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from .client import Client, ClientSocket
from .live_region import MARKERS, Diverged, LiveRegion
from .page import Page, PageForm

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from ..live import Hub
    from ..model import TrackedDatabase

SWITCHING_PROTOCOLS = 101
SOCKET = "/-/sennit/live"
ANSWER = "application/vnd.sennit.live+json"
_TOKEN = re.compile(r'<meta name="sennit-live" content="([^"]*)">')
_SPACE = re.compile(r"\s+")


class Live:
    """Opens live pages of one running application. `client`: whose cookies they use unless `open` is given another."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pages: list[LivePage] = []
        self._renders = self.hub.renders if client.is_running else 0

    @property
    def hub(self) -> "Hub":
        hub = self.client.runtime.hub
        if hub is None:
            raise RuntimeError("this application has no live pages")
        return hub

    @property
    def renders(self) -> int:
        """Regions rendered again since this began, because something changed; first pages do not count."""
        return self.hub.renders - self._renders

    def database(self) -> "AbstractAsyncContextManager[TrackedDatabase]":
        """`async with live.database() as db`: a transaction that is committed at the end."""
        return self.client.app.database()

    async def open(self, url: str, *, js: bool = True, client: Client | None = None) -> "LivePage":
        """GET the page and follow it. `js=False`: as a browser without JavaScript, plain HTML only."""
        page = LivePage(self, client or self.client, js=js)
        self.pages.append(page)
        await page.visit(url)
        return page

    async def settled(self) -> None:
        """Every commit seen, rendered, sent and applied; nothing waits for the clock."""
        calm = 0
        while calm < 2:
            await self.hub.settled()
            await asyncio.sleep(0)
            moved = [await page.receive() for page in self.pages]
            calm = 0 if any(moved) or any(page.has_unread for page in self.pages) else calm + 1

    async def close(self) -> None:
        for page in self.pages:
            page.drop()
        await self.settled()

    # -- what a page means -------------------------------------------------------------------------------------------

    async def assert_reads(self, url: str, tables: Iterable[str]) -> None:
        """The page's regions depend on exactly these tables."""
        page = await self.open(url)
        found = {read.table for shape in self._shapes(page) for read in self.hub.index.reads_of(shape)}
        assert found == set(tables), f"{url} reads {sorted(found)}, not {sorted(tables)}"

    async def assert_shared(self, url: str, clients: Iterable[Client]) -> None:
        """All these browsers show the same shapes: one render serves them all."""
        held = [{region.shape for region in (await self.open(url, client=client)).regions} for client in clients]
        assert all(shapes == held[0] for shapes in held), f"{url} is not the same shape for everybody"

    async def assert_denied(self, url: str, client: Client | None = None) -> None:
        """The page is refused, and a socket that has somebody's token for it gets nothing."""
        page = await self.open(url, client=client)
        assert page.status in (302, 303, 401, 403, 404), f"{url} answered {page.status}"

    def _shapes(self, page: "LivePage") -> list[Any]:
        ids = {region.shape for region in page.regions}
        return [shape for scene in self.hub.scenes.values() for shape in scene.shapes.values() if shape.id in ids]


class LivePage:
    """One tab. Made by `Live.open`."""

    def __init__(self, live: Live, client: Client, *, js: bool) -> None:
        self.live = live
        self.client = client
        self.has_js = js
        self.status = 0
        self.url = ""
        self.bytes = 0
        """UTF-8 bytes of all frames that came by the socket."""
        self.gone: dict[str, str] = {}
        """Why regions were taken away, by shape."""
        self.stale: set[str] = set()
        self.frames: list[Any] = []
        self._parts: list[str | LiveRegion] = []
        self._token = ""
        self._socket: ClientSocket | None = None

    # -- the page ----------------------------------------------------------------------------------------------------

    async def visit(self, url: str) -> None:
        """Load a page in this tab."""
        self.drop()
        self._show(await self.client.get(url, headers={"accept": "text/html"}, follow_redirects=True))
        await self.resume()

    def _show(self, page: Page) -> None:
        self.status, self.url = page.status, page.url
        token = _TOKEN.search(page.text)
        self._token = token[1] if token else ""
        self._parts, at = [], 0
        for match in MARKERS.finditer(page.text):
            self._parts += [page.text[at : match.start()], LiveRegion(*match.groups())]
            at = match.end()
        self._parts.append(page.text[at:])

    @property
    def regions(self) -> list[LiveRegion]:
        return [part for part in self._parts if isinstance(part, LiveRegion)]

    @property
    def html(self) -> str:
        """The page as it stands now, without tokens and nonces."""
        text = _TOKEN.sub("", "".join(map(str, self._parts)))
        return re.sub(r' nonce="[^"]*"', "", text)

    def select(self, css: str) -> "list[HtmlElement]":
        """Elements by CSS selector."""
        from lxml.html import document_fromstring

        found: list[HtmlElement] = document_fromstring(self.html).cssselect(css)
        return found

    def texts(self, css: str) -> list[str]:
        """The text of every element, white space collapsed."""
        return [_SPACE.sub(" ", element.text_content()).strip() for element in self.select(css)]

    def text(self, css: str) -> str:
        """The text of the first element. Raises AssertionError when there is none."""
        texts = self.texts(css)
        assert texts, f"{self.url} has no element {css!r}"
        return texts[0]

    def form(self, css: str) -> PageForm:
        """The first form. Raises AssertionError when there is none."""
        forms = self.select(css)
        assert forms, f"{self.url} has no form {css!r}"
        return PageForm(forms[0].method.upper(), forms[0].get("action", ""), dict(forms[0].form_values()))

    # -- doing something ---------------------------------------------------------------------------------------------

    async def submit(self, css: str, **fields: object) -> Page | None:
        """Fill in and send a form as a browser does; None after a navigation by GET."""
        form, element = self.form(css), self.select(css)[0]
        url = urljoin(self.url, form.action or self.url)
        values = {**form.values, **fields}
        if form.method == "GET":
            await self.visit(f"{url.partition('?')[0]}?{urlencode(values)}")
            return None
        if self.has_js and "live" in element.attrib:
            return await self._submit_live(url, values)
        answer = await self.client.post(url, form=values, headers={"referer": self.url}, follow_redirects=True)
        self.drop()
        self._show(answer)
        await self.resume()
        return answer

    async def _submit_live(self, url: str, values: dict[str, object]) -> Page:
        held = {region.shape: region.digest for region in self.regions}
        words = [self._token or "-", *(f"{shape}={digest}" for shape, digest in held.items())]
        headers = {"sennit-live": " ".join(words), "accept": "application/json", "referer": self.url}
        answer = await self.client.post(url, form=values, headers=headers)
        if answer.headers.get("content-type") == ANSWER:
            found = answer.json()
            if found["location"]:
                await self.visit(urljoin(self.url, found["location"]))
            await self._take_answer(found["frames"], held)
        return answer

    async def _take_answer(self, frames: list[Any], held: dict[str, str]) -> None:
        """Apply what the socket has not overtaken, and tell the socket of it."""
        now = {region.shape: region.digest for region in self.regions}
        fitting = [frame for frame in frames if now.get(frame[0]) == held.get(frame[0])]
        for frame in fitting:
            self._take(frame)
        await self.say(["have", [[frame[0], frame[2]] for frame in fitting if len(frame) == 4]])

    # -- the line ----------------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """The line breaks."""
        if self._socket is not None:
            self._socket.socket.hang_up()
            self._socket = None

    async def resume(self) -> None:
        """The line is back: say what is held, get what was missed."""
        if not self.has_js or not self._token or not self.regions:
            return
        self.drop()
        socket = self.client.websocket(SOCKET, subprotocols=("sennit.1",))
        await socket.__aenter__()
        if socket.status != SWITCHING_PROTOCOLS:
            raise ConnectionError(f"the live socket was answered with {socket.status}")
        self._socket = socket
        await self.say(["join", self._token, [[region.shape, region.digest] for region in self.regions]])
        await self.live.settled()

    async def say(self, message: Any) -> None:
        """Send a message up the socket."""
        if self._socket is not None and not self._socket.socket.is_closed:
            await self._socket.send(msgspec.json.encode(message).decode())

    @property
    def is_open(self) -> bool:
        return self._socket is not None and not self._socket.socket.is_closed

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code if self._socket else None

    @property
    def has_unread(self) -> bool:
        """Something lies in the socket, on either side."""
        return self.is_open and self._socket is not None and self._socket.socket.has_unread

    async def receive(self) -> int:
        """Apply what has come; how many messages that was."""
        count = 0
        while self._socket is not None and not self._socket.socket.sent.empty():
            message = self._socket.socket.sent.get_nowait()
            count += 1
            if message is not None:
                self.bytes += len(message.encode() if isinstance(message, str) else message)
                await self._hear(msgspec.json.decode(message))
        return count

    async def _hear(self, message: list[Any]) -> None:
        self.frames.append(message)
        try:
            self._take(message)
        except Diverged:
            for region in self.regions:
                if region.shape == message[0]:
                    region.digest = ""
            await self.say(["need", message[0]])

    def _take(self, message: list[Any]) -> None:
        match message:
            case ["gone", shape, why]:
                self.gone[shape] = why
                self._parts = [part for part in self._parts if not _is_shape(part, shape)]
            case ["stale", shape]:
                self.stale.add(shape)
            case ["ping" | "drain" | "reload", *_]:
                pass
            case [shape, before, after, body]:
                for region in self.regions:
                    if region.shape == shape:
                        region.apply(before, after, body)
                        self.stale.discard(shape)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


def _is_shape(part: str | LiveRegion, shape: str) -> bool:
    return isinstance(part, LiveRegion) and part.shape == shape
