"""A seat: one page in one browser. What it holds, and whether it may still see it."""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..errors import NotFound, Problem
from ..web.rule import authorize
from . import wire
from .frame import Frame
from .inputs import uses_user
from .person import person
from .reads import ReadLog
from .scene import Scene
from .shape import Shape, Transition

if TYPE_CHECKING:
    from ..web import Context, Request, Route
    from .hub import Hub
    from .token import PageInputs
    from .viewer import Viewer

log = logging.getLogger("sennit.live")


class Refused(Exception):
    """This page is not for this viewer, or not there any more. `why`: signed-out, forbidden, missing, changed, error."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def admit(hub: "Hub", route: "Route", inputs: "PageInputs", request: "Request", reads: ReadLog) -> Scene:
    """The scene that these inputs mean for this user, every rule of the route evaluated now. Raises Refused."""
    db = await hub.reader(reads.note)
    ctx = hub.context(route, inputs, request=request, values={} if db is None else {"db": db})
    try:
        return await _scene(hub, ctx, inputs)
    except Problem as problem:
        raise Refused({401: "signed-out", 403: "forbidden", 404: "missing"}.get(problem.status, "changed")) from problem
    except Exception as error:
        log.error("an access rule of %r failed", route.name, exc_info=error)
        raise Refused("error") from error
    finally:
        await ctx.close()


async def _scene(hub: "Hub", ctx: "Context", inputs: "PageInputs") -> Scene:
    route = ctx.route
    await authorize(ctx, route.rules)
    scalars = await route.scalar_values(ctx)
    who = person(await ctx.get("user")) if uses_user(route) else None
    return hub.scene(route, inputs, scalars, who)


class Seat:
    """Sent nothing while `is_admitted` is False: from the moment that something its rules read may have changed."""

    __slots__ = ("_checks", "_is_checking", "held", "inputs", "is_admitted", "route", "scene", "token", "viewer")

    def __init__(self, viewer: "Viewer", token: str, route: "Route", inputs: "PageInputs") -> None:
        self.viewer = viewer
        self.token = token
        self.route = route
        self.inputs = inputs
        self.scene: Scene | None = None
        self.held: dict[Shape, str] = {}
        self.is_admitted = False
        self._checks = 0
        self._is_checking = False

    # -- coming and going --------------------------------------------------------------------------------------------

    async def join(self, held: Iterable[tuple[str, str]]) -> None:
        """Take the shapes that the browser says it has; send what it lacks. Raises Refused."""
        scene = await self._admitted()
        known = {shape.id: shape for shape in map(scene.shape, self.viewer.hub.regions(self.route))}
        wanted = {known[shape_id]: digest for shape_id, digest in held if shape_id in known}
        try:
            await scene.fresh(wanted)
        except NotFound as missing:
            raise Refused("missing") from missing
        self.scene = scene
        is_other = any(shape_id not in known for shape_id, _ in held)
        for shape, digest in wanted.items():
            self.held[shape] = digest
            shape.seats.add(self)
        self.catch_up()
        if is_other:
            self.viewer.offer(Frame(wire.RELOAD))

    def leave(self) -> None:
        index = self.viewer.hub.index
        index.remove(self)
        for shape in self.held:
            shape.seats.discard(self)
        if self.scene is not None:
            self.viewer.hub.left(self.scene)
        self.held = {}
        self.is_admitted = False
        self._checks += 1

    async def _admitted(self) -> Scene:
        hub = self.viewer.hub
        # The session is read from its cookie again, for it may have expired since the last time.
        vars(self.viewer.request).pop("session", None)
        since, reads, check = hub.index.position, ReadLog(), self._checks
        scene = await admit(hub, self.route, self.inputs, self.viewer.request, reads)
        self.is_admitted = check == self._checks
        if reads.reads:
            hub.index.set(self, reads.reads, since)
        return scene

    # -- permission --------------------------------------------------------------------------------------------------

    def touched(self) -> None:
        """Something that the rules read may have changed: nothing more is sent until they have been asked again."""
        self._checks += 1
        self.is_admitted = False
        if not self._is_checking:
            self._is_checking = True
            self.viewer.hub.spawn(self._check())

    async def _check(self) -> None:
        try:
            while not self.is_admitted and self.viewer.seats.get(self.token) is self:
                await self._ask_again()
        except Refused as refused:
            self.close(refused.why)
        finally:
            self._is_checking = False

    async def _ask_again(self) -> None:
        scene = await self._admitted()
        if self.scene is not None and scene is not self.scene:
            raise Refused("changed")
        if self.is_admitted:
            self.catch_up()

    def recheck(self) -> None:
        """Ask the rules again, if they read anything."""
        if self.viewer.hub.index.reads_of(self):
            self.touched()

    def close(self, why: str) -> None:
        """Take the page away: its regions are emptied by the browser."""
        shapes = list(self.held)
        self.viewer.drop(self)
        for shape in shapes:
            self.viewer.offer(Frame(wire.gone(shape.id, why)))

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, shape: Shape, transition: Transition, frame: Frame) -> None:
        """A transition, to who holds its beginning; who is behind catches up when he can."""
        if shape not in self.held or not self._may_send:
            return
        if self.held[shape] != transition.before:
            self._bring(shape)
        elif self.viewer.offer(frame):
            self.held[shape] = transition.after

    def tell(self, frame: Frame) -> None:
        if self._may_send:
            self.viewer.offer(frame)

    def catch_up(self) -> None:
        """One difference for each shape from what is held to now."""
        for shape in list(self.held):
            if not self._may_send:
                return
            self._bring(shape)

    def has(self, held: Mapping[str, str]) -> None:
        """The browser holds something other than what was sent here: a form's answer came between."""
        for shape in self.held:
            if shape.id in held:
                self.held[shape] = held[shape.id]
        self.catch_up()

    def whole(self, shape_id: str) -> None:
        """The browser has lost its thread."""
        for shape in self.held:
            if shape.id == shape_id and shape.content is not None:
                self.held[shape] = ""
                self.catch_up()
                return

    @property
    def _may_send(self) -> bool:
        return self.is_admitted and self.viewer.is_ready

    def _bring(self, shape: Shape) -> None:
        text = shape.since(self.held[shape])
        if text is not None and shape.content is not None and self.viewer.offer(Frame(text)):
            self.held[shape] = shape.content.digest
