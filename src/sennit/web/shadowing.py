"""Routes that no request reaches, because narrower ones take all of theirs: nothing stops a start for it, but somebody wonders."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..errors import SennitError
from .path import PathPattern, quote_segment
from .routing import RouteTable

if TYPE_CHECKING:
    from .host_routing import HostTables, HostView
    from .route import Route

MOST_SEGMENTS = 6
"""How long the paths are that are tried for a `path` parameter."""


def shadowed(routes: Iterable["Route"], table: RouteTable, hosts: "HostTables | None") -> list[SennitError]:
    """route.E021 for each route that even its most general requests do not reach. Converters of one's own are not looked at."""
    found = []
    for route in routes:
        own: RouteTable | HostView = (
            hosts.at(route.host.example) if route.host is not None and hosts is not None else table
        )
        tried = [(raw, _reached(route, raw, own)) for raw in _samples(route.pattern)]
        if tried and not any(reached is route for _, reached in tried):
            found.append(_shadow(route, *tried[0]))
    return found


def _reached(route: "Route", raw_path: str, table: "RouteTable | HostView") -> "Route | None":
    """Whom a request of one of the route's methods reaches: the route itself if one of them does."""
    reached = None
    for method in sorted(route.methods):
        first = next((m[method] for m, _ in table.matches(raw_path) if method in m), None)
        if first is route:
            return route
        reached = reached or first
    return reached


def _samples(pattern: PathPattern) -> Iterator[str]:
    """Paths of the pattern that as few narrower patterns as possible match, too; none where that is not known."""
    if any(segment.name and not segment.meaning.sample for segment in pattern.segments):
        return
    parts = [quote_segment(segment.meaning.sample if segment.name else segment.literal) for segment in pattern.segments]
    path = "".join(f"/{part}" for part in parts) + "/" * pattern.is_mount
    yield path
    if pattern.segments and pattern.segments[-1].name and pattern.segments[-1].meaning.takes_slashes:
        for count in range(1, MOST_SEGMENTS):
            yield path + f"/{parts[-1]}" * count


def _shadow(route: "Route", raw_path: str, reached: "Route | None") -> SennitError:
    by = f": {reached.place!r} takes them" if reached is not None else ""
    return SennitError(
        code="route.E021",
        what=f"no request reaches {route.place!r}{by}, as {raw_path!r}",
        where=f"{route.where} and {reached.where}" if reached is not None else route.where,
        fix="take one of them away, or narrow the other with a converter",
    )
