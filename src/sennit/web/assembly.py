"""From routers to routes: prefixes, names, rules, providers, limits and middleware of every level put together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import SennitError
from ..http.limits import Limits
from .path import PathPattern, parse_path
from .route import Providers, Route, RouteOptions
from .router import ConnectionService, Declaration, MessageService, Periodic, Router
from .routing import WEBSOCKET
from .rule import Rule


@dataclass(frozen=True, slots=True)
class Level:
    """What the routers from the outermost down to one of them add to everything below."""

    prefix: str
    name: str
    rules: tuple[Rule, ...]
    providers: Providers
    limits: Limits
    middleware: tuple[Callable[..., Any], ...]
    errors: tuple[Mapping[Any, Callable[..., Any]], ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A protocol handler with the route-like surroundings in which its parameters are resolved."""

    declaration: MessageService | ConnectionService | Periodic
    route: Route


class Assembly:
    """Everything that an app's routers declare, in order, with the mistakes found on the way.

    `beside`: routers of the framework itself (sign-in, console, static files); the root's rules are not theirs.
    """

    def __init__(self, root: Router, providers: Providers, limits: Limits, beside: Sequence[Router] = ()) -> None:
        self.routes: list[Route] = []
        self.services: list[Service] = []
        self.starts: list[Route] = []
        self.stops: list[Route] = []
        self.readies: list[Route] = []
        self.mistakes: list[SennitError] = []
        outermost = Level("", "", (), dict(providers), limits, (), ())
        self.level = self._enter(root, outermost, is_root=True)
        self._visit(root, self.level)
        bare = replace(self.level, rules=())
        for router in beside:
            self._visit(router, self._enter(router, bare))

    def _enter(self, router: Router, outer: Level, *, is_root: bool = False) -> Level:
        held = router.registrations
        return Level(
            prefix=outer.prefix if is_root else outer.prefix + router.prefix,
            name=".".join(filter(None, (outer.name, router.name))),
            rules=outer.rules + ((router.access,) if router.access else ()),
            providers={**outer.providers, **held.providers},
            limits=outer.limits.with_(router.limit_overrides),
            middleware=outer.middleware if is_root else outer.middleware + tuple(held.middleware),
            errors=(held.errors, *outer.errors),
        )

    def _visit(self, router: Router, level: Level) -> None:
        held = router.registrations
        own_prefix = level.prefix[: len(level.prefix) - len(router.prefix)] if router.prefix else level.prefix
        for declaration in held.routes:
            self._collect(lambda d=declaration: self.routes.append(self._route(d, own_prefix, level)))  # type: ignore[misc]
        for service in (*held.services, *held.periodic):
            self._collect(lambda s=service: self.services.append(self._service(s, level)))  # type: ignore[misc]
        for starts, into in ((held.starts, self.starts), (held.stops, self.stops), (held.readies, self.readies)):
            for function in starts:
                self._collect(lambda f=function, i=into: i.append(plain_route(f, level)))  # type: ignore[misc]
        for child in held.children:
            self._visit(child, self._enter(child, level))

    def _collect(self, make: Callable[[], None]) -> None:
        try:
            make()
        except SennitError as error:
            self.mistakes.append(error)

    def _route(self, declared: Declaration, prefix: str, level: Level) -> Route:
        pattern = declared.pattern
        if prefix:
            pattern = PathPattern(
                prefix + pattern.text,
                parse_path(prefix, "prefix").segments + pattern.segments,
            )
        methods = declared.methods | ({"HEAD"} if "GET" in declared.methods else set())
        return Route(
            name=f"{level.name}.{declared.name}" if level.name else declared.name,
            methods=methods,
            pattern=pattern,
            handler=declared.handler,
            options=declared.options,
            rules=level.rules + ((declared.options.access,) if declared.options.access else ()),
            providers=level.providers,
            limits=level.limits.with_(declared.options.limits),
            middleware=level.middleware + declared.options.middleware,
            error_handlers=level.errors,
            presets=declared.presets,
        )

    def _service(self, declared: MessageService | ConnectionService | Periodic, level: Level) -> Service:
        presets = _PRESETS[type(declared)]
        options = RouteOptions(lasting=isinstance(declared, ConnectionService))
        return Service(declared, plain_route(declared.handler, level, presets, options))


_PRESETS: dict[type, tuple[str, ...]] = {
    MessageService: ("message", "peer"),
    ConnectionService: ("conn",),
    Periodic: (),
}


def plain_route(
    function: Callable[..., Any],
    level: Level,
    presets: tuple[str, ...] = (),
    options: RouteOptions | None = None,
) -> Route:
    """A function that no request reaches, with its level's providers: protocol handlers, periodic work, start and stop."""
    return Route(
        name=getattr(function, "__name__", "handler"),
        methods=frozenset({"POST"}),
        pattern=PathPattern("", ()),
        handler=function,
        options=options or RouteOptions(),
        rules=(),
        providers=level.providers,
        limits=level.limits,
        error_handlers=level.errors,
        presets=presets,
    )


def route_names(
    routes: list[Route],
) -> tuple[dict[str, Route], dict[Any, Route], list[SennitError]]:
    """Routes by name and by function. Two routes of one name at different paths are a mistake only when asked for by name."""
    by_name: dict[str, Route] = {}
    by_function: dict[Any, Route] = {}
    twice: list[SennitError] = []
    for route in routes:
        other = by_name.setdefault(route.name, route)
        if other is not route and other.pattern.text != route.pattern.text:
            twice.append(_ambiguous(route, other))
        by_function.setdefault(route.handler, route)
    return by_name, by_function, twice


def _ambiguous(route: Route, other: Route) -> SennitError:
    return SennitError(
        code="route.E005",
        what=f"two routes are named {route.name!r}: {other.pattern.text!r} and {route.pattern.text!r}",
        where=f"{other.where} and {route.where}",
        fix="give one of them name='…'",
    )


def allowed_methods(methods: Iterable[str]) -> str:
    """The value of `Allow`; OPTIONS is always answered."""
    return ", ".join(sorted({method for method in methods if method != WEBSOCKET} | {"OPTIONS"}))
