"""A route: where it answers, who may, which function answers, with everything that its routers add."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from ..errors import SennitError, did_you_mean
from ..http.limits import Limits
from .binder import SCALAR_SOURCES, Binder, resolve, resolve_scalar
from .context import Context
from .host_routing import HostPattern, names_of
from .middleware.cors import Cors
from .parameters import Parameter, Surroundings, place_of
from .path import PathPattern
from .path_agreement import disagreements
from .plan import Plan
from .response import Response
from .routing import WEBSOCKET
from .rule import Rule

Provider = Callable[..., Any]
Providers = Mapping[str, Provider]
Overrides = Mapping[str | Provider, Provider]
"""By a provider's name, or by the function itself: what tests put in its place."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@runtime_checkable
class Presenter(Protocol):
    """Turns what a handler returned into a Response: how a view joins the web layer. Found as `handler.__presenter__`."""

    access: Rule | None

    def prepare(self, ctx: Context) -> None:
        """Before the handler's parameters are bound."""
        ...

    async def present(self, ctx: Context, value: object) -> Response: ...

    def check(self, route: "Route") -> list[SennitError]:
        """What is wrong with this handler as a view, at start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """What `@app.get(path, …)` takes beside path and name."""

    access: Rule | None = None
    writes: bool = False
    inline: bool = False
    cancel: bool | None = None
    lasting: bool = False
    asyncio_task: bool = False
    origins: Cors | None = None
    """Those that may open a WebSocket beside the site's own."""
    deflate: bool = True
    """Of a WebSocket: whether messages are compressed where the client offers it."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    middleware: tuple[Callable[..., Any], ...] = ()


class Route:
    """One function at one path. Made by the site from a router's declaration; see `Router.get`."""

    def __init__(
        self,
        *,
        name: str,
        methods: frozenset[str],
        pattern: PathPattern,
        handler: Callable[..., Any],
        options: RouteOptions,
        rules: tuple[Rule, ...],
        providers: Providers,
        limits: Limits,
        middleware: tuple[Callable[..., Any], ...] = (),
        error_handlers: tuple[Mapping[Any, Callable[..., Any]], ...] = (),
        presets: tuple[str, ...] = (),
        host: HostPattern | None = None,
        where: str = "",
        own_names: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.methods = methods
        self.pattern = pattern
        self.host = host
        self.names = names_of(host, pattern)
        """The parameters of the host and of the path."""
        self.own_names = own_names
        """Of them those that the route itself names, not its routers."""
        self.handler = handler
        self.options = options
        self.providers = providers
        self.limits = limits
        self.middleware = middleware
        self.error_handlers = error_handlers
        self.where = where or place_of(handler)
        presenter = getattr(handler, "__presenter__", None)
        self.presenter: Presenter | None = presenter
        self.rules = rules + ((presenter.access,) if presenter is not None and presenter.access else ())
        self.binder = Binder(handler, Surroundings(self.names, presets, providers, parsers=pattern.parsers))
        self.scalars: dict[str, Parameter] = self.binder.scalars
        self.sharing: Cors | None = next((each for each in reversed(middleware) if isinstance(each, Cors)), None)
        """The innermost CORS around it; the site fills in its own where the route's routers have none."""
        self._binders: dict[Any, Binder] = {}
        self.is_safe = methods <= SAFE_METHODS
        self.is_cancelled_on_disconnect = self.is_safe if options.cancel is None else options.cancel
        self.plan = Plan(
            handler=handler,
            binder=self.binder,
            rules=self.rules,
            is_straight=not middleware and presenter is None,
            is_safe=self.is_safe,
            is_coroutine=inspect.iscoroutinefunction(handler),
            runs_in_thread=self.runs_in_thread,
            is_cancelled_on_disconnect=self.is_cancelled_on_disconnect,
            asyncio_task=options.asyncio_task,
        )

    @property
    def is_websocket(self) -> bool:
        return WEBSOCKET in self.methods

    @property
    def is_lasting(self) -> bool:
        """Whether the handler lives as long as its connection: its `db` holds nothing between two calls."""
        return self.is_websocket or self.options.lasting

    @property
    def reads_only(self) -> bool:
        """Whether `db` reads at driver speed here: safe methods and views, unless `writes=True`."""
        return self.is_safe and not self.options.writes

    @cached_property
    def runs_in_thread(self) -> bool:
        """Plain functions run in the thread pool; views, async functions and `inline=True` on the loop."""
        function = inspect.unwrap(self.handler)
        is_async = (
            inspect.iscoroutinefunction(function)
            or inspect.isasyncgenfunction(function)
            or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
        )
        return not (is_async or self.presenter is not None or self.options.inline)

    @property
    def place(self) -> str:
        """For people: `/users/{id}`, `api.example.org/users/{id}`, `/shop/…` for a mount."""
        return (self.host.text if self.host else "") + self.pattern.text + ("/…" if self.pattern.is_mount else "")

    def url(self, **params: Any) -> str:
        """The path with parameters filled in; further ones become the query string. Raises SennitError route.E004, route.E011."""
        missing = [name for name in self.names if _is_missing(params.get(name))]
        if missing:
            raise SennitError(
                code="route.E004",
                what=f"the path {self.place!r} of route {self.name!r} needs {', '.join(map(repr, missing))}."
                f"{did_you_mean(missing[0], list(params))}",
                where=self.where,
                fix=f"url_for({self.name!r}, {', '.join(f'{name}=…' for name in self.names)})",
            )
        in_path = {name: value for name, value in params.items() if self.host is None or name not in self.host.names}
        try:
            return self.pattern.build(in_path)
        except ValueError as error:
            raise self._unfit(error) from None

    def host_name(self, **params: Any) -> str:
        """The host with parameters filled in, empty for a route of every host. Raises SennitError route.E011."""
        try:
            return self.host.build(params) if self.host is not None else ""
        except ValueError as error:
            raise self._unfit(error) from None

    def _unfit(self, error: ValueError) -> SennitError:
        name, text = error.args
        return SennitError(
            code="route.E011",
            what=f"{text[:80]!r} cannot stand for {name!r} in {self.place!r}: no request with it would reach the route",
            where=self.where,
            fix="give a value that the converter takes; no segment can be '.' or '..', and only {…:path} takes slashes inside",
        )

    def binder_for(self, function: Callable[..., Any]) -> Binder:
        """The binder of a rule, provider, middleware or error handler as it serves this route."""
        binder = self._binders.get(function)
        if binder is None:
            presets = getattr(function, "__presets__", ())
            around = Surroundings(self.names, presets, self.providers, self.scalars, self.pattern.parsers)
            binder = self._binders[function] = Binder(function, around)
        return binder

    def all_parameters(self) -> Iterator[Parameter]:
        """Of the handler, its rules and middleware, and every provider that they use."""
        for function in (*self.rules, *self.middleware):
            yield from self._transitive(self.binder_for(function))
        yield from self._transitive(self.binder)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of all providers that the handler uses, transitively; not what only an `of_user` default needs."""
        return frozenset(p.name for p in self._transitive(self.binder) if p.source == "provider")

    def needed_by(self, function: Callable[..., Any]) -> frozenset[str]:
        """The same for a rule."""
        return frozenset(p.name for p in self._transitive(self.binder_for(function)) if p.source == "provider")

    def _transitive(self, binder: Binder, seen: frozenset[Any] = frozenset()) -> Iterator[Parameter]:
        for parameter in binder.parameters:
            yield parameter
            if parameter.source == "provider" and parameter.provider not in seen:
                inner = self.binder_for(parameter.provider)  # type: ignore[arg-type]
                yield from self._transitive(inner, seen | {parameter.provider})

    async def scalar_values(self, ctx: Context) -> dict[str, Any]:
        """What decides the content of a page: path parameters, the handler's query and of_user values, and every `Query[…]` that
        its providers read. Raises as a request does (NotFound, Unprocessable)."""
        values: dict[str, Any] = {name: ctx.params[name] for name in self.names}
        for parameter in self._transitive(self.binder):
            if parameter.source in SCALAR_SOURCES:
                if parameter.name in self.scalars:
                    values[parameter.name] = await resolve_scalar(ctx, parameter)
                else:
                    values[parameter.name] = await resolve(ctx, parameter)
        return values

    def check(self) -> list[SennitError]:
        """Every parameter of the rules, providers and middleware that cannot be resolved, and what the presenter finds."""
        found = self.check_functions((*self.rules, *called_by(self.middleware)))
        found.extend(self._check(lambda: list(self._transitive(self.binder))))
        if not found:
            found.extend(disagreements(self))
        if not found and self.presenter is not None:
            found.extend(self.presenter.check(self))
        return found

    def check_functions(self, functions: Iterable[Callable[..., Any]]) -> list[SennitError]:
        """What is wrong with functions that are called around this route."""
        found: list[SennitError] = []
        for function in functions:
            found.extend(self._check(lambda f=function: list(self._transitive(self.binder_for(f)))))  # type: ignore[misc]
        return found

    def _check(self, look: Callable[[], object]) -> list[SennitError]:
        try:
            look()
        except SennitError as error:
            return [error]
        return []

    def __repr__(self) -> str:
        return f"Route({self.name!r}, {sorted(self.methods)}, {self.place!r})"


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value)


def called_by(middleware: Iterable[Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    """Middleware, and the functions that it calls in its turn (hooks)."""
    for each in middleware:
        yield each
        yield from getattr(each, "functions", ())
