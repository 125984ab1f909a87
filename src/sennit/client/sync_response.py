"""An answer for programs without an event loop: `Response`, minus `await`."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from ..http.fields import Fields
from .caller import Caller
from .errors import StatusError, TooLarge
from .event_stream import Event
from .response import Response
from .trace import Trace

if TYPE_CHECKING:
    from .request import Request
    from .url import URL

T = TypeVar("T")


class SyncResponse:
    """What `client.get(url)` gives has its body already; of what `client.stream` gives it is read with `read`, or by
    `for piece in response`, in one thread at a time.

    `history`: the redirects that led here, the first one first. `elapsed_s`: from the call until the head had come, and once
    the body has been read, until its end.
    """

    __slots__ = ("_caller", "_response")

    def __init__(self, response: Response, caller: Caller) -> None:
        self._response = response
        self._caller = caller

    @property
    def request(self) -> "Request":
        return self._response.request

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def reason(self) -> str:
        return self._response.reason

    @property
    def http_version(self) -> str:
        return self._response.http_version

    @property
    def headers(self) -> Fields:
        return self._response.headers

    @property
    def url(self) -> "URL":
        """Where this answer came from: behind redirects the last one."""
        return self._response.url

    @property
    def history(self) -> "tuple[SyncResponse, ...]":
        return tuple(SyncResponse(each, self._caller) for each in self._response.history)

    @property
    def elapsed_s(self) -> float:
        return self._response.elapsed_s

    @property
    def trace(self) -> Trace | None:
        """Only of a request with `trace=True`."""
        return self._response.trace

    @property
    def cookies(self) -> dict[str, str]:
        """Those that this answer sets, whether or not the jar takes them."""
        return self._response.cookies

    @property
    def media_type(self) -> str:
        """`text/html` of `Content-Type: text/html; charset=utf-8`; empty without the field."""
        return self._response.media_type

    @property
    def charset(self) -> str:
        """What Content-Type says; UTF-8 if it says nothing. `text` also looks at what marks the body, and at what HTML says."""
        return self._response.charset

    @property
    def links(self) -> "dict[str, URL]":
        """Of the Link fields, by relation: `response.links.get("next")` (RFC 8288)."""
        return self._response.links

    @property
    def is_success(self) -> bool:
        """A status of 200 to 299."""
        return self._response.is_success

    @property
    def content(self) -> bytes:
        """The body, its content coding undone. Raises ClientError (client.E025) for a stream that has not been read."""
        return self._response.content

    body = content

    @property
    def text(self) -> str:
        return self._response.text

    def decode(self, octets: bytes) -> str:
        """Octets of this answer as text; what is wrong in them becomes U+FFFD."""
        return self._response.decode(octets)

    @overload
    def json(self) -> Any: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: Any = Any) -> Any:
        """The body as JSON, checked against `type`: a Struct, dataclass, `list[int]`... Raises ClientError (client.E024)."""
        return self._response.json(type)

    def raise_for_status(self) -> Self:
        """Raises StatusError for a status of 400 or more, with the beginning of a body that is text and has been read."""
        try:
            self._response.raise_for_status()
        except StatusError as error:
            error.response = self
            raise
        return self

    def read(self, *, limit: int | None = None) -> bytes:
        """The whole body, its content coding undone. limit: in bytes; else `Limits.body` as it comes and `Limits.expanded`
        when its coding is undone. Raises TooLarge as soon as it is larger, and reads no further.
        """
        return self._caller.run(self._response.read(limit=limit))

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of the body as they come, their content coding undone; however large it is, only one is in memory."""
        return self._each(aiter(self._response))

    def raw(self) -> Iterator[bytes]:
        """Pieces of the body as they come, still in their content coding."""
        return self._each(self._response.raw())

    def lines(self, *, longest: int = 64 * 1024) -> Iterator[str]:
        """Lines of text without their ends, LF or CRLF. Raises TooLarge for one of more than `longest` characters."""
        rest = ""
        for text in self.texts():  # split here: a way to the loop and back for each line would cost more than the line
            *whole, rest = (rest + text).split("\n")
            for line in whole:
                yield line.removesuffix("\r")
            if len(rest) > longest:
                self.release()
                raise TooLarge(f"a line is larger than {longest} bytes", url=self.url, phase="body")
        if rest:
            yield rest

    def texts(self) -> Iterator[str]:
        """The body as text, as it comes: pieces of any size, no character cut in two."""
        return self._each(self._response.texts())

    def events(self) -> Iterator[Event]:
        """Server-sent events of this one answer, to a POST as well. `client.events` connects again, this does not.

        Raises TooLarge for an event of more than `Limits.event` bytes.
        """
        return self._each(self._response.events())

    def release(self) -> None:
        """Give up what has not been read. A response whose body has been read needs it no more."""
        self._caller.tell(self._response.release)

    def _each(self, pieces: AsyncIterator[T]) -> Iterator[T]:
        while (piece := self._caller.run(_next(pieces))) is not None:
            yield piece

    def __repr__(self) -> str:
        return f"<SyncResponse {self.status} {self.url}>"


async def _next(pieces: AsyncIterator[T]) -> T | None:
    return await anext(pieces, None)
