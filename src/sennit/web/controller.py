"""Controllers: the routes of one thing as the methods of a class, with what they share."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from .router import Router
from .rule import Rule

F = TypeVar("F", bound=Callable[..., Any])
Mark = Callable[[Router, Callable[..., Any]], object]
"""What a decorator wrote on a method: it adds the method, bound, to the controller's router."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What `class X(Controller, …)` says for all its methods."""

    path: str = ""
    host: str = ""
    name: str = ""
    rules: tuple[Rule, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    middleware: tuple[Callable[..., Any], ...] = ()


class Controller:
    """Routes as methods of a class: `class Articles(Controller, path="/teams/{team}/articles")`, then `app.include(Articles)`.

    A parameter of the path is there for every method that names it. `@Controller.provide`, `@Controller.middleware` and
    `@Controller.error(404)` make of a method what `@app.provide` … make of a function, for this controller only.
    A subclass has the routes of its base: a method that it defines anew answers at the same path unless it is decorated anew,
    and one that it sets to None is taken away. It has the base's path and host unless it names its own; access rules and
    middleware add up. One instance serves all requests, so attributes are shared.
    """

    __shared__: ClassVar[Shared] = Shared()

    def __init_subclass__(
        cls,
        *,
        path: str | None = None,
        host: str | None = None,
        access: Rule | None = None,
        name: str = "",
        limits: Mapping[str, Any] | None = None,
        middleware: Sequence[Callable[..., Any]] = (),
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        base = cls.__shared__
        cls.__shared__ = Shared(
            path=base.path if path is None else path,
            host=base.host if host is None else host,
            name=name or cls.__name__.lower(),
            rules=base.rules + ((access,) if access else ()),
            limits={**base.limits, **(limits or {})},
            middleware=(*base.middleware, *middleware),
        )

    @classmethod
    def router(cls) -> Router:
        """A router with everything that the class declares. Raises SennitError for a path that cannot be read."""
        shared = cls.__shared__
        made = Router(shared.path, host=shared.host, name=shared.name, limits=shared.limits)
        made.rules = shared.rules
        for function in shared.middleware:
            made.middleware(function)
        instance = cls()
        for attribute, marks in _marked(cls):
            for mark in marks:
                mark(made, getattr(instance, attribute))
        return made

    @staticmethod
    def provide(method: F) -> F:
        """The method's value is there for every parameter of its name in this controller."""
        return _mark(method, lambda router, bound: router.provide(bound))

    @staticmethod
    def middleware(method: F) -> F:
        """Wrap every method of this controller: it has the parameters `request` and `next`."""
        return _mark(method, lambda router, bound: router.middleware(bound))

    @staticmethod
    def before(method: F) -> F:
        """`Router.before` for a method."""
        return _mark(method, lambda router, bound: router.before(bound))

    @staticmethod
    def after(method: F) -> F:
        """`Router.after` for a method."""
        return _mark(method, lambda router, bound: router.after(bound))

    @staticmethod
    def teardown(method: F) -> F:
        """`Router.teardown` for a method."""
        return _mark(method, lambda router, bound: router.teardown(bound))

    @staticmethod
    def error(what: int | type[BaseException]) -> Callable[[F], F]:
        """Answer a status or an exception class with the method (`error` is a parameter); None falls through."""
        return lambda method: _mark(method, lambda router, bound: router.error(what)(bound))


def _mark(method: F, mark: Mark) -> F:
    method.__dict__.setdefault("__marks__", []).append(mark)
    return method


def _marked(cls: type) -> Iterator[tuple[str, list[Mark]]]:
    """The names of a class in the order of their definition, base classes first, with the nearest marks of each."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    for name in names:
        if inspect.getattr_static(cls, name) is None:
            continue
        of_bases = (getattr(vars(base).get(name), "__marks__", None) for base in cls.__mro__)
        marks = next(filter(None, of_bases), None)
        if marks:
            yield name, marks


def _method(method: str) -> Callable[..., Callable[[F], F]]:
    def at(path: str, **options: Any) -> Callable[[F], F]:
        """On a controller's method: answer at `path` below the controller's own. Options as `Router.route`."""
        return lambda handler: _mark(
            handler, lambda router, bound: router.route(path, methods=(method,), **options)(bound)
        )

    return at


get = _method("GET")
post = _method("POST")
put = _method("PUT")
patch = _method("PATCH")
delete = _method("DELETE")


def websocket(path: str, **options: Any) -> Callable[[F], F]:
    """On a controller's method: take WebSocket handshakes at `path`. Options as `Router.websocket`."""
    return lambda handler: _mark(handler, lambda router, bound: router.websocket(path, **options)(bound))
