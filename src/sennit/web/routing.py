"""Finding the route of a request: a dict for static paths, a tree of segments for the rest."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import BadRequest, SennitError
from .path import Segment

if TYPE_CHECKING:
    from .route import Route

WEBSOCKET = "WEBSOCKET"
"""Stands where a method stands for routes that take WebSocket handshakes."""

Methods = dict[str, "Route"]


@dataclass(slots=True)
class Node:
    """What may follow a prefix of segments: literal text first, then parameters by how narrow they are."""

    literals: dict[str, "Node"] = field(default_factory=dict)
    parameters: list[tuple[Segment, "Node"]] = field(default_factory=list)
    methods: Methods = field(default_factory=dict)


_RANK = {"uuid": 0, "int": 1, "float": 2, "slug": 3, "str": 4, "path": 5}


class RouteTable:
    """All routes of a site. Raises SennitError route.E003 for two that match the same requests."""

    def __init__(self, routes: Iterable["Route"]) -> None:
        self._static: dict[str, Methods] = {}
        self._root = Node()
        for route in routes:
            self._add(route)

    def _add(self, route: "Route") -> None:
        methods = self._methods_for(route)
        for method in route.methods:
            other = methods.get(method)
            if other is not None:
                raise SennitError(
                    code="route.E003",
                    what=f"{method} {other.pattern.text!r} and {method} {route.pattern.text!r} match the same requests",
                    where=f"{other.where} and {route.where}",
                    fix="take one of them away, or narrow one with a converter: '/users/{id:int}'",
                )
            methods[method] = route

    def _methods_for(self, route: "Route") -> Methods:
        if route.pattern.is_static:
            return self._static.setdefault(route.pattern.text, {})
        node = self._root
        for segment in route.pattern.segments:
            node = _child(node, segment)
        return node.methods

    def is_static(self, raw_path: str) -> bool:
        """Whether a route has this very path, without parameters."""
        return raw_path in self._static

    def find(self, raw_path: str) -> tuple[Methods, dict[str, str]] | None:
        """The routes of a path by method, and its decoded parameters. Raises BadRequest for escapes that are not UTF-8."""
        methods = self._static.get(raw_path)
        if methods is not None:
            return methods, {}
        try:
            parts = [unquote(part, errors="strict") if "%" in part else part for part in raw_path[1:].split("/")]
        except UnicodeDecodeError:
            raise BadRequest(detail="an escape in the path is not UTF-8") from None
        if "%" in raw_path and (methods := self._static.get("/" + "/".join(parts))) is not None:
            return methods, {}
        params: dict[str, str] = {}
        node = _walk(self._root, parts, 0, params)
        return (node.methods, params) if node else None


def _child(node: Node, segment: Segment) -> Node:
    if not segment.name:
        return node.literals.setdefault(segment.literal, Node())
    for known, child in node.parameters:
        if known.converter == segment.converter and known.name == segment.name:
            return child
    for known, child in node.parameters:
        if known.converter == segment.converter:
            node.parameters.append((segment, child))
            return child
    child = Node()
    node.parameters.append((segment, child))
    node.parameters.sort(key=lambda entry: _RANK[entry[0].converter])
    return child


def _walk(node: Node, parts: list[str], index: int, params: dict[str, str]) -> Node | None:
    """Depth first, literal text before parameters. Parameters of one kind share a child, so a path has few ways to try."""
    if index == len(parts):
        return node if node.methods else None
    part = parts[index]
    literal = node.literals.get(part)
    if literal is not None and (found := _walk(literal, parts, index + 1, params)):
        return found
    tried: set[int] = set()
    for segment, child in node.parameters:
        if segment.converter == "path":
            rest = "/".join(parts[index:])
            if rest and child.methods:
                _name(child, segment, rest, params, node)
                return child
        elif id(child) not in tried and segment.accepts(part):
            tried.add(id(child))
            if found := _walk(child, parts, index + 1, params):
                _name(child, segment, part, params, node)
                return found
    return None


def _name(child: Node, segment: Segment, text: str, params: dict[str, str], node: Node) -> None:
    """Two routes may call the same segment by different names below one prefix; each route reads its own."""
    for known, other in node.parameters:
        if other is child and known.converter == segment.converter:
            params[known.name] = text
