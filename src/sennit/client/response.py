"""An answer: its head at once, its body whole or piece by piece."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import msgspec

from ..http.fields import Fields
from ..http.media_type import essence, parameter
from .content_decoding import content_decoding
from .errors import ClientError, StatusError, TooLarge
from .event_stream import Event, EventStream
from .limits import Limits
from .links import links_of
from .text_encoding import TextDecoding, text_of
from .trace import Trace

if TYPE_CHECKING:
    from .. import net
    from .request import Request
    from .transport import Reply
    from .url import URL

T = TypeVar("T")

BREATH_BYTES = 1024 * 1024
"""After so many decoded octets of one answer others have their turn."""
MOST_SHOWN = 200
"""Characters of an answer in a message."""


class Response:
    """What `client.get(url)` gives has its body already; of what `client.stream` gives it is read with `read`, or by
    `async for piece in response`.

    `history`: the redirects that led here, the first one first. `elapsed_s`: from the call until the head had come, and once
    the body has been read, until its end.
    """

    __slots__ = ("_content", "_limits", "_reply", "elapsed_s", "history", "request")

    def __init__(self, reply: "Reply", request: "Request", limits: Limits) -> None:
        self._reply = reply
        self._limits = limits
        self._content: bytes | None = None
        self.request = request
        self.history: tuple[Response, ...] = ()
        self.elapsed_s = monotonic() - request.began

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def reason(self) -> str:
        return self._reply.reason

    @property
    def http_version(self) -> str:
        return self._reply.http_version

    @property
    def headers(self) -> Fields:
        fields = self._reply.fields
        assert isinstance(fields, Fields)
        return fields

    @property
    def url(self) -> "URL":
        """Where this answer came from: behind redirects the last one."""
        return self.request.url

    @property
    def trace(self) -> Trace | None:
        """Only of a request with `trace=True`."""
        return self.request.trace

    @property
    def cookies(self) -> dict[str, str]:
        """Those that this answer sets, whether or not the jar takes them."""
        pairs = (line.partition(";")[0].partition("=") for line in self.headers.get_all("set-cookie"))
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}

    @property
    def media_type(self) -> str:
        """`text/html` of `Content-Type: text/html; charset=utf-8`; empty without the field."""
        return essence(self.headers.get("content-type", ""))

    @property
    def charset(self) -> str:
        """What Content-Type says; UTF-8 if it says nothing. `text` also looks at what marks the body, and at what HTML says."""
        return self._said_charset or "utf-8"

    @property
    def _said_charset(self) -> str:
        return parameter(self.headers.get("content-type", ""), "charset")

    @property
    def links(self) -> "dict[str, URL]":
        """Of the Link fields, by relation: `response.links.get("next")` (RFC 8288)."""
        return links_of(self.headers.get_all("link"), self.url)

    @property
    def is_success(self) -> bool:
        """A status of 200 to 299."""
        return 200 <= self._reply.status < 300

    @property
    def content(self) -> bytes:
        """The body, its content coding undone. Raises ClientError (client.E025) for a stream that has not been read."""
        if self._content is None:
            raise ClientError(
                "the body has not been read",
                url=self.url,
                code="client.E025",
                fix="`await response.read()` first, or use client.get instead of client.stream",
            )
        return self._content

    @property
    def body(self) -> bytes:
        """`content` by the name that it has in a request."""
        return self.content

    @property
    def text(self) -> str:
        return self.decode(self.content)

    def decode(self, octets: bytes) -> str:
        """Octets of this answer as text; what is wrong in them becomes U+FFFD."""
        return text_of(octets, self._said_charset, self.media_type)

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: Any = Any) -> Any:
        """The body as JSON, checked against `type`: a Struct, dataclass, `list[int]`... Raises ClientError (client.E024)."""
        try:
            return msgspec.json.decode(self.content, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClientError(
                f"the answer is not the JSON that was expected: {error}",
                url=self.url,
                phase="decode",
                elapsed_s=self.elapsed_s,
                code="client.E024",
                fix="look at response.status and response.text",
            ) from None

    def raise_for_status(self) -> Self:
        """Raises StatusError for a status of 400 or more, with the beginning of a body that is text and has been read."""
        if self._reply.status >= 400:
            raise StatusError(
                f"the server answered {self.status} {shown(self.reason)}{excerpt_of(self)}",
                status=self.status,
                response=self,
                url=self.url,
                elapsed_s=self.elapsed_s,
            )
        return self

    async def read(self, *, limit: int | None = None) -> bytes:
        """The whole body, its content coding undone. limit: in bytes; else `Limits.body` as it comes and `Limits.expanded`
        when its coding is undone. Raises TooLarge as soon as it is larger, and reads no further.
        """
        if self._content is None and not came_at_once(self):
            self._content = await self._read(limit)
            self.elapsed_s = monotonic() - self.request.began
        assert self._content is not None
        if limit is not None and len(self._content) > limit:
            raise self._too_large(limit)
        return self._content

    async def _read(self, limit: int | None) -> bytes:
        most = self._limits.expanded if limit is None else limit
        self._refuse_by_length(limit)
        body = bytearray()
        async for piece in self._pieces(most_raw=self._limits.body if limit is None else None):
            body += piece
            if len(body) > most:
                raise self._too_large(most)
        return bytes(body)

    def _refuse_by_length(self, limit: int | None) -> None:
        """What says itself that it is too large is not begun."""
        coded = self._reply.field_value("content-encoding") is not None
        most = self._limits.body if limit is None else limit
        if self._reply.content_length > most and self.request.method != "HEAD" and not (coded and limit is not None):
            self.release()
            raise self._too_large(most)

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Pieces of the body as they come, their content coding undone; however large it is, only one is in memory."""
        return self._whole() if self._content is not None else self._pieces()

    async def _whole(self) -> AsyncIterator[bytes]:
        if self.content:
            yield self.content

    async def texts(self) -> AsyncIterator[str]:
        """The body as text, as it comes: pieces of any size, no character cut in two."""
        decoding = TextDecoding(self._said_charset, self.media_type)
        async for piece in self:
            if text := decoding.feed(piece):
                yield text
        if text := decoding.finish():
            yield text

    async def lines(self, *, longest: int = 64 * 1024) -> AsyncIterator[str]:
        """Lines of text without their ends, LF or CRLF. Raises TooLarge for one of more than `longest` characters."""
        rest: list[str] = []
        size = 0
        async for text in self.texts():
            first, *more = text.split("\n")
            rest.append(first)
            size += len(first)
            if more:
                whole = ["".join(rest), *more]
                last = whole.pop()
                rest, size = [last], len(last)
                for line in whole:
                    yield line.removesuffix("\r")
            if size > longest:
                self.release()
                raise self._too_large(longest, "a line")
        if size:
            yield "".join(rest)

    def events(self) -> "AsyncIterator[Event]":
        """Server-sent events of this one answer, to a POST as well. `client.events` connects again, this does not.

        Raises TooLarge for an event of more than `Limits.event` bytes.
        """
        return events_in(self, EventStream())

    async def raw(self) -> AsyncIterator[bytes]:
        """Pieces of the body as they come, still in their content coding."""
        while piece := await self._reply.read_piece():
            yield piece
        self.release()
        self.elapsed_s = monotonic() - self.request.began

    async def _pieces(self, most_raw: int | None = None) -> AsyncIterator[bytes]:
        coding = content_decoding(self._reply.field_value("content-encoding"), self._limits, self.url)
        taken = unrested = 0
        try:
            while raw := await self._reply.read_piece():
                taken += len(raw)
                if most_raw is not None and taken > most_raw:
                    raise self._too_large(most_raw)
                for piece in (raw,) if coding is None else coding.feed(raw):
                    if piece:
                        yield piece
                    unrested += len(piece)
                    if coding is not None and unrested > BREATH_BYTES:
                        unrested = 0
                        await asyncio.sleep(0)
            if coding is not None:
                coding.finish()
        finally:
            self.release()
        self.elapsed_s = monotonic() - self.request.began

    def _too_large(self, most: int, what: str = "the body") -> TooLarge:
        return TooLarge(
            f"{what} is larger than {most} {'characters' if what == 'a line' else 'bytes'}",
            url=self.url,
            phase="body",
            elapsed_s=monotonic() - self.request.began,
        )

    def release(self) -> None:
        """Give up what has not been read. A response whose body has been read needs it no more."""
        self._reply.release()

    def upgrade(self) -> "tuple[net.Connection, bytes]":
        """After a 101: the connection, and what has come behind the head."""
        return self._reply.upgrade()

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.url}>"


def came_at_once(response: Response) -> bool:
    """The whole body has come with the head, and needs no decoding: nothing is to be waited for."""
    octets = response._reply.body_at_once
    if (
        octets is None
        or len(octets) > response._limits.body
        or response._reply.field_value("content-encoding") is not None
    ):
        return False
    response._content = octets
    return True


def is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(("json", "xml", "x-www-form-urlencoded"))


def shown(text: str) -> str:
    """In one line of a message, nothing in it that a terminal obeys."""
    line = " ".join(text.split())
    cut = line if len(line) <= MOST_SHOWN else line[:MOST_SHOWN] + "…"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cut)


def excerpt_of(response: Response) -> str:
    """For a message: a colon and the beginning of a body that is text, if it has been read."""
    content = response._content
    if not content or not is_text(response.media_type):
        return ""
    return f": {shown(response.decode(content[: 4 * MOST_SHOWN]))}"


async def events_in(response: Response, stream: EventStream) -> AsyncIterator[Event]:
    """By a stream that somebody else looks at too. Raises TooLarge."""
    most = response._limits.event
    async for piece in response:
        for event in stream.receive_data(piece):
            yield event
        if stream.pending > most:
            response.release()
            raise response._too_large(most, "an event")
