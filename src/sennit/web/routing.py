"""Finding the route of a request: a dict for static paths, a tree of segments for the rest.

Precedence, from the left, the first difference decides: literal text, then own converters in the order of their definition,
then uuid, date, int, float, slug, str, path, then a mount. It does not depend on the order in which routes were declared.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ..errors import BadRequest, SennitError
from .converter import Converter
from .path import PathPattern, Segment, quote_segment

if TYPE_CHECKING:
    from .route import Route

WEBSOCKET = "(websocket)"
"""Stands where a method stands for routes that take WebSocket handshakes; no method can be written like it (RFC 9110 §9.1)."""
ANY = "(any)"
"""Stands where a method stands for mounts, which take all of them."""

Methods = dict[str, "Route"]
Found = tuple[Methods, Mapping[str, str]]
Accepts = Callable[[str], object]


def other_spelling(path: str) -> str:
    """With the slash at its end, or without it."""
    return path[:-1] if path.endswith("/") else path + "/"


class Leaf:
    """Where patterns of one shape end. `names`: of the parameters, once for each way in which routes call them."""

    __slots__ = ("methods", "names")

    def __init__(self) -> None:
        self.methods: Methods = {}
        self.names: list[tuple[str, ...]] = []

    def add(self, route: "Route") -> list[SennitError]:
        if route.pattern.names not in self.names:
            self.names.append(route.pattern.names)
        taken = [self.methods[method] for method in sorted(route.methods) if method in self.methods]
        self.methods.update((method, route) for method in route.methods if method not in self.methods)
        return [_conflict(taken[0], route)] if taken else []

    def params(self, values: list[str]) -> dict[str, str]:
        """Two routes may call the same segment by different names: each reads its own."""
        if len(self.names) == 1:
            if len(values) == 1:
                return {self.names[0][0]: values[0]}
            return dict(zip(self.names[0], values))  # noqa: B905 - as many values as names; `strict` costs 100 ns
        return {name: value for names in self.names for name, value in zip(names, values, strict=True)}


class Node:
    """What may follow a prefix of segments. `rest`: a path parameter ends here; `mount`: everything below is somebody else's."""

    __slots__ = ("choices", "converters", "end", "literals", "mount", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.choices: list[tuple[Accepts | None, Node]] = []
        self.converters: list[Converter] = []
        """Of the choices, in the same order."""
        self.end: Leaf | None = None
        self.rest: Leaf | None = None
        self.mount: Leaf | None = None

    def child(self, segment: Segment) -> "Node":
        if not segment.name:
            return self.literals.setdefault(segment.literal, Node())
        converter = segment.meaning
        if converter in self.converters:
            return self.choices[self.converters.index(converter)][1]
        place = sum(known.rank <= converter.rank for known in self.converters)
        self.converters.insert(place, converter)
        self.choices.insert(place, (converter.accepts, Node()))
        return self.choices[place][1]

    def leaf(self, pattern: PathPattern) -> Leaf:
        """Where the pattern ends, made when it is not there."""
        node = self
        *before, last = pattern.segments or (None,)
        takes_rest = last is not None and last.meaning.takes_slashes and bool(last.name)
        for segment in before if takes_rest else pattern.segments:
            node = node.child(segment)
        kind = "mount" if pattern.is_mount else "rest" if takes_rest else "end"
        if getattr(node, kind) is None:
            setattr(node, kind, Leaf())
        found: Leaf = getattr(node, kind)
        return found


class RouteTable:
    """All routes of a site or of one of its hosts. `mistakes`: SennitErrors route.E003 for those that match the same requests."""

    def __init__(self, routes: Iterable["Route"]) -> None:
        self._static: dict[str, Found] = {}
        self._beside: set[str] = set()
        """What differs from a static path by a slash at its end only: a parameter must not take it."""
        self._last: dict[str, list[tuple[Accepts | None, Leaf]]] = {}
        """By literal text before the last segment: parameters that end there. Nothing in the tree comes before them."""
        self._root = Node()
        self.mistakes: list[SennitError] = []
        for route in routes:
            leaf = self._root.leaf(route.pattern)
            self.mistakes += leaf.add(route)
            if route.pattern.is_static:
                self._static[route.pattern.raw] = (leaf.methods, {})
                self._beside.add(other_spelling(route.pattern.raw))
        self._note_last(self._root, "")

    def _note_last(self, node: Node, raw: str) -> None:
        ends = [(accepts, child.end) for accepts, child in node.choices if child.end is not None]
        if ends:
            self._last[raw] = ends
        for literal, child in node.literals.items():
            self._note_last(child, f"{raw}/{quote_segment(literal)}")

    def is_static(self, raw_path: str) -> bool:
        """Whether a route has this very path, without parameters."""
        return raw_path in self._static

    def is_beside_static(self, raw_path: str) -> bool:
        """Whether a route without parameters has this path with a slash more, or less, at its end."""
        return raw_path in self._beside

    def find(self, raw_path: str) -> Found | None:
        """The routes of a path by method, and its decoded parameters. Raises BadRequest for escapes that are not UTF-8.

        Every node of the tree is looked at once at most, whatever the path.
        """
        found = self._static.get(raw_path)
        if found is not None:
            return found
        if "%" not in raw_path:
            before, slash, last = raw_path.rpartition("/")
            ends = self._last.get(before)
            if ends is not None and last and slash:
                for accepts, leaf in ends:
                    if accepts is None or accepts(last):
                        return leaf.methods, leaf.params([last])
        return self._find_in_tree(raw_path)

    def _find_in_tree(self, raw_path: str) -> Found | None:
        values: list[str] = []
        leaf = _walk(self._root, _parts(raw_path), 1, values)
        if leaf is None:
            return None
        return leaf.methods, leaf.params(values)

    def matches(self, raw_path: str) -> Iterator[Found]:
        """Everything that matches, the first of which is what `find` gives: for a method that the first has not."""
        for leaf, values in _all(self._root, _parts(raw_path), 1, []):
            yield leaf.methods, leaf.params(values)


def _parts(raw_path: str) -> list[str]:
    """Split first, decode then: an encoded slash stays in its segment. An empty list, which matches nothing, for a NUL."""
    parts = raw_path.split("/")
    if "%" not in raw_path:
        return parts if parts[0] == "" else []
    if "%00" in raw_path:
        return []
    try:
        return [unquote_to_bytes(part).decode() if "%" in part else part for part in parts]
    except UnicodeDecodeError:
        raise BadRequest(detail="an escape in the path is not UTF-8") from None


def _walk(node: Node, parts: list[str], index: int, values: list[str]) -> Leaf | None:
    """Depth first. Goes straight on where there is one way, and calls itself where there are several."""
    count = len(parts)
    mount, below = None, len(values)
    while index < count:
        part = parts[index]
        if node.mount is not None:
            mount, below = node.mount, len(values)
        child = node.literals.get(part)
        choices = node.choices
        if child is not None and (choices or node.rest is not None):
            mark = len(values)
            leaf = _walk(child, parts, index + 1, values)
            if leaf is not None:
                return leaf
            del values[mark:]
            child = None
        if child is None and part:
            if node.rest is None and len(choices) == 1:
                accepts, only = choices[0]
                if accepts is None or accepts(part):
                    values.append(part)
                    child = only
            elif choices or node.rest is not None:
                leaf = _walk_choices(node, parts, index, values)
                if leaf is not None:
                    return leaf
        if child is None:
            break
        node = child
        index += 1
    else:
        if count and node.end is not None:
            return node.end
    del values[below:]
    return mount


def _walk_choices(node: Node, parts: list[str], index: int, values: list[str]) -> Leaf | None:
    part, mark = parts[index], len(values)
    for accepts, child in node.choices:
        if accepts is None or accepts(part):
            values.append(part)
            leaf = _walk(child, parts, index + 1, values)
            if leaf is not None:
                return leaf
            del values[mark:]
    if node.rest is not None and not part.startswith("/"):
        values.append("/".join(parts[index:]))
        return node.rest
    return None


def _all(node: Node, parts: list[str], index: int, values: list[str]) -> Iterator[tuple[Leaf, list[str]]]:
    """What `_walk` would find, and then would find next. `values` are not kept from one to the next."""
    if index >= len(parts):
        if node.end is not None and parts:
            yield node.end, values
        return
    part = parts[index]
    if part in node.literals:
        yield from _all(node.literals[part], parts, index + 1, values)
    if part:
        for accepts, child in node.choices:
            if accepts is None or accepts(part):
                yield from _all(child, parts, index + 1, [*values, part])
        if node.rest is not None and not part.startswith("/"):
            yield node.rest, [*values, "/".join(parts[index:])]
    if node.mount is not None:
        yield node.mount, values


def _conflict(first: "Route", second: "Route") -> SennitError:
    method = min(first.methods & second.methods)
    return SennitError(
        code="route.E003",
        what=f"{method} {first.place!r} and {method} {second.place!r} match the same requests",
        where=f"{first.where} and {second.where}",
        fix="take one of them away, or narrow one with a converter: '/users/{id:int}'",
    )
