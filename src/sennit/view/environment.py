"""The Jinja2 environment, with a place for those who must look at a whole template when it is loaded."""

from collections.abc import Callable

from jinja2 import Environment, nodes

Inspector = Callable[[nodes.Template, str | None, str], None]
"""Called with the syntax tree, the template's name (None for one made from text) and its source. May raise."""


class TemplateEnvironment(Environment):
    """Jinja2's environment plus `inspectors`, each of which sees every template once, before it is compiled."""

    inspectors: tuple[Inspector, ...] = ()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        # The only hook of Jinja2 that has the whole tree: extensions see one tag at a time.
        tree = super()._parse(source, name, filename)
        for inspect in self.inspectors:
            inspect(tree, name, source)
        return tree
