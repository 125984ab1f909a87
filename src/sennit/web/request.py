"""The request as a handler sees it: everything made when first asked for."""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..errors import BadRequest, SennitError, UnsupportedMediaType
from ..http.cookies import parse_cookies
from ..http.exchange import Address, Exchange
from ..http.fields import Fields
from ..http.limits import Limits
from ..http.media_type import essence
from .addresses import Origin, carried_over
from .entity_tag import entity_tag
from .form import FormData, read_form
from .query_params import QueryParams
from .required_state import require_state
from .session import COOKIE, Session
from .validation import load_json

if TYPE_CHECKING:
    from .context import Context
    from .response import Response

Work = Callable[[], Awaitable[None] | None]
Finish = Callable[["Request", "Response"], Awaitable["Response | None"]]


class Request:
    """What the client sent. `headers`, `query`, `cookies`, `session` and the body are read when first used."""

    finishing: tuple[Finish, ...] = ()

    def __init__(self, exchange: Exchange, context: "Context") -> None:
        self.exchange = exchange
        self._context = context
        self._began = time.perf_counter()
        self._form: FormData | None = None
        self._is_streamed = False
        self.work_after: list[Work] = []

    @property
    def context(self) -> "Context":
        """The call that this request is answered by; for middleware."""
        return self._context

    @property
    def method(self) -> str:
        return self.exchange.method

    @cached_property
    def path(self) -> str:
        """Percent-decoded."""
        return unquote(self.exchange.raw_path)

    @property
    def query(self) -> QueryParams:
        return self._context.query

    @property
    def params(self) -> Mapping[str, str]:
        """The path's segments by name, as text."""
        return self._context.params

    @property
    def headers(self) -> Fields:
        return self.exchange.fields

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        return parse_cookies("; ".join(self.headers.get_all("cookie")))

    @property
    def limits(self) -> Limits:
        """Those of the route that answers."""
        return self._context.limits

    @property
    def client(self) -> Address:
        return self.exchange.client

    @property
    def host(self) -> str:
        return self.exchange.host

    @property
    def scheme(self) -> str:
        return self.exchange.scheme

    @cached_property
    def url(self) -> str:
        query = f"?{self.exchange.query_string}" if self.exchange.query_string else ""
        return f"{self.scheme}://{self.host}{self.exchange.raw_path}{query}"

    @cached_property
    def id(self) -> str:
        """128 random bits, for logs and error answers; what a trusted proxy sent as `X-Request-ID`."""
        made = self.exchange.request_id = self._context.site.request_ids.of(self.exchange)
        return made

    @cached_property
    def csp_nonce(self) -> str:
        """Lets the page's own scripts and styles through its content security policy; new for each request."""
        return secrets.token_urlsafe(16)

    @property
    def has_csp_nonce(self) -> bool:
        """Whether anybody has asked for the nonce; a page without it needs none in its policy."""
        return "csp_nonce" in self.__dict__

    @property
    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000

    @cached_property
    def session(self) -> Session:
        session, self.session_needs_renewal = self._context.site.sessions.loads(self.cookies.get(COOKIE))
        return session

    session_needs_renewal = False

    @property
    def has_session(self) -> bool:
        """Whether the session has been looked at; one that has not need not be sent."""
        return "session" in self.__dict__

    async def body(self) -> bytes:
        """The whole body. Raises TooLarge past the route's `body` limit."""
        if self._context.body is None:
            if self._is_streamed:
                raise SennitError(
                    code="web.E011",
                    what="the body of this request was read as a stream already",
                    where=f"{self.method} {self.path}",
                    fix="use either request.stream() or request.body(), .json() or .form()",
                )
            self._context.body = await self.exchange.read(self._context.limits.body)
        return self._context.body

    async def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces as they come, with back-pressure. Raises TooLarge past the route's `body` limit."""
        if self._context.body is not None:
            yield self._context.body
            return
        self._is_streamed = True
        async for piece in self.exchange.stream(self._context.limits.body):
            yield piece

    async def json(self) -> Any:
        """The body as untyped JSON. Raises BadRequest, or UnsupportedMediaType when it is said to be something else."""
        return load_json(await self.json_bytes())

    async def json_bytes(self) -> bytes:
        kind = essence(self.headers.get("content-type", ""))
        if kind and kind != "application/json" and not kind.endswith("+json"):
            raise UnsupportedMediaType(detail=f"expected application/json, got {kind}"[:200])
        if self._context.body is None:
            self._context.body = await self.exchange.read(self._context.limits.form)
        if not self._context.body:
            raise BadRequest(detail="the body is empty; expected JSON")
        return self._context.body

    async def form(self) -> FormData:
        """The fields and files of a form body. Raises BadRequest, TooLarge, UnsupportedMediaType."""
        if self._form is None:
            content_type = self.headers.get("content-type", "")
            self._form = await read_form(content_type, self._read, self._stream, self._context.limits)
        return self._form

    async def _read(self, limit: int) -> bytes:
        if self._context.body is None:
            self._context.body = await self.exchange.read(limit)
        return self._context.body

    async def _stream(self, limit: int) -> AsyncIterator[bytes]:
        if self._context.body is not None:
            yield self._context.body
            return
        self._is_streamed = True
        async for piece in self.exchange.stream(limit):
            yield piece

    def check_conditions(
        self, *, etag: str | None = None, weak: bool = False, last_modified: datetime | None = None
    ) -> None:
        """Before a change: compare If-Match, If-None-Match and If-Unmodified-Since with the state that is there now.

        etag: as given to `Response.set_etag`; None when there is nothing yet. Raises Problem 412 (RFC 9110 §13.1).
        """
        require_state(self.method, self.headers, None if etag is None else entity_tag(etag, weak), last_modified)

    def url_for(self, target: str | Callable[..., Any], *, absolute: bool = False, **params: Any) -> str:
        """The path of a route by name or function; a whole URL when `absolute`, and for a route of another host.

        What the path has in common with the current one is kept: below `/teams/{team}` the team need not be given again.
        """
        addresses, current = self._context.site.addresses, self._context.route
        kept = carried_over(addresses.route(target), current, self.params)
        origin = Origin(self.scheme, self.host)
        return addresses.url(target, {**kept, **params}, here=origin, absolute=absolute)

    def after(self, work: Work) -> None:
        """`work()` is run once the answer has been sent, whatever it was; errors in it are logged."""
        self.work_after.append(work)

    def before_sending(self, finish: Finish) -> None:
        """`await finish(request, response)` when the answer is whole: cookie, location and file are known. A Response that it
        returns takes the place of the other. The first that was registered is the last to run, as middleware does."""
        self.finishing = (*self.finishing, finish)

    def close(self) -> None:
        if self._form is not None:
            self._form.close()

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"
