"""The web application as one Handler: whoever listens hands it exchanges, it answers them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import NotFound, SennitError, did_you_mean
from .answering import LIVE_FIELD as LIVE_FIELD
from .answering import Answering, CrashPage, Denied, ResolveValue
from .assembly import Assembly, plain_route, route_names
from .context import Context
from .cross_site import is_same_origin
from .encode import JsonDefault
from .hosts import AllowedHosts
from .middleware.cors import Cors
from .query_params import QueryParams
from .redirect import BACK, Redirect, is_local_path
from .request import Request
from .request_id import RequestIds
from .route import Route, called_by
from .routing import RouteTable
from .rule import authorize
from .session import SessionSigner


class Site(Answering):
    """Routes, rules and middleware put together; satisfies `http.Handler`.

    on_any_host: paths that answer whatever the Host: health probes ask by address, and learn nothing.
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
        request_ids: RequestIds | None = None,
        on_any_host: frozenset[str] = frozenset(),
    ) -> None:
        self.routes = assembly.routes
        self.level = assembly.level
        table, mistakes = _table_of(assembly.routes)
        super().__init__(
            table=table,
            fallback=plain_route(_nothing_here, assembly.level),
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
        )
        self._share()
        self.routes_by_name, self._by_function, ambiguous = route_names(assembly.routes)
        mistakes = [*assembly.mistakes, *ambiguous, *mistakes]
        mistakes.extend(self.fallback.check_functions(called_by(middleware)))
        for service in assembly.services:
            mistakes.extend(service.route.check())
        if mistakes:
            raise ExceptionGroup("the application cannot start", mistakes)

    def _share(self) -> None:
        """The application's own CORS is that of every route which has none nearer."""
        own = next((each for each in reversed(self.middleware) if isinstance(each, Cors)), None)
        for route in (*self.routes, self.fallback):
            route.sharing = route.sharing or own

    # -- addresses -----------------------------------------------------------------------------------------------

    def route_named(self, target: str | Callable[..., Any]) -> Route:
        """By name or function. Raises SennitError route.E007 with the nearest names."""
        route = self.routes_by_name.get(target) if isinstance(target, str) else self._by_function.get(target)
        if route is None and isinstance(target, str):
            ending = [r for name, r in self.routes_by_name.items() if name.endswith("." + target)]
            route = ending[0] if len(ending) == 1 else None
        if route is None:
            raise _no_such_route(target, list(self.routes_by_name))
        return route

    def url_for(self, target: str | Callable[..., Any], **params: Any) -> str:
        """The path of a route by name or function; parameters beyond the path become the query string."""
        return self.route_named(target).url(**params)

    def location(self, request: Request, redirect: Redirect) -> str:
        target = redirect.target
        if redirect.is_external:
            return str(target)
        if target == BACK:
            return _referrer(request)
        if isinstance(target, str) and target.startswith("/"):
            if is_local_path(target):
                return target
            raise _no_such_route(target, [])
        return self.url_for(target, **redirect.params)

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


def _table_of(routes: list[Route]) -> tuple[RouteTable, list[SennitError]]:
    """With every mistake in it, an empty table when it cannot be made."""
    try:
        return RouteTable(routes), [mistake for route in routes for mistake in route.check()]
    except SennitError as error:
        return RouteTable(()), [error]


async def _nothing_here() -> None:
    raise NotFound


def _referrer(request: Request) -> str:
    referrer = request.headers.get("referer", "")
    if not is_same_origin(request.exchange, referrer):
        return "/"
    parts = urlsplit(referrer)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return path if is_local_path(path) else "/"


def _no_such_route(target: Any, names: list[str]) -> SennitError:
    shown = target if isinstance(target, str) else getattr(target, "__qualname__", repr(target))
    return SennitError(
        code="route.E007",
        what=f"there is no route {shown!r}.{did_you_mean(str(shown), names)}",
        fix="give a route's name, its function, or a path of this site that starts with one '/'",
    )
