"""Which route answers an exchange: host, path and method, and what is said when none does."""

from collections.abc import Mapping
from typing import Literal

from ..errors import MethodNotAllowed, NotFound, Problem
from ..http.exchange import Exchange
from .assembly import allowed_methods
from .host_routing import HostTables, HostView
from .middleware.cors import is_preflight
from .redirect import is_local_path
from .route import Route
from .routing import ANY, WEBSOCKET, Methods, RouteTable, other_spelling

Slashes = Literal["redirect", "strict"]
"""What is done about `/shop` where only `/shop/` is: a redirect, or 404."""

ALL_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

FoundRoute = tuple[Route, Mapping[str, str]]


class Finder:
    """`table`: routes of every host. `by_host`: those of single hosts, None where no route has one, so that nobody pays for it.

    fallbacks: of mounted routers; they answer what is not found below them. The allowed hosts have been checked before.
    """

    def __init__(self, routes: list[Route], fallbacks: list[Route], slashes: Slashes) -> None:
        self.table, self.by_host = _tables(routes)
        self._fallbacks = _tables(fallbacks) if fallbacks else None
        self._leads_on = slashes == "redirect"
        self.mistakes = [*self.table.mistakes, *(self.by_host.mistakes if self.by_host else ())]

    def find(self, exchange: Exchange) -> FoundRoute:
        """Raises NotFound, MethodNotAllowed, or a Problem that redirects to the right spelling of a path."""
        path = exchange.raw_path
        table = self._table_of(exchange)
        found = table.find(path)
        if found is None:
            raise self._not_found(exchange, table)
        methods, params = found
        if params and table.is_beside_static(path) and not table.is_static(path):
            raise self._not_found(exchange, table)
        route = methods.get(exchange.method) or methods.get(ANY)
        if route is None:
            return self._find_for_method(exchange, table)
        return route, params

    def find_socket(self, exchange: Exchange) -> FoundRoute:
        """Raises NotFound."""
        for methods, params in self._table_of(exchange).matches(exchange.raw_path):
            route = methods.get(WEBSOCKET)
            if route is not None:
                return route, params
        raise NotFound(detail="No WebSocket is at this address.")

    def fallback(self, exchange: Exchange) -> FoundRoute | None:
        """Of the mounted router below whose path the exchange is: its own middleware and error handlers answer."""
        if self._fallbacks is None:
            return None
        common, by_host = self._fallbacks
        try:
            found = (by_host.at(exchange.host) if by_host else common).find(exchange.raw_path)
        except Problem:
            return None  # a path that cannot be decoded is below nobody
        return (found[0][ANY], found[1]) if found is not None else None

    def _table_of(self, exchange: Exchange) -> RouteTable | HostView:
        return self.table if self.by_host is None else self.by_host.at(exchange.host)

    def _not_found(self, exchange: Exchange, table: RouteTable | HostView) -> Problem:
        """`/shop` and `/shop/` are different paths; the one that is not there leads to the other, with the same method."""
        path = exchange.raw_path
        other = other_spelling(path)
        if self._leads_on and len(path) > 1 and is_local_path(other) and table.find(other) is not None:
            query = f"?{exchange.query_string}" if exchange.query_string else ""
            return Problem(308, headers={"location": other + query})
        if path == "*" and exchange.method == "OPTIONS":
            return Problem(204, headers={"allow": ALL_METHODS})
        return NotFound(detail="Nothing is at this address.")

    def _find_for_method(self, exchange: Exchange, table: RouteTable | HostView) -> FoundRoute:
        """A wider route that has the method, where the narrowest has not: `DELETE /users/me` may be one of `/users/{name}`."""
        matches = [found for found in table.matches(exchange.raw_path) if ANY not in found[0]]
        for methods, params in matches:
            route = methods.get(exchange.method)
            if route is not None:
                return route, params
        raise _wrong_method(
            exchange, {method: route for methods, _ in reversed(matches) for method, route in methods.items()}
        )


def _tables(routes: list[Route]) -> tuple[RouteTable, HostTables | None]:
    common = RouteTable(route for route in routes if route.host is None)
    return common, HostTables(common, routes) if any(route.host is not None for route in routes) else None


def _wrong_method(exchange: Exchange, methods: Methods) -> Problem:
    headers = {"allow": allowed_methods(methods)}
    if exchange.method == "OPTIONS":
        return Problem(204, headers={**headers, **_preflight(exchange, methods)})
    if set(methods) == {WEBSOCKET}:
        return Problem(426, detail="This address speaks WebSocket.", headers={"upgrade": "websocket"})
    return MethodNotAllowed(detail=f"{exchange.method[:40]} is not allowed here.", headers=headers)


def _preflight(exchange: Exchange, methods: Methods) -> Mapping[str, str]:
    """What the CORS of the route that is going to be asked says; nothing without one."""
    asked = methods.get(exchange.field("access-control-request-method") or "") if is_preflight(exchange) else None
    if asked is None or asked.sharing is None:
        return {}
    return asked.sharing.preflight(exchange, methods.keys() - {WEBSOCKET})
