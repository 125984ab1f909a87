"""The web application as one Handler: whoever listens hands it exchanges, it answers them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import SennitError
from .addresses import NOWHERE, Addresses, Origin, no_such_route
from .answering import LIVE_FIELD as LIVE_FIELD
from .answering import Answering, CrashPage, Denied, ResolveValue
from .assembly import Assembly, nothing_here, plain_route
from .context import Context
from .cross_site import is_same_origin
from .encode import JsonDefault
from .finding import Finder, Slashes
from .host_routing import uncovered_hosts
from .hosts import AllowedHosts
from .middleware.cors import Cors
from .path_agreement import untaken
from .query_params import QueryParams
from .redirect import BACK, Redirect, is_local_path
from .request import Request
from .request_id import RequestIds
from .route import Overrides, Route, called_by
from .rule import authorize
from .session import SessionSigner
from .shadowing import shadowed


class Site(Answering):
    """Routes, rules and middleware put together; satisfies `http.Handler`.

    on_any_host: paths that answer whatever the Host: health probes ask by address, and learn nothing.
    overrides: by function, what tests put in the place of a provider that `Provide(...)` names.
    Raises an ExceptionGroup of SennitErrors when anything in the routers cannot be resolved: all mistakes together.
    """

    def __init__(
        self,
        assembly: Assembly,
        *,
        middleware: tuple[Callable[..., Any], ...],
        hosts: AllowedHosts,
        sessions: SessionSigner,
        root: Path,
        json_default: JsonDefault | None = None,
        resolve_value: ResolveValue | None = None,
        denied: Denied | None = None,
        crash_page: CrashPage | None = None,
        identity: frozenset[str] = frozenset({"user"}),
        home: Origin = NOWHERE,
        slashes: Slashes = "redirect",
        request_ids: RequestIds | None = None,
        on_any_host: frozenset[str] = frozenset(),
        overrides: Overrides | None = None,
    ) -> None:
        self.routes = assembly.routes
        self.level = assembly.level
        super().__init__(
            finder=Finder(assembly.routes, assembly.fallbacks, slashes),
            fallback=plain_route(nothing_here, assembly.level),
            middleware=middleware,
            hosts=hosts,
            sessions=sessions,
            root=root,
            json_default=json_default,
            resolve_value=resolve_value,
            denied=denied,
            crash_page=crash_page,
            identity=identity,
            request_ids=request_ids or RequestIds(),
            on_any_host=on_any_host,
            overrides=overrides or {},
        )
        self._share()
        self.addresses = Addresses(assembly.routes, home)
        self.routes_by_name = self.addresses.by_name
        mistakes = [*assembly.mistakes, *self.addresses.mistakes, *self.finder.mistakes]
        mistakes += uncovered_hosts(self.routes, self.hosts)
        mistakes.extend(self.fallback.check_functions(called_by(middleware)))
        for route in (*self.routes, *(service.route for service in assembly.services)):
            mistakes.extend(route.check())
        if mistakes:
            raise ExceptionGroup("the application cannot start", mistakes)

    def _share(self) -> None:
        """The application's own CORS is that of every route which has none nearer."""
        own = next((each for each in reversed(self.middleware) if isinstance(each, Cors)), None)
        for route in (*self.routes, self.fallback):
            route.sharing = route.sharing or own

    def warnings(self) -> list[SennitError]:
        """What does not stop a start and still may be a mistake: routes that nothing reaches, parameters that nothing takes."""
        unused = [warning for route in self.routes for warning in untaken(route)]
        return [*shadowed(self.routes, self.table, self.finder.by_host), *unused]

    # -- addresses -----------------------------------------------------------------------------------------------

    def route_named(self, target: str | Callable[..., Any]) -> Route:
        """By name or function. Raises SennitError route.E007 with the nearest names."""
        return self.addresses.route(target)

    def url_for(self, target: str | Callable[..., Any], *, absolute: bool = False, **params: Any) -> str:
        """The path of a route by name or function; parameters beyond the path become the query string.

        A whole URL when `absolute`, and for a route of a single host.
        """
        return self.addresses.url(target, params, here=None, absolute=absolute)

    def location(self, request: Request, redirect: Redirect) -> str:
        target = redirect.target
        if redirect.is_external:
            return str(target)
        if target == BACK:
            return _referrer(request)
        if isinstance(target, str) and target.startswith("/"):
            if is_local_path(target):
                return target
            raise no_such_route(target, [])
        return request.url_for(target, **redirect.params)

    def context(
        self,
        route: Route,
        params: Mapping[str, str],
        query: QueryParams,
        *,
        request: Request | None = None,
        values: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> Context:
        """For rendering a view again or evaluating its rules without its own HTTP request."""
        return Context(
            self,
            route,
            params,
            query=query,
            request=request,
            values=values,
            scalars=scalars,
        )

    async def authorize(self, ctx: Context) -> None:
        """Every rule of the context's route, from the outermost inwards. Raises Forbidden, or what a rule raises."""
        await authorize(ctx, ctx.route.rules)

    def close(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)


def _referrer(request: Request) -> str:
    referrer = request.headers.get("referer", "")
    if not is_same_origin(request.exchange, referrer):
        return "/"
    parts = urlsplit(referrer)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return path if is_local_path(path) else "/"
