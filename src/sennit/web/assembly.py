"""From routers to routes: prefixes, names, rules, providers, limits and middleware of every level put together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import NotFound, SennitError, did_you_mean
from ..http.limits import Limits
from .converter import Converter
from .host_routing import HostPattern, names_of
from .mount import Adapt, Mount, Mounted, request_handler, socket_handler
from .parameters import place_of
from .path import PathPattern, parse_prefix
from .route import Overrides, Providers, Route, RouteOptions
from .router import ConnectionService, Declaration, MessageService, Periodic, Router
from .routing import ANY, WEBSOCKET
from .rule import Rule


@dataclass(frozen=True, slots=True)
class Level:
    """What the routers from the outermost down to one of them add to everything below."""

    prefix: PathPattern
    host: HostPattern | None
    converters: Mapping[str, Converter]
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

    beside: routers of the framework itself (sign-in, console, static files); the root's rules are not theirs. adapt: makes
    adapters of mounted applications, for whoever starts and stops them. overrides: by name or
    function, what tests put in a provider's place.
    """

    def __init__(
        self,
        root: Router,
        providers: Providers,
        limits: Limits,
        beside: Sequence[Router] = (),
        adapt: Adapt = lambda application, where: as_mounted(application, where),
        overrides: Overrides | None = None,
    ) -> None:
        self._adapt = adapt
        self._overrides = overrides or {}
        self._overridden: set[str] = set()
        self.routes: list[Route] = []
        self.mounted: list[Mounted] = []
        self.fallbacks: list[Route] = []
        """Of mounted routers: what answers there when nothing else does."""
        self.services: list[Service] = []
        self.starts: list[Route] = []
        self.stops: list[Route] = []
        self.readies: list[Route] = []
        self.mistakes: list[SennitError] = []
        outermost = Level(PathPattern("", ()), None, {}, "", (), dict(providers), limits, (), ())
        self.level = self._enter(root, outermost, is_root=True)
        self._visit(root, self.level)
        bare = replace(self.level, rules=())
        for router in beside:
            self._visit(router, self._enter(router, bare))
        self.mistakes += [
            _no_provider(name, self.level)
            for name in self._overrides
            if isinstance(name, str) and name not in self._overridden
        ]

    def _enter(self, router: Router, outer: Level, *, is_root: bool = False) -> Level:
        held = router.registrations
        return Level(
            prefix=outer.prefix if is_root else parse_prefix(router.prefix, "Router(prefix)").below(outer.prefix),
            host=self._host(router, outer),
            converters={**outer.converters, **held.converters},
            name=".".join(filter(None, (outer.name, router.name))),
            rules=outer.rules + router.rules,
            providers=self._providers(outer, held.providers),
            limits=outer.limits.with_(router.limit_overrides),
            middleware=outer.middleware if is_root else outer.middleware + tuple(held.middleware),
            errors=(held.errors, *outer.errors),
        )

    def _providers(self, outer: Level, own: Providers) -> Providers:
        providers = {**outer.providers, **own}
        for name, provider in providers.items():
            if name in self._overrides or provider in self._overrides:
                self._overridden.add(name)
                providers[name] = self._overrides.get(name) or self._overrides[provider]
        return providers

    def _host(self, router: Router, outer: Level) -> HostPattern | None:
        if router.host is not None and outer.host is not None and router.host != outer.host:
            mistake = SennitError(
                code="route.E017",
                what=f"a router of the host {router.host.text!r} is included in one of the host {outer.host.text!r}",
                where=f"Router(host={router.host.text!r})",
                fix="include it in the app itself, or leave the host to the outer router",
            )
            self.mistakes.append(mistake)
        return router.host or outer.host

    def _visit(self, router: Router, level: Level, outer: PathPattern = PathPattern("", ())) -> None:
        """outer: the prefix of everything around this router, whose own prefix its declarations have already."""
        held = router.registrations
        for declaration in held.routes:
            self._collect(lambda d=declaration: self.routes.append(self._route(d, outer, level)))  # type: ignore[misc]
        for mount in held.mounts:
            self._collect(lambda m=mount: self.routes.extend(self._mount(m, outer, level)))  # type: ignore[misc]
        for service in (*held.services, *held.periodic):
            self._collect(lambda s=service: self.services.append(self._service(s, level)))  # type: ignore[misc]
        for starts, into in ((held.starts, self.starts), (held.stops, self.stops), (held.readies, self.readies)):
            for function in starts:
                self._collect(lambda f=function, i=into: i.append(plain_route(f, level)))  # type: ignore[misc]
        for child in held.children:
            entered = self._enter(child, level)
            self._visit(child, entered, level.prefix)
            if router.is_mount and child is held.children[0]:
                self.fallbacks.append(fallback_route(entered))

    def _collect(self, make: Callable[[], None]) -> None:
        try:
            make()
        except SennitError as error:
            self.mistakes.append(error)

    def _route(self, declared: Declaration, outer: PathPattern, level: Level) -> Route:
        where = place_of(declared.handler)
        pattern = checked_names(declared.pattern.below(outer), level.host, where).with_converters(
            level.converters, where
        )
        methods = declared.methods | ({"HEAD"} if "GET" in declared.methods else set())
        return Route(
            name=f"{level.name}.{declared.name}" if level.name else declared.name,
            methods=methods,
            pattern=pattern,
            host=level.host,
            handler=declared.handler,
            options=declared.options,
            rules=level.rules + ((declared.options.access,) if declared.options.access else ()),
            providers=level.providers,
            limits=level.limits.with_(declared.options.limits),
            middleware=level.middleware + declared.options.middleware,
            error_handlers=level.errors,
            presets=declared.presets,
            own_names=declared.own_names,
        )

    def _mount(self, mount: Mount, outer: PathPattern, level: Level) -> list[Route]:
        """Two routes of one application: for requests of any method, and for WebSockets."""
        mounted = self._adapt(mount.application, mount.where)
        self.mounted.append(mounted)
        pattern = checked_names(mount.pattern.below(outer), level.host, mount.where)
        pattern = pattern.with_converters(level.converters, mount.where)
        depth = len(pattern.segments)
        name = f"{level.name}.{mount.name}" if level.name else mount.name
        handlers: list[tuple[str, Callable[..., Any], tuple[str, ...], RouteOptions]] = [
            (ANY, request_handler(mounted, depth), (), RouteOptions(cancel=True)),
            (WEBSOCKET, socket_handler(mounted, depth), ("ws",), RouteOptions()),
        ]
        return [
            Route(
                name=name,
                methods=frozenset({method}),
                pattern=pattern,
                host=level.host,
                handler=handler,
                options=options,
                rules=level.rules + ((mount.access,) if mount.access else ()),
                providers=level.providers,
                limits=level.limits,
                middleware=level.middleware,
                error_handlers=level.errors,
                presets=presets,
                where=mount.where,
            )
            for method, handler, presets, options in handlers
        ]

    def _service(self, declared: MessageService | ConnectionService | Periodic, level: Level) -> Service:
        presets = _PRESETS[type(declared)]
        options = RouteOptions(lasting=isinstance(declared, ConnectionService))
        return Service(declared, plain_route(declared.handler, level, presets, options))


_PRESETS: dict[type, tuple[str, ...]] = {
    MessageService: ("message", "peer"),
    ConnectionService: ("conn",),
    Periodic: (),
}


def _no_provider(name: str, level: Level) -> SennitError:
    return SennitError(
        code="web.E005",
        what=f"nothing provides {name!r}, so nothing can be put in its place.{did_you_mean(name, list(level.providers))}",
        where=f"app.override({name!r}, …)",
        fix="name a provider of this app, or give the function that Provide(...) names",
    )


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


def checked_names(pattern: PathPattern, host: HostPattern | None, where: str) -> PathPattern:
    """The pattern. Raises SennitError route.E001 when host, prefixes and path name one parameter twice."""
    names = names_of(host, pattern)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SennitError(
            code="route.E001",
            what=f"the path {pattern.text!r} cannot be used: the parameter {twice[0]!r} stands in it twice",
            where=where,
            fix="give the parameters of host, prefix and path names of their own",
        )
    return pattern


def fallback_route(level: Level) -> Route:
    """Answers whatever is not there below a mounted router, with its rules, middleware and error handlers."""
    return Route(
        name=f"{level.name}.nothing" if level.name else "nothing",
        methods=frozenset({ANY}),
        pattern=replace(level.prefix, is_mount=True),
        host=level.host,
        handler=nothing_here,
        options=RouteOptions(),
        rules=level.rules,
        providers=level.providers,
        limits=level.limits,
        middleware=level.middleware,
        error_handlers=level.errors,
    )


async def nothing_here() -> None:
    raise NotFound(detail="Nothing is at this address.")


def as_mounted(application: object, where: str) -> Mounted:
    """The application itself when it is an adapter. Raises SennitError route.E018 for what cannot be mounted."""
    if isinstance(application, Mounted):
        return application
    raise SennitError(
        code="route.E018",
        what=f"a {type(application).__name__} cannot be mounted",
        where=where,
        fix="give a Router, an App, or an ASGI or WSGI application",
    )


def allowed_methods(methods: Iterable[str]) -> str:
    """The value of `Allow`; OPTIONS is always answered."""
    return ", ".join(sorted({method for method in methods if method not in (WEBSOCKET, ANY)} | {"OPTIONS"}))
