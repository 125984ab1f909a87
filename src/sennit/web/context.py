"""What one call of a handler, rule or provider can ask for: the route's inputs, the request if there is one, providers.

Compiled where that is possible, from this very file (`context.pxd` gives the types): one is made for each request.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..http.exchange import Exchange
from ..http.limits import Limits
from .provider import FromContext
from .query_params import Pairs, QueryParams, parse_pairs
from .request import Request

if TYPE_CHECKING:
    from .answering import Answering
    from .route import Route

Step = Callable[[], Awaitable[None]]

_NOTHING: Mapping[str, Any] = {}


class Context:
    """Lives as long as one request, one rendering of a view, one message of a protocol.

    body: of the request, once it has been read whole. failure: the exception that the request was answered for; nothing is
    committed once there is one. given: preset `values`.
    params: decoded path segments by name. values: what providers have given, by name; preset entries win.
    scalars: resolved values of the handler's own parameters; preset entries win over path, query and `of_user`.
    """

    def __init__(
        self,
        site: "Answering",
        route: "Route",
        params: Mapping[str, str],
        exchange: Exchange | None = None,
        *,
        query: QueryParams | None = None,
        request: Request | None = None,
        values: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> None:
        self.site = site
        self.route = route
        self.params = params
        self.failure: BaseException | None = None
        self.given: Mapping[str, Any] = values or _NOTHING
        self._values: dict[str, Any] | None = dict(values) if values else None
        self._scalars: dict[str, Any] | None = dict(scalars) if scalars else None
        self.exchange = exchange
        self._query = query
        self._pairs: Pairs | None = None
        self._request = request
        self.body: bytes | None = None
        self._commits: list[Step] | None = None
        self._cleanups: list[Step] | None = None

    @property
    def values(self) -> dict[str, Any]:
        if self._values is None:
            self._values = {}
        return self._values

    @values.setter
    def values(self, values: dict[str, Any]) -> None:
        self._values = values

    @property
    def scalars(self) -> dict[str, Any]:
        if self._scalars is None:
            self._scalars = {}
        return self._scalars

    def knows_scalar(self, name: str) -> bool:
        return self._scalars is not None and name in self._scalars

    @property
    def limits(self) -> Limits:
        return self.route.limits

    @property
    def has_request(self) -> bool:
        return self.exchange is not None or self._request is not None

    @property
    def request(self) -> Request:
        """Raises SennitError where there is none: a live view is rendered again without a request."""
        if self._request is None:
            if self.exchange is None:
                raise _no_request(self.route.name)
            self._request = Request(self.exchange, self)
        return self._request

    @property
    def made_request(self) -> Request | None:
        """The request if anybody has asked for it."""
        return self._request

    @property
    def query(self) -> QueryParams:
        if self._query is None:
            self._query = QueryParams(self.query_pairs())
        return self._query

    def query_pairs(self) -> Pairs:
        """What `query` is made of. Raises BadRequest."""
        if self._pairs is None:
            if self._query is not None:
                self._pairs = self._query.pairs()
            else:
                text = "" if self.exchange is None else self.exchange.query_string
                self._pairs = parse_pairs(text, self.route.limits.parts if "&" in text else 1) if text else []
        return self._pairs

    def is_untouched(self) -> bool:
        """Nobody has asked for anything that has to be ended."""
        return self._request is None and self._commits is None and self._cleanups is None

    def is_plain(self) -> bool:
        """Neither a session nor a commit goes with the answer."""
        return self._commits is None and (self._request is None or not self._request.has_session)

    def has_commits(self) -> bool:
        return self._commits is not None

    def forget(self, name: str) -> None:
        """A value that was preset for one call; with the last one the dictionary goes, which a silent WebSocket would hold."""
        if self._values is not None:
            self._values.pop(name, None)
            if not self._values:
                self._values = None

    async def get(self, name: str) -> Any:
        """The value of a provider by name. Raises SennitError web.E005 for a name that nobody provides."""
        if name in self.values:
            return self.values[name]
        provider = self.route.providers.get(name)
        if provider is None:
            raise SennitError(
                code="web.E005",
                what=f"nothing provides {name!r}",
                where=f"route {self.route.name!r}",
                fix=f"known here: {', '.join(sorted(self.route.providers))}",
            )
        value = self.values[name] = await self.run_provider(provider)
        return value

    async def run_provider(self, provider: Callable[..., Any]) -> Any:
        """Call a provider; what a generator does after its `yield` becomes clean-up."""
        if isinstance(provider, FromContext):
            given = provider.give(self)
            return await given if inspect.isawaitable(given) else given
        made = self.route.binder_for(provider).invoke(self)
        made = await made if inspect.isawaitable(made) else made
        if inspect.isasyncgen(made):
            value = await anext(made)
            self.defer(lambda: _exhaust_async(made))
            return value
        if inspect.isgenerator(made):
            value = next(made)
            self.defer(lambda: _exhaust(made))
            return value
        return made

    def before_response(self, step: Step) -> None:
        """`await step()` after the answer is made and its status is below 400: the commit."""
        if self._commits is None:
            self._commits = []
        self._commits.append(step)

    def defer(self, step: Step) -> None:
        """`await step()` at the end, whatever happened; the last one first."""
        if self._cleanups is None:
            self._cleanups = []
        self._cleanups.append(step)

    async def commit(self) -> None:
        """May be called again, for what came after the first time. Does nothing after a failure."""
        if self.failure is None:
            for step in self._commits or ():
                await step()

    async def close(self) -> None:
        """Run the clean-ups. The first error of one is raised after all have run."""
        failure: BaseException | None = None
        while self._cleanups:
            try:
                await self._cleanups.pop()()
            except Exception as error:
                failure = failure or error
        if self._request is not None:
            self._request.close()
        if failure is not None:
            raise failure


def context_of(site: "Answering", route: "Route", params: Mapping[str, str], exchange: Exchange) -> Context:
    """Of a request. What `Context(...)` makes, without the parsing of its arguments: one is made for each request."""
    ctx = Context.__new__(Context)
    ctx.site = site
    ctx.route = route
    ctx.params = params
    ctx.exchange = exchange
    ctx._values = ctx._scalars = ctx.failure = None
    ctx.given = _NOTHING
    ctx.body = ctx._query = ctx._pairs = ctx._request = ctx._commits = ctx._cleanups = None
    return ctx


def _no_request(route: str) -> SennitError:
    return SennitError(
        code="web.E012",
        what="there is no request here",
        where=f"route {route!r}",
        fix="a live view, its providers and protocol handlers cannot use `request` or `session`; take what they need "
        "from the path, the query or of_user(...)",
    )


async def _exhaust_async(generator: Any) -> None:
    await anext(generator, None)
    await generator.aclose()


async def _exhaust(generator: Any) -> None:
    next(generator, None)
    generator.close()
