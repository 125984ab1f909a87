"""What a live region may name: the view's values, its own variables and globals. Checked when the template is loaded.

A region is rendered again alone, for nobody in particular: a name that only the page around it sets, or that belongs
to one request, would be wrong or missing then.
"""

from typing import Any, cast

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from ..errors import SennitError

OF_ONE_REQUEST = frozenset({"request", "session", "user"})

Names = frozenset[str]


def check_names(tree: nodes.Template, template: str) -> None:
    """Raises SennitError for a region that uses an outer name or stands where it would be there several times."""
    _Walk(tree, template).body(tree.body, _set_in(tree.body), "")


class _Walk:
    """Down the tree with the names set around, and the kind of the innermost thing that repeats."""

    def __init__(self, tree: nodes.Template, template: str) -> None:
        self.tree = tree
        self.template = template

    def body(self, body: list[nodes.Node], outer: Names, repeats: str) -> None:
        for node in body:
            self.node(node, outer, repeats)

    def node(self, node: nodes.Node, outer: Names, repeats: str) -> None:
        tag = getattr(node, "live_tag", None)
        if tag is not None and isinstance(node, nodes.Block):
            self._region(node, tag.line, outer, repeats)
            return
        names, repeats = outer | _own_names(node), _repeats(node) or repeats
        for child in node.iter_child_nodes():
            self.node(child, names, repeats)

    def _region(self, block: nodes.Block, line: int, outer: Names, repeats: str) -> None:
        inner = next(iter(_blocks_in(block)), None)
        if inner is not None:
            raise self._wrong(inner.lineno, "a live region or block stands inside a live region", "take it out")
        if repeats:
            raise self._wrong(
                line,
                f"a live region stands inside a {repeats}, so the same region would be on the page several times",
                "put the whole loop into the region: {% live for x in rows key x.id %}",
            )
        body = nodes.Template(block.body, lineno=line)
        body.set_environment(cast(Any, self.tree.environment))
        used = find_undeclared_variables(body)
        for name in sorted(used & OF_ONE_REQUEST):
            raise self._name(line, name, "belongs to one request, but a region is rendered once for all its viewers")
        for name in sorted(used & outer):
            raise self._name(
                line, name, "is set by the template around it, which is not there when it is rendered again"
            )

    def _name(self, line: int, name: str, why: str) -> SennitError:
        return SennitError(
            code="live.E001",
            what=f"the live region uses {name!r}, which {why}",
            where=f"{self.template}:{line}",
            fix=f"return what it needs from the view, under another name than {name!r}, or set it inside the region",
        )

    def _wrong(self, line: int, what: str, fix: str) -> SennitError:
        return SennitError(code="live.E005", what=what, where=f"{self.template}:{line}", fix=fix)


def _blocks_in(block: nodes.Block) -> list[nodes.Block]:
    return [
        inner
        for node in block.body
        for inner in ([node] if isinstance(node, nodes.Block) else node.find_all(nodes.Block))
    ]


def _repeats(node: nodes.Node) -> str:
    kinds: dict[type[nodes.Node], str] = {
        nodes.For: "loop",
        nodes.Macro: "macro",
        nodes.CallBlock: "call block",
        nodes.FilterBlock: "filter block",
    }
    return kinds.get(type(node), "")


def _own_names(node: nodes.Node) -> Names:
    """The names that a node sets for what is inside it."""
    if isinstance(node, nodes.For):
        return _targets(node.target) | _set_in([*node.body, *node.else_]) | {"loop"}
    if isinstance(node, nodes.With):
        return frozenset().union(*(_targets(target) for target in node.targets)) | _set_in(node.body)
    if isinstance(node, nodes.Macro | nodes.CallBlock):
        return frozenset(argument.name for argument in node.args) | {"caller", "varargs", "kwargs"} | _set_in(node.body)
    if isinstance(node, nodes.Block | nodes.Scope | nodes.FilterBlock):
        return _set_in(node.body)
    return frozenset()


def _set_in(body: list[nodes.Node]) -> Names:
    """The names that statements of a body set for the statements after them."""
    return frozenset(name for node in body for name in _sets(node))


def _sets(node: nodes.Node) -> Names:
    if isinstance(node, nodes.Assign | nodes.AssignBlock):
        return _targets(node.target)
    if isinstance(node, nodes.Macro):
        return frozenset({node.name})
    if isinstance(node, nodes.Import):
        return frozenset({node.target})
    if isinstance(node, nodes.FromImport):
        return frozenset(name if isinstance(name, str) else name[1] for name in node.names)
    if isinstance(node, nodes.If):
        return _set_in([*node.body, *node.elif_, *node.else_])
    return frozenset()


def _targets(target: nodes.Node) -> Names:
    names = {target} if isinstance(target, nodes.Name) else set(target.find_all(nodes.Name))
    return frozenset(name.name for name in names)
