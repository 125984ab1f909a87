"""Every live region of the templates, found and checked when its template is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, nodes
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from ..errors import SennitError
from ..view import Templates
from .digest import digest
from .region import Region
from .scope import check_names
from .standing import check_standing
from .tag import LiveTag, Tag


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one template file says: the names it needs, the templates it names (None: one known only when run)."""

    names: frozenset[str]
    references: tuple[str | None, ...]
    regions: tuple[Region, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template with everything it extends, includes and imports."""

    names: frozenset[str]
    regions: tuple[Region, ...]
    is_open: bool
    """Some reference is known only at run time: names and regions may be missing here."""


class Catalog:
    """Installs the tag into the templates and knows their regions."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._leaves: dict[str, Leaf] = {}
        self._regions: dict[str, Region] = {}
        self._sheets: dict[str, Sheet] = {}
        environment = templates.environment
        environment.add_extension(LiveTag)
        environment.inspectors = (*environment.inspectors, self._inspect)

    def sheet(self, name: str) -> Sheet:
        """Raises SennitError for a template that is missing or wrong."""
        sheet = self._sheets.get(name)
        if sheet is None:
            sheet = self._made_sheet(name)
            if not self.templates.environment.auto_reload:
                self._sheets[name] = sheet
        return sheet

    def _made_sheet(self, name: str) -> Sheet:
        leaves = list(self._walk(name, set()))
        return Sheet(
            names=frozenset(name for leaf in leaves for name in leaf.names),
            regions=tuple(region for leaf in leaves for region in leaf.regions),
            is_open=any(None in leaf.references for leaf in leaves),
        )

    def region(self, block: str) -> Region:
        return self._regions[block]

    def _walk(self, name: str, seen: set[str]) -> Iterator[Leaf]:
        if name in seen:
            return
        seen.add(name)
        self.templates.get(name)
        leaf = self._leaves[name]
        yield leaf
        for reference in leaf.references:
            if reference is not None and self._exists(reference):
                yield from self._walk(reference, seen)

    def _exists(self, name: str) -> bool:
        """`{% include "x.html" ignore missing %}` names templates that need not be there."""
        return name in self._leaves or name in self.templates.environment.list_templates()

    def _inspect(self, tree: nodes.Template, name: str | None, source: str) -> None:
        tags = [(block, _tag_of(block)) for block in tree.find_all(nodes.Block) if _tag_of(block)]
        where = name or "<text>"
        if tags:
            check_names(tree, where)
            check_standing(tree, where)
        if name is None:
            return
        regions = tuple(self._region(block, tag, name, source) for block, tag in tags if tag)
        self._regions |= {region.block: region for region in regions}
        references = tuple(find_referenced_templates(tree))
        self._leaves[name] = Leaf(frozenset(find_undeclared_variables(tree)), references, regions, digest(source))

    def _region(self, block: nodes.Block, tag: Tag, template: str, source: str) -> Region:
        body = _as_template(block.body, self.templates.environment)
        included = [name for name in find_referenced_templates(body) if name is not None]
        leaves = [leaf for name in included if self._exists(name) for leaf in self._walk(name, {template})]
        if any(leaf.regions for leaf in leaves):
            raise _nested(template, tag.line)
        names = find_undeclared_variables(body).union(*(leaf.names for leaf in leaves))
        return Region(
            template=template,
            number=tag.number,
            line=tag.line,
            kind=tag.kind,
            block=block.name,
            names=frozenset(name for name in names if not name.startswith("_live_")),
            hold=tag.hold,
            key=tag.key,
            fields=tag.fields,
            version=digest(source, *(leaf.digest for leaf in leaves)),
        )


def catalog_of(templates: Templates) -> Catalog:
    """The one catalog of these templates; made when first asked for."""
    catalog = getattr(templates, "live_catalog", None)
    if catalog is None:
        catalog = Catalog(templates)
        templates.live_catalog = catalog  # type: ignore[attr-defined]
    return catalog


def _tag_of(block: nodes.Block) -> Tag | None:
    tag = getattr(block, "live_tag", None)
    return tag if isinstance(tag, Tag) else None


def _as_template(body: list[nodes.Node], environment: Environment) -> nodes.Template:
    tree = nodes.Template(body, lineno=1)
    tree.set_environment(environment)
    return tree


def _nested(template: str, line: int) -> SennitError:
    return SennitError(
        code="live.E005",
        what="a live region includes a template that has live regions of its own",
        where=f"{template}:{line}",
        fix="end the outer region before the include",
    )
