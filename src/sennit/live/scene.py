"""A scene: one view with concrete inputs. Its regions are rendered together, once for all who look."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from . import wire
from .digest import digest
from .frame import Frame
from .person import Person
from .reads import ReadLog
from .region import Content, Region
from .shape import Shape, Transition
from .values import Resolved, checked, resolve

if TYPE_CHECKING:
    from ..web import Context, Route
    from .hub import Hub
    from .reads import Read
    from .token import PageInputs

log = logging.getLogger("sennit.live")

BATCH = 256
"""Writes between two turns of the loop."""
WARN_SIZE = 64 * 1024
MOST_SIZE = 256 * 1024
"""Characters of one region; a larger one is not live."""
SLOWEST_RETRY_S = 60.0


class Scene:
    """Single flight: one render at a time, at most `hz` a second, the first at once and the last never left out."""

    def __init__(
        self,
        hub: "Hub",
        key: str,
        route: "Route",
        inputs: "PageInputs",
        scalars: Mapping[str, Any],
        who: Person | None,
    ) -> None:
        self.hub = hub
        self.key = key
        self.route = route
        self.inputs = inputs
        self.scalars = {name: value for name, value in scalars.items() if name in route.scalars}
        self.who = who
        self._links = {"url_for": hub.site.addresses.seen_from(route, inputs.params)}
        self.shapes: dict[str, Shape] = {}
        self.rendered_at = hub.now()
        self.watched_at = hub.now()
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._failures = 0
        self._is_closed = False

    # -- shapes ------------------------------------------------------------------------------------------------------

    def shape(self, region: Region) -> Shape:
        """The shape of a region, made when first asked for."""
        shape_id = digest(self.key, region.template, str(region.number), region.version)
        shape = self.shapes.get(shape_id)
        if shape is None:
            shape = self.shapes[shape_id] = Shape(shape_id, region, self)
        return shape

    @property
    def is_watched(self) -> bool:
        return any(shape.seats for shape in self.shapes.values())

    @property
    def is_settled(self) -> bool:
        """Nothing that anybody looks at is out of date or on its way."""
        return self._task is None and (bool(self._failures) or not self._due())

    @property
    def size(self) -> int:
        return sum(shape.size for shape in self.shapes.values())

    def close(self) -> None:
        self._is_closed = True
        self._cancel_timer()
        for shape in self.shapes.values():
            self.hub.index.remove(shape)

    def adopt(self, contents: Mapping[Region, Content], reads: Mapping[Region, "frozenset[Read]"], since: int) -> None:
        """Take what a page has just rendered, unless there is something as good already."""
        for region, content in contents.items():
            shape = self.shape(region)
            if shape.content is not None and not shape.is_dirty:
                if shape.content.digest != content.digest:
                    shape.touched()
                continue
            if shape.seats:
                continue  # a render for them is due anyway, and only that one is broadcast
            shape.is_dirty = False
            shape.update(content)
            self.hub.index.set(shape, reads[region], since)
            self.hub.grew(content.size)

    # -- when --------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Render soon, if anything that somebody looks at is out of date."""
        if self._task is not None or self._timer is not None or self._is_closed or not self._due():
            return
        wait = self._not_before - self.hub.now()
        if wait <= 0:
            self._start()
        else:
            self._timer = asyncio.get_running_loop().call_later(wait, self._start)

    def recheck(self) -> None:
        """Render everything again, whatever the changes said."""
        for shape in self.shapes.values():
            shape.touched()

    def hurry(self) -> None:
        """Forget the waiting time: somebody waits for the answer."""
        if not self._failures:
            self._cancel_timer()
            self._not_before = 0.0
        self.wake()

    def _due(self) -> list[Shape]:
        return [shape for shape in self.shapes.values() if shape.is_dirty and shape.seats]

    def _start(self) -> None:
        self._cancel_timer()
        self._task = self.hub.spawn(self._run())

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _run(self) -> None:
        began = self.hub.now()
        try:
            await self.fresh(self._due())
            self._failures = 0
            pause = max(1 / self.route_hz, 10 * (self.hub.now() - began))
        except Exception as error:
            self._failures += 1
            pause = min(SLOWEST_RETRY_S, 2.0 ** (self._failures - 1))
            self._failed(error)
        finally:
            self._task = None
        self._not_before = began + pause
        self.wake()

    @property
    def route_hz(self) -> float:
        return self.hub.view_of(self.route).hz

    def _failed(self, error: Exception) -> None:
        """The last good content stays; it is said once that it may be old."""
        if self._failures > 1:
            return
        log.error("live regions of %r with %r cannot be rendered", self.route.name, self.scalars, exc_info=error)
        for shape in self._due():
            frame = Frame(wire.stale(shape.id))
            for seat in list(shape.seats):
                seat.tell(frame)

    # -- rendering ---------------------------------------------------------------------------------------------------

    async def fresh(self, shapes: Iterable[Shape]) -> None:
        """Bring shapes up to date and tell everybody who looks. Raises what the view, its queries or templates raise."""
        async with self._lock:
            due = [shape for shape in shapes if shape.is_dirty or shape.content is None]
            if due:
                await self._render(due)

    async def _render(self, due: list[Shape]) -> None:
        since, reads = self.hub.index.position, ReadLog()
        for shape in due:
            shape.is_dirty = False
        try:
            resolved = await self._values(due, reads)
            values = {**self._links, **resolved.values}
            contents = {shape: self.hub.content(shape.region, values) for shape in due}
        except BaseException:
            for shape in due:
                shape.is_dirty = True
            raise
        self.rendered_at = self.hub.now()
        self.hub.renders += len(due)
        common = frozenset(reads.reads)
        for shape, content in contents.items():
            transition = shape.update(content)
            self.hub.index.set(shape, common | resolved.reads_of(shape.region.names), since)
            if transition is not None and shape.seats:
                await self._broadcast(shape, transition)

    async def _values(self, due: list[Shape], reads: ReadLog) -> Resolved:
        """Run the view again, and the queries that the regions due name."""
        view = self.hub.view_of(self.route)
        ctx = await self._context(reads)
        try:
            value = checked(await self.hub.site.call(ctx), self.route.where)
            names = frozenset().union(*(shape.region.names for shape in due))
            reads.note(view.topic_reads)
            return await resolve(self.hub, await self.hub.reader(), value, names)
        finally:
            await ctx.close()

    async def _context(self, reads: ReadLog) -> "Context":
        db = await self.hub.reader(reads.note)
        values: dict[str, Any] = {} if db is None else {"db": db}
        if self.who is not None:
            values["user"] = await db.get(*self.who)
        return self.hub.context(self.route, self.inputs, values=values, scalars=self.scalars)

    async def _broadcast(self, shape: Shape, transition: Transition) -> None:
        frame = Frame(transition.frame)
        for count, seat in enumerate(list(shape.seats), 1):
            seat.send(shape, transition, frame)
            if count % BATCH == 0:
                await asyncio.sleep(0)


def check_size(region: Region, content: Content) -> bool:
    """Whether a region is small enough to be live; warns from 64 KB on."""
    if content.size > MOST_SIZE:
        error = SennitError(
            code="live.E010",
            what=f"a live region has {content.size} characters, more than {MOST_SIZE}; it is shown, but not kept up to date",
            where=region.place,
            fix="show a page of the rows: query.page(number, size=50)",
        )
        log.error("%s", error)
        return False
    if content.size > WARN_SIZE:
        log.warning("%s: a live region of %d characters; consider query.page(...)", region.place, content.size)
    return True
