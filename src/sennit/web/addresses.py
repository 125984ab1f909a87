"""From routes to URLs: by name or function, on this host or another."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SennitError, did_you_mean
from .hosts import host_name, port_part

if TYPE_CHECKING:
    from .route import Route

Target = str | Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where links start from. authority: host with port, as in the Host field; empty when it is not known."""

    scheme: str
    authority: str

    def at(self, host: str) -> "Origin":
        """Another host of the same server: same scheme and port."""
        return Origin(self.scheme, host + port_part(self.authority))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


NOWHERE = Origin("https", "")


class Addresses:
    """`mistakes`: route.E005 for two routes of one name at different places. home: the origin of links made outside requests."""

    def __init__(self, routes: Iterable["Route"], home: Origin = NOWHERE) -> None:
        self.by_name: dict[str, Route] = {}
        self.mistakes: list[SennitError] = []
        self.home = home
        self._by_function: dict[Any, list[Route]] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: "Route") -> None:
        other = self.by_name.setdefault(route.name, route)
        if other is not route and other.place != route.place:
            self.mistakes.append(_ambiguous(route, other))
        functions = {route.handler, getattr(route.handler, "__func__", route.handler)}
        for function in functions:
            self._by_function.setdefault(function, []).append(route)

    def route(self, target: Target) -> "Route":
        """Raises SennitError route.E007 with the nearest names, route.E012 for a method that several controllers have."""
        route = self._named(target) if isinstance(target, str) else self._of_function(target)
        if route is None:
            raise no_such_route(target, list(self.by_name))
        return route

    def _named(self, name: str) -> "Route | None":
        if name in self.by_name:
            return self.by_name[name]
        ending = [route for known, route in self.by_name.items() if known.endswith("." + name)]
        return ending[0] if len(ending) == 1 else None

    def _of_function(self, function: Callable[..., Any]) -> "Route | None":
        found = self._by_function.get(function, [])
        owners = {getattr(route.handler, "__self__", None) for route in found}
        if len(owners) > 1:
            raise SennitError(
                code="route.E012",
                what=f"{found[0].handler.__name__!r} answers for several controllers: {', '.join(r.name for r in found)}",
                where=found[0].where,
                fix=f"give the name, such as {found[0].name!r}, or inside the controller self.{found[0].handler.__name__}",
            )
        return found[0] if found else None

    def url(self, target: Target, params: Mapping[str, Any], *, here: Origin | None, absolute: bool) -> str:
        """A path, or a whole URL: when `absolute`, and for a route of another host than the one of `here`."""
        route = self.route(target)
        path = route.url(**params)
        host = route.host_name(**params)
        origin = here if here is not None and here.authority else self.home
        is_elsewhere = bool(host) and (here is None or host_name(here.authority) != host)
        if not absolute and not is_elsewhere:
            return path
        if host:
            origin = origin.at(host)
        if not origin.authority:
            raise _no_origin(route)
        return f"{origin}{path}"

    def seen_from(self, current: "Route", params: Mapping[str, Any]) -> Callable[..., str]:
        """`url_for` for the pages of a route: a link keeps what its path has in common with theirs."""

        def url_for(target: Target, *, absolute: bool = False, **given: Any) -> str:
            kept = carried_over(self.route(target), current, params)
            return self.url(target, {**kept, **given}, here=None, absolute=absolute)

        return url_for


def carried_over(route: "Route", current: "Route", params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the current address that a link below the same beginning keeps: `/teams/{team}` of `/teams/{team}/news`."""
    kept: dict[str, Any] = {}
    if route.host is not None and route.host == current.host:
        kept.update((name, params[name]) for name in route.host.names)
    for wanted, have in zip(route.pattern.segments, current.pattern.segments, strict=False):
        if wanted != have:
            break
        if wanted.name:
            kept[wanted.name] = params[wanted.name]
    return kept


def _ambiguous(route: "Route", other: "Route") -> SennitError:
    return SennitError(
        code="route.E005",
        what=f"two routes are named {route.name!r}: {other.place!r} and {route.place!r}",
        where=f"{other.where} and {route.where}",
        fix="give one of them name='…'",
    )


def _no_origin(route: "Route") -> SennitError:
    return SennitError(
        code="route.E013",
        what=f"the whole URL of {route.place!r} is not known: there is no request, and `hosts` names no single host",
        where=route.where,
        fix='name the site\'s own host in hosts, as in App(hosts=["example.org"]), or use request.url_for',
    )


def no_such_route(target: Any, names: list[str]) -> SennitError:
    shown = target if isinstance(target, str) else getattr(target, "__qualname__", repr(target))
    return SennitError(
        code="route.E007",
        what=f"there is no route {shown!r}.{did_you_mean(str(shown), names)}",
        fix="give a route's name, its function, or a path of this site that starts with one '/'",
    )
