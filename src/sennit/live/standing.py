"""Checks, when a template is loaded, that its regions stand where comment markers survive the browser's parser."""

from jinja2 import nodes

from ..errors import SennitError
from .placement import Place


def check_standing(tree: nodes.Template, template: str) -> None:
    """Raises SennitError for a region in an attribute, `<title>`, `<textarea>`, `<script>`, `<style>` or `<table>` itself."""
    _feed(tree.body, Place(), template)


def standing_error(place: str, objection: str) -> SennitError:
    return SennitError(
        code="live.E002",
        what=f"a live region stands {objection}",
        where=place,
        fix="put it around or into a whole element: in a table, write <tbody> around the region; "
        "for an attribute or a title, put the element or a script of your own there",
    )


def _feed(body: list[nodes.Node], place: Place, template: str) -> Place:
    for node in body:
        place = _node(node, place, template)
    return place


def _node(node: nodes.Node, place: Place, template: str) -> Place:
    tag = getattr(node, "live_tag", None)
    if tag is not None:
        if place.objection:
            raise standing_error(f"{template}:{tag.line}", place.objection)
        return place
    if isinstance(node, nodes.Output):
        _output(node, place)
    elif isinstance(node, nodes.If):
        return _branches(node, place, template)
    elif isinstance(node, nodes.For):
        _feed(node.else_, place.copy(), template)
        return _feed(node.body, place, template)
    elif isinstance(node, nodes.Block):
        # What surrounds a block of a child template is known only when the page is made (see page.py).
        return _feed(node.body, place, template)
    elif isinstance(node, nodes.Macro):
        _feed(node.body, Place(), template)
    elif isinstance(getattr(node, "body", None), list):
        return _feed(node.body, place, template)  # type: ignore[attr-defined]
    return place


def _output(node: nodes.Output, place: Place) -> None:
    for part in node.nodes:
        if isinstance(part, nodes.TemplateData):
            place.feed(part.data)
        else:
            place.value()


def _branches(node: nodes.If, place: Place, template: str) -> Place:
    """Each branch starts from the same place; what follows goes on from the first (branches must agree anyway)."""
    for branch in (*node.elif_, *([node.else_] if node.else_ else ())):
        _feed(branch if isinstance(branch, list) else branch.body, place.copy(), template)
    return _feed(node.body, place, template) if not _is_region(node) else _feed(node.else_, place, template)


def _is_region(node: nodes.If) -> bool:
    return any(getattr(part, "live_tag", None) is not None for part in node.else_)
