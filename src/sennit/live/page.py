"""A live page's first HTML: rendered for one request, its regions between markers that name what they hold."""

import logging
import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..web import Response
from .inputs import uses_user
from .person import person
from .placement import Place
from .reads import ReadLog
from .region import Content, Region
from .scene import Scene, check_size
from .script import script_tag
from .standing import standing_error
from .token import PageInputs
from .values import Resolved, checked, resolve

if TYPE_CHECKING:
    from ..web import Context
    from .hub import Hub
    from .reads import Read
    from .view import View

log = logging.getLogger("sennit.live")

OF_PAGE = ("request", "user", "csp_nonce")
"""Providers that a page may name outside its regions without the view returning them."""

_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)


class Page:
    """One answer to a GET. The reads of everything between `prepare` and the last query are its regions' dependence."""

    def __init__(self, hub: "Hub", view: "View", ctx: "Context", reads: ReadLog) -> None:
        self.hub = hub
        self.view = view
        self.ctx = ctx
        self.reads = reads
        self.since = hub.index.position
        self.contents: dict[Region, Content] = {}
        self.scene: Scene | None = None
        self.token: str | None = None
        self.has_script = False
        self._common: frozenset[Read] = frozenset()
        self._resolved = Resolved({}, {})
        self._links = {"url_for": hub.site.addresses.seen_from(ctx.route, ctx.params)}

    def prepare(self) -> None:
        if self.hub.engine is not None and self.ctx.route.reads_only:
            self.ctx.values["db"] = self.hub.engine.reading(self.reads.note)

    async def response(self, value: object) -> Response:
        given = checked(value, self.ctx.route.where)
        self._common = frozenset(self.reads.reads)  # what comes after is read for single regions, or by of_user
        sheet = self.hub.catalog.sheet(self.view.template)
        names = None if sheet.is_open else sheet.names
        self._resolved = await resolve(self.hub, await self._db(), given, names)
        is_live = self.view.is_live and (bool(sheet.regions) or sheet.is_open)
        if is_live:
            await self._find_scene()
        text = self.hub.templates.render(self.view.template, await self._template_values(sheet.names))
        if self.scene is not None and self.contents:
            self._register(self.scene)
            text = self._with_script(text)
            if self.hub.is_development:
                self._check_markers(text)
        return Response(text)

    async def _db(self) -> Any:
        return await self.ctx.get("db") if self.hub.engine is not None else None

    async def _find_scene(self) -> None:
        route, ctx = self.ctx.route, self.ctx
        inputs = PageInputs(route.name, ctx.params, ctx.query.pairs())
        self.token = self.hub.tokens.dumps(inputs)
        if self.token is None:
            log.warning("%s: the inputs of this page are too long for a live page; it is shown plain", route.where)
            return
        who = person(await ctx.get("user")) if uses_user(route) else None
        if who is not None:
            self._common |= who.reads()
        self.scene = self.hub.scene(route, inputs, await route.scalar_values(ctx), who)

    async def _template_values(self, names: frozenset[str]) -> dict[str, Any]:
        values = {**self._links, **self._resolved.values}
        for name in OF_PAGE:
            if name in names and name not in values and name in self.ctx.route.providers:
                values[name] = await self.ctx.get(name)
        values["live_script"] = self._script
        if self.scene is not None:
            values["_live_page"] = self._region
        return values

    # -- called by the template --------------------------------------------------------------------------------------

    def _region(self, block: str) -> Markup:
        """The region between its markers: `<!--live:ID DIGEST kind [hold]-->`."""
        region = self.hub.catalog.region(block)
        content = self.contents.get(region)
        if content is None:
            content = self.contents[region] = self.hub.content(region, {**self._links, **self._resolved.values})
        assert self.scene is not None, "regions are asked for by live pages only"
        if not check_size(region, content):
            del self.contents[region]
            return Markup(content.markup)
        shape_id = self.scene.shape(region).id
        words = " ".join([shape_id, content.digest, region.kind, *(["hold"] if region.hold else [])])
        return Markup(f"<!--live:{words}-->{content.markup}<!--/live:{shape_id}-->")

    def _script(self, nonce: str | None = None) -> Markup:
        """`{{ live_script() }}`: the browser script and the page's token."""
        self.has_script = True
        meta = (
            Markup('<meta name="sennit-live" content="{}">').format(self.token) if self.scene is not None else Markup()
        )
        return meta + script_tag(nonce or self._nonce())

    def _nonce(self) -> str | None:
        """That of the page, when its template bears one: its policy may let no script through without."""
        made = self.ctx.made_request
        return made.csp_nonce if made is not None and made.has_csp_nonce else None

    # -- afterwards --------------------------------------------------------------------------------------------------

    def _register(self, scene: Scene) -> None:
        common = self._common | self.view.topic_reads
        reads = {region: common | self._resolved.reads_of(region.names) for region in self.contents}
        scene.adopt(self.contents, reads, self.since)
        self.hub.start_ticks(self.view)

    def _with_script(self, text: str) -> str:
        """A page with regions is live even where its author forgot the script."""
        if self.has_script:
            return text
        head_end = _HEAD_END.search(text)
        at = head_end.start() if head_end else len(text)
        return text[:at] + str(self._script()) + text[at:]

    def _check_markers(self, text: str) -> None:
        """In development: regions of child templates and includes stand where the whole page lets them."""
        place, at = Place(), 0
        for marker in re.finditer(r"<!--live:(\w+)", text):
            place.feed(text[at : marker.start()])
            at = marker.start()
            if place.objection:
                region = next(r for r in self.contents if self.scene and self.scene.shape(r).id == marker[1])
                raise standing_error(region.place, place.objection)


def hub_of(ctx: "Context") -> "Hub | None":
    """The application's hub, from the provider `live`."""
    provider = ctx.route.providers.get("live")
    give = getattr(provider, "give", None)
    return give(ctx) if give is not None else None
