"""What one call of a handler, rule or provider can ask for: the route's inputs, the request if there is one, providers."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..http.exchange import Exchange
from ..http.limits import Limits
from .provider import FromContext
from .query_params import QueryParams
from .request import Request

if TYPE_CHECKING:
    from .route import Route
    from .site import Site

Step = Callable[[], Awaitable[None]]


class Context:
    """Lives as long as one request, one rendering of a view, one message of a protocol.

    params: decoded path segments by name. values: what providers have given, by name; preset entries win.
    scalars: resolved values of the handler's own parameters; preset entries win over path, query and `of_user`.
    """

    def __init__(
        self,
        site: "Site",
        route: "Route",
        params: Mapping[str, str],
        *,
        exchange: Exchange | None = None,
        query: QueryParams | None = None,
        request: Request | None = None,
        values: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> None:
        self.site = site
        self.route = route
        self.params = params
        self.values: dict[str, Any] = dict(values) if values else {}
        self.scalars: dict[str, Any] = dict(scalars) if scalars else {}
        self._exchange = exchange
        self._given_query = query
        self._given_request = request
        self._commits: list[Step] = []
        self._cleanups: list[Step] = []

    @property
    def limits(self) -> Limits:
        return self.route.limits

    @property
    def has_request(self) -> bool:
        return self._exchange is not None or self._given_request is not None

    @cached_property
    def request(self) -> Request:
        """Raises SennitError where there is none: a live view is rendered again without a request."""
        if self._given_request is not None:
            return self._given_request
        if self._exchange is None:
            raise SennitError(
                code="web.E012",
                what="there is no request here",
                where=f"route {self.route.name!r}",
                fix="a live view, its providers and protocol handlers cannot use `request` or `session`; take what they need "
                "from the path, the query or of_user(...)",
            )
        return Request(self._exchange, self)

    @property
    def made_request(self) -> Request | None:
        """The request if anybody has asked for it."""
        return self._given_request or self.__dict__.get("request")

    @cached_property
    def query(self) -> QueryParams:
        if self._given_query is not None:
            return self._given_query
        if self._exchange is None or not self._exchange.query_string:
            return QueryParams()
        return self.request.parse_query()

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
        self._commits.append(step)

    def defer(self, step: Step) -> None:
        """`await step()` at the end, whatever happened; the last one first."""
        self._cleanups.append(step)

    async def commit(self) -> None:
        commits, self._commits = self._commits, []
        for step in commits:
            await step()

    async def close(self) -> None:
        """Run the clean-ups. The first error of one is raised after all have run."""
        failure: BaseException | None = None
        while self._cleanups:
            try:
                await self._cleanups.pop()()
            except Exception as error:
                failure = failure or error
        made = self.__dict__.get("request")
        if made is not None:
            made.close()
        if failure is not None:
            raise failure


async def _exhaust_async(generator: Any) -> None:
    await anext(generator, None)
    await generator.aclose()


async def _exhaust(generator: Any) -> None:
    next(generator, None)
    generator.close()
