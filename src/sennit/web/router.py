"""Routers: where modules declare what they answer, without knowing the app."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from ..errors import SennitError
from .hooks import Hooks
from .parameters import place_of
from .path import PathPattern, parse_path
from .route import RouteOptions
from .routing import WEBSOCKET
from .rule import Rule

F = TypeVar("F", bound=Callable[..., Any])


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
    readies: list[Callable[..., Any]] = field(default_factory=list)
    children: list["Router"] = field(default_factory=list)


class Router:
    """Declares routes, providers, middleware, error handlers, protocol handlers and periodic work.

    prefix: stands before every path. access: a rule for all of them. name: stands before the routes' names
    (`pages` makes `pages.comment`). middleware: wraps everything below this router, the first outermost.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        access: Rule | None = None,
        name: str = "",
        limits: Mapping[str, Any] | None = None,
        middleware: Sequence[Callable[..., Any]] = (),
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
        for each in middleware:
            self.middleware(each)

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
        """

        def declare(handler: F) -> F:
            self.registrations.services.append(MessageService(endpoint, handler, options))
            return handler

        return declare

    def connection(self, endpoint: str, **options: Any) -> Callable[[F], F]:
        """Hand each connection at `endpoint` to the function, which has a parameter `conn`."""

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
        """Wrap everything below this router: the function, or an object that is called, has parameters `request` and `next`."""
        self.registrations.middleware.append(_with_presets(function, "next"))
        return function

    def before(self, function: F) -> F:
        """Call the function before each handler below this router, with parameters like a provider's.

        What it returns is the answer, and the handler is not called; None goes on. See `Hooks` for the order.
        """
        self._hooks.before.append(function)
        return function

    def after(self, function: F) -> F:
        """Call the function with each answer (a parameter `response`), which it changes or replaces by what it returns."""
        self._hooks.after.append(_with_presets(function, "response"))
        return function

    def teardown(self, function: F) -> F:
        """Call the function once the answer has been sent, whatever happened: `error` is the exception, or None."""
        self._hooks.teardown.append(_with_presets(function, "error"))
        return function

    @property
    def _hooks(self) -> Hooks:
        """Stands among the middleware where the first hook was declared."""
        held = self.registrations.middleware
        hooks = next((each for each in held if isinstance(each, Hooks)), None)
        if hooks is None:
            hooks = Hooks()
            held.append(hooks)
        return hooks

    def ready(self, function: F) -> F:
        """Part of `/-/ready`: the app takes no traffic while the function raises, returns False or takes over a second."""
        self.registrations.readies.append(function)
        return function

    def every(self, seconds: float) -> Callable[[F], F]:
        """Run the function each `seconds`, in exactly one process; errors are logged and the next time comes."""

        def declare(handler: F) -> F:
            self.registrations.periodic.append(Periodic(seconds, handler))
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

    One instance serves all requests, so its attributes are shared. `@Controller.before`, `.after`, `.teardown` and `.middleware`
    make hooks and middleware of methods; `middleware=[…]` beside `path` takes what stands elsewhere.
    """

    __settings__: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        path: str = "",
        access: Rule | None = None,
        name: str = "",
        middleware: Sequence[Callable[..., Any]] = (),
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        cls.__settings__ = {
            "prefix": path,
            "access": access,
            "name": name or cls.__name__.lower(),
            "middleware": tuple(middleware),
        }

    @staticmethod
    def before(function: F) -> F:
        """`Router.before` for a method."""
        return _marked(function, "before")

    @staticmethod
    def after(function: F) -> F:
        """`Router.after` for a method."""
        return _marked(function, "after")

    @staticmethod
    def teardown(function: F) -> F:
        """`Router.teardown` for a method."""
        return _marked(function, "teardown")

    @staticmethod
    def middleware(function: F) -> F:
        """`Router.middleware` for a method."""
        return _marked(function, "middleware")

    @classmethod
    def router(cls) -> Router:
        made = Router(**cls.__settings__)
        instance = cls()
        for attribute in cls.__dict__:
            declared = getattr(getattr(cls, attribute), "__routes__", ())
            for path, methods, name, options, presets in declared:
                made.declare(path, methods, getattr(instance, attribute), name, options, presets)
        for attribute, kind in _marks_of(cls).items():
            getattr(made, kind)(getattr(instance, attribute))
        return made


def _marked(function: F, kind: str) -> F:
    function.__around__ = kind  # type: ignore[attr-defined]
    return function


def _marks_of(cls: type) -> dict[str, str]:
    """Methods that are hooks or middleware, with their kind; those of base classes first."""
    marks: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for attribute, value in vars(base).items():
            if isinstance(kind := getattr(value, "__around__", None), str):
                marks[attribute] = kind
    return marks


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
