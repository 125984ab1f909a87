"""Routers: where modules declare what they answer, without knowing the app."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from ..errors import SennitError
from .parameters import place_of
from .path import PathPattern, parse_path
from .route import RouteOptions
from .routing import WEBSOCKET
from .rule import Rule

F = TypeVar("F", bound=Callable[..., Any])

Workers = Literal["one", "all"]
"""In how many processes of one `sennit serve` something runs. In one: another takes over when that one ends."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a decorator wrote down."""

    methods: frozenset[str]
    pattern: PathPattern
    handler: Callable[..., Any]
    name: str
    options: RouteOptions
    presets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageService:
    """`@router.messages(endpoint, …)`: each message of each connection goes to a function."""

    endpoint: str
    handler: Callable[..., Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionService:
    """`@router.connection(endpoint, …)`: each connection goes to a function."""

    endpoint: str
    handler: Callable[..., Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Periodic:
    """`@router.every(seconds)`."""

    seconds: float
    handler: Callable[..., Any]
    workers: Workers = "one"


@dataclass(slots=True)
class Registrations:
    """Everything a router holds, in the order in which it was declared."""

    routes: list[Declaration] = field(default_factory=list)
    providers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    errors: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    middleware: list[Callable[..., Any]] = field(default_factory=list)
    services: list[MessageService | ConnectionService] = field(default_factory=list)
    periodic: list[Periodic] = field(default_factory=list)
    starts: list[Callable[..., Any]] = field(default_factory=list)
    stops: list[Callable[..., Any]] = field(default_factory=list)
    children: list["Router"] = field(default_factory=list)


class Router:
    """Declares routes, providers, middleware, error handlers, protocol handlers and periodic work.

    prefix: stands before every path. access: a rule for all of them. name: stands before the routes' names
    (`pages` makes `pages.comment`).
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        access: Rule | None = None,
        name: str = "",
        limits: Mapping[str, Any] | None = None,
    ) -> None:
        if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
            raise SennitError(
                code="route.E002",
                what=f"the prefix {prefix!r} does not start with '/' or ends with one",
                fix=f"write {'/' + prefix.strip('/')!r}",
            )
        self.prefix = prefix
        self.access = access
        self.name = name
        self.limit_overrides = dict(limits or {})
        self.registrations = Registrations()

    def route(
        self,
        path: str,
        *,
        methods: Sequence[str] = ("GET",),
        name: str = "",
        access: Rule | None = None,
        writes: bool = False,
        inline: bool = False,
        cancel: bool | None = None,
        asyncio_task: bool = False,
        limits: Mapping[str, Any] | None = None,
        middleware: Sequence[Callable[..., Any]] = (),
    ) -> Callable[[F], F]:
        """Answer `methods` at `path` with the decorated function, which is returned unchanged.

        writes: a GET whose `db` may write. inline: a plain function that runs on the loop, not in a thread. cancel: whether the
        handler is cancelled when its client goes (the default: for safe methods). asyncio_task: run it in an asyncio.Task from the
        start, for code that looks at the class of the current task.
        """
        options = RouteOptions(
            access=access,
            writes=writes,
            inline=inline,
            cancel=cancel,
            asyncio_task=asyncio_task,
            limits=dict(limits or {}),
            middleware=tuple(middleware),
        )

        def declare(handler: F) -> F:
            self.declare(
                path,
                frozenset(method.upper() for method in methods),
                handler,
                name,
                options,
            )
            return handler

        return declare

    def declare(
        self,
        path: str,
        methods: frozenset[str],
        handler: Callable[..., Any],
        name: str,
        options: RouteOptions,
        presets: tuple[str, ...] = (),
    ) -> None:
        pattern = parse_path(
            self.prefix + path if path or not self.prefix else self.prefix,
            place_of(handler),
        )
        chosen = name or getattr(handler, "__name__", "handler")
        self.registrations.routes.append(Declaration(methods, pattern, handler, chosen, options, presets))

    def get(self, path: str, **options: Any) -> Callable[[F], F]:
        """GET, and HEAD by itself. Options as `route`."""
        return self.route(path, methods=("GET",), **options)

    def post(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("POST",), **options)

    def put(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("PUT",), **options)

    def patch(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("PATCH",), **options)

    def delete(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("DELETE",), **options)

    def head(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("HEAD",), **options)

    def options(self, path: str, **options: Any) -> Callable[[F], F]:
        return self.route(path, methods=("OPTIONS",), **options)

    def websocket(
        self,
        path: str,
        *,
        name: str = "",
        access: Rule | None = None,
        limits: Mapping[str, Any] | None = None,
        middleware: Sequence[Callable[..., Any]] = (),
    ) -> Callable[[F], F]:
        """Take WebSocket handshakes at `path`; the function has a parameter `ws`."""
        options = RouteOptions(
            access=access,
            limits=dict(limits or {}),
            middleware=tuple(middleware),
            writes=True,
        )

        def declare(handler: F) -> F:
            self.declare(path, frozenset({WEBSOCKET}), handler, name, options, ("ws",))
            return handler

        return declare

    def messages(self, endpoint: str, **options: Any) -> Callable[[F], F]:
        """Hand each message that arrives at `endpoint` to the function, which has a parameter `message`.

        codec: how bytes become messages (`net.lines(max=…)`). What the function returns is sent back after its transaction has
        committed; None sends nothing. on_error: "drop", "close", or a function of the error that makes the answer.
        workers: "one" (exactly one process of `sennit serve`, the default) or "all".
        """

        def declare(handler: F) -> F:
            self.registrations.services.append(MessageService(endpoint, handler, options))
            return handler

        return declare

    def connection(self, endpoint: str, **options: Any) -> Callable[[F], F]:
        """Hand each connection at `endpoint` to the function, which has a parameter `conn`. Options as `messages`."""

        def declare(handler: F) -> F:
            self.registrations.services.append(ConnectionService(endpoint, handler, options))
            return handler

        return declare

    def provide(self, function: F) -> F:
        """Any handler below this router may have a parameter of this function's name."""
        self.registrations.providers[function.__name__] = function
        return function

    def error(self, what: int | type[BaseException]) -> Callable[[F], F]:
        """Answer a status or an exception class with the function (`error` is a parameter); None falls through."""

        def declare(handler: F) -> F:
            self.registrations.errors[what] = _with_presets(handler, "error")
            return handler

        return declare

    def middleware(self, function: F) -> F:
        """Wrap everything below this router: the function has parameters `request` and `next`."""
        self.registrations.middleware.append(_with_presets(function, "next"))
        return function

    def every(self, seconds: float, *, workers: Workers = "one") -> Callable[[F], F]:
        """Run the function each `seconds`, in exactly one process; errors are logged and the next time comes.

        workers: "all" runs it in every process of `sennit serve`.
        """

        def declare(handler: F) -> F:
            self.registrations.periodic.append(Periodic(seconds, handler, workers))
            return handler

        return declare

    def on_start(self, function: F) -> F:
        """Before the first connection is accepted."""
        self.registrations.starts.append(function)
        return function

    def on_stop(self, function: F) -> F:
        """After the last connection has ended."""
        self.registrations.stops.append(function)
        return function

    def include(self, *children: "Router | type[Controller]") -> None:
        """Add routers and controllers below this one; they nest, prefixes and rules add up."""
        for child in children:
            self.registrations.children.append(child.router() if isinstance(child, type) else child)


def _with_presets(function: Any, *names: str) -> Any:
    """Marks the names that the decorator itself fills. Bound methods carry the mark on their function."""
    target: Any = function.__func__ if inspect.ismethod(function) else function
    target.__presets__ = names
    return function


class Controller:
    """Routes as methods of a class: `class Articles(Controller, path="/articles")`, then `app.include(Articles)`.

    One instance serves all requests, so its attributes are shared.
    """

    __settings__: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, *, path: str = "", access: Rule | None = None, name: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.__settings__ = {
            "prefix": path,
            "access": access,
            "name": name or cls.__name__.lower(),
        }

    @classmethod
    def router(cls) -> Router:
        made = Router(**cls.__settings__)
        instance = cls()
        for attribute in cls.__dict__:
            declared = getattr(getattr(cls, attribute), "__routes__", ())
            for path, methods, name, options, presets in declared:
                made.declare(path, methods, getattr(instance, attribute), name, options, presets)
        return made


def _method(method: str) -> Callable[..., Callable[[F], F]]:
    def at(path: str, *, name: str = "", **options: Any) -> Callable[[F], F]:
        """On a controller's method: answer at `path` below the controller's own."""

        def declare(handler: F) -> F:
            routes = [*getattr(handler, "__routes__", ())]
            presets = ("ws",) if method == WEBSOCKET else ()
            routes.append((path, frozenset({method}), name, RouteOptions(**options), presets))
            handler.__routes__ = routes  # type: ignore[attr-defined]
            return handler

        return declare

    return at


get = _method("GET")
post = _method("POST")
put = _method("PUT")
patch = _method("PATCH")
delete = _method("DELETE")
websocket = _method(WEBSOCKET)
