"""Routers: where modules declare what they answer, without knowing the app."""

import enum
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..errors import SennitError
from .converter import Converter, own_converter
from .hooks import Hooks
from .host_routing import HostPattern, parse_host
from .middleware.cors import Cors
from .mount import Mount
from .parameters import place_of
from .path import PathPattern, parse_path, parse_prefix
from .route import RouteOptions
from .routing import WEBSOCKET
from .rule import Rule

if TYPE_CHECKING:
    from .controller import Controller

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
    own_names: tuple[str, ...] = ()
    """Parameters that stand in the path behind the router's prefix."""


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
    readies: list[Callable[..., Any]] = field(default_factory=list)
    children: list["Router"] = field(default_factory=list)
    converters: dict[str, Converter] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)


class Router:
    """Declares routes, providers, middleware, error handlers, protocol handlers and periodic work.

    prefix: stands before every path. host: the only host on which they answer, `api.example.org` or with parameters
    `{team}.example.org`. access: a rule for all of them. name: stands before the routes' names (`pages` makes `pages.comment`).
    middleware: wraps everything below this router, the first outermost.
    """

    is_mount = False
    """Whether everything below its prefix is its own, so that what is not found there is answered by its own error handlers."""

    def __init__(
        self,
        prefix: str = "",
        *,
        host: str = "",
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
        self.host: HostPattern | None = parse_host(host, f"Router(host={host!r})") if host else None
        self.rules: tuple[Rule, ...] = (access,) if access else ()
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
        pattern = parse_path(self.prefix + path if path or not self.prefix else self.prefix, place_of(handler))
        chosen = name or getattr(handler, "__name__", "handler")
        before = parse_prefix(self.prefix, place_of(handler)).names
        own = tuple(known for known in pattern.names if known not in before)
        self.registrations.routes.append(Declaration(methods, pattern, handler, chosen, options, presets, own))

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
        origins: Sequence[str] = (),
        deflate: bool = True,
        cancel: bool = False,
    ) -> Callable[[F], F]:
        """Take WebSocket handshakes at `path`; the function has a parameter `ws`.

        origins: sites whose pages may connect beside this one's, written as for `Cors`. deflate: whether messages are compressed
        where the client offers it. cancel: whether the function is cancelled when the peer goes, wherever it waits.
        """
        options = RouteOptions(
            access=access,
            limits=dict(limits or {}),
            middleware=tuple(middleware),
            writes=True,
            cancel=cancel,
            origins=Cors(origins) if origins else None,
            deflate=deflate,
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

    def converter(
        self,
        name: str,
        accepts: str | type[enum.Enum],
        *,
        parse: Callable[[str], Any] | None = None,
        to_text: Callable[[Any], str] = str,
    ) -> None:
        """Let paths on this router and below it say `{parameter:name}`.

        accepts: a regular expression for the whole segment, at most 200 characters of it, or an Enum whose values are the words.
        parse: makes the value that handlers get; without it the annotation does. It may raise ValueError: 404. to_text: the way
        back, for `url_for`. Raises SennitError route.E010 for a name that is taken and a pattern that could be slow.
        """
        self.registrations.converters[name] = own_converter(name, accepts, parse, to_text)

    def mount(self, path: str, application: Any, *, access: Rule | None = None, name: str = "") -> None:
        """Leave everything below `path` to another application: a Router or App, or any ASGI or WSGI application.

        It has its own middleware, error handlers and 404; this router's rules, providers and middleware stand before it. A mounted
        App shares the database, accounts and settings of the one it is mounted in. Routes of ours below `path` come first.
        """
        prefix = path.rstrip("/")
        if isinstance(application, Router):
            around = Router(prefix, access=access, name=name)
            around.is_mount = True
            around.include(*application.as_mounted())
            self.registrations.children.append(around)
            return
        frame = sys._getframe(1)
        where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        pattern = replace(parse_prefix(self.prefix + prefix, where), is_mount=True)
        mount = Mount(pattern, application, access, name or (prefix.strip("/").replace("/", ".") or "mount"), where)
        self.registrations.mounts.append(mount)

    def as_mounted(self) -> "list[Router]":
        """What is included where this is mounted, itself first."""
        return [self]

    def include(self, *children: "Router | type[Controller]") -> None:
        """Add routers and controllers below this one; they nest, prefixes and rules add up."""
        for child in children:
            self.registrations.children.append(child.router() if isinstance(child, type) else child)


def _with_presets(function: Any, *names: str) -> Any:
    """Marks the names that the decorator itself fills. Bound methods carry the mark on their function."""
    target: Any = function.__func__ if inspect.ismethod(function) else function
    target.__presets__ = names
    return function
