"""The hub: where commits become pages that change. One for each application and process."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..bus import Bus, LocalBus
from ..errors import SennitError
from ..http import WebSocketClosed
from ..view import Templates
from . import wire
from .catalog import catalog_of
from .frame import Frame
from .housekeeping import Housekeeping
from .inputs import scene_key
from .neighbours import Neighbours
from .person import Person
from .reads import ReadIndex
from .region import Content, Region
from .scene import Scene
from .script import script_tag
from .seat import Seat
from .submit import answer
from .token import PageInputs, PageTokens
from .topic import table_of
from .viewer import TRY_AGAIN, Viewer

if TYPE_CHECKING:
    from ..model import Change, Engine, Query
    from ..web import Context, QueryParams, Request, Response, Route, Site, WebSocket
    from .view import View

log = logging.getLogger("sennit.live")

JOINS = 50
"""Joins in hand at a time; further ones wait in order, so that a thousand reconnecting do not drown the rest."""
GOING_AWAY = 1001


class Hub:
    """Knows every shape, who looks at it and what it read.

    secret: signs the page tokens. is_development: render every region twice and complain when the two differ.
    Connect `on_changes` to the engine's commits, `serve` to the socket's route.
    """

    def __init__(
        self,
        templates: Templates,
        site: "Site",
        engine: "Engine | None",
        bus: Bus | None,
        secret: str | bytes,
        *,
        is_development: bool = False,
    ) -> None:
        self.templates = templates
        self.site = site
        self.engine = engine
        self.bus = bus or LocalBus()
        self.tokens = PageTokens(secret.encode() if isinstance(secret, str) else secret)
        self.is_development = is_development
        self.catalog = catalog_of(templates)
        templates.environment.globals.setdefault("live_script", script_tag)  # for pages that no view makes
        self.index = ReadIndex()
        self.scenes: dict[str, Scene] = {}
        self.viewers: set[Viewer] = set()
        self.joining = asyncio.Semaphore(JOINS)
        self.renders = 0
        """Regions rendered again since the start, because something changed."""
        self.frames = 0
        """Messages handed to sockets since the start."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._neighbours = Neighbours(self, self.bus)
        self._housekeeping = Housekeeping(self)
        self._is_draining = False
        site.live_answer = self.answer_submit
        if engine is not None:
            engine.on_commit(self.on_changes)

    # -- what changed ------------------------------------------------------------------------------------------------

    def on_changes(self, changes: "Sequence[Change]") -> None:
        """After a commit, in the loop's thread: everything that read what changed is out of date from now on."""
        self.index.apply(changes)
        self._neighbours.changed(changes)

    def touch(self, name: str) -> None:
        """A topic (`also=[topic(name)]`) has changed, for the pages of every process."""
        self.touch_here(name)
        self._neighbours.touched(name)

    def touch_here(self, name: str) -> None:
        self.index.touch(table_of(name))

    def recheck(self) -> None:
        """Changes may have been missed: everything is looked at again."""
        self.index.touch_all()

    # -- what there is -----------------------------------------------------------------------------------------------

    def view_of(self, route: "Route") -> "View":
        return cast("View", route.presenter)

    def regions(self, route: "Route") -> tuple[Region, ...]:
        return self.catalog.sheet(self.view_of(route).template).regions

    def scene(self, route: "Route", inputs: PageInputs, scalars: Mapping[str, Any], who: Person | None) -> Scene:
        """The scene of these inputs, made when it is not there."""
        key = scene_key(route.name, dict(scalars), who)
        scene = self.scenes.get(key)
        if scene is None:
            scene = self.scenes[key] = Scene(self, key, route, inputs, scalars, who)
            self._housekeeping.scene_made()
        scene.watched_at = self.now()
        return scene

    def forget(self, scene: Scene) -> None:
        """Let an unwatched scene go; whoever comes back gets it made anew."""
        if self.scenes.get(scene.key) is scene:
            del self.scenes[scene.key]
        scene.close()

    def start_ticks(self, view: "View") -> None:
        for tick in view.ticks:
            self._housekeeping.start_tick(tick)

    def grew(self, size: int) -> None:
        self._housekeeping.grew(size)

    @property
    def is_full(self) -> bool:
        """No further page is followed: those that are watched take all the memory that there is for them."""
        return self._housekeeping.is_full

    def left(self, scene: Scene) -> None:
        """Somebody has left a scene; it lingers."""
        scene.watched_at = self.now()

    def page(self, token: str) -> "tuple[Route, PageInputs] | None":
        """What a token names; None for a bad token or a route that is there no more."""
        inputs = self.tokens.loads(token)
        route = self.site.routes_by_name.get(inputs.route) if inputs else None
        if inputs is None or route is None or not getattr(route.presenter, "is_live", False):
            return None
        return route, inputs

    def content(self, region: Region, values: Mapping[str, Any]) -> Content:
        """Render a region; in development twice. Raises SennitError."""
        content = region.render(self.templates, values)
        if self.is_development and region.render(self.templates, values).digest != content.digest:
            raise SennitError(
                code="live.E007",
                what="a live region comes out different each time it is rendered, though its values are the same",
                where=region.place,
                fix="take clocks, random numbers and counters out of it; for relative times use {{ at|ago }} or also=[tick(60)]",
            )
        return content

    def query_in(self, value: object) -> "Query[Any] | None":
        """The query that a value of a view stands for, None for a plain value."""
        if self.engine is None:
            return None
        # Imported only where there is a database: SQLAlchemy is loaded when first used.
        from ..model import query_in

        return query_in(value)

    async def reader(self, on_read: Callable[..., None] | None = None) -> Any:
        """A database to read from, None in an application without one. `on_read` is told every read set."""
        return None if self.engine is None else self.engine.reading(on_read)

    def context(
        self,
        route: "Route",
        inputs: PageInputs,
        *,
        request: "Request | None" = None,
        values: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> "Context":
        return self.site.context(route, inputs.params, _query(inputs), request=request, values=values, scalars=scalars)

    # -- viewers -----------------------------------------------------------------------------------------------------

    @property
    def viewer_count(self) -> int:
        """Pages that are open, in all processes together."""
        return len(self.viewers) + self._neighbours.viewers

    def neighbours_changed(self) -> None:
        """Another process has more or fewer viewers."""
        self._housekeeping.viewers_changed()

    async def serve(self, ws: "WebSocket[str]") -> None:
        """Handle one live socket until it closes."""
        if self._is_draining:
            ws.reject(503, "this server is stopping")
        if wire.SUBPROTOCOL not in ws.subprotocols:
            ws.reject(400, f"this socket speaks {wire.SUBPROTOCOL} only")
        ws.accept(subprotocol=wire.SUBPROTOCOL)
        viewer = Viewer(self, ws.stream, ws.request)
        self.viewers.add(viewer)
        self._viewers_changed()
        try:
            await viewer.run()
        except WebSocketClosed:
            pass
        finally:
            self.viewers.discard(viewer)
            viewer.close()
            self._viewers_changed()

    def _viewers_changed(self) -> None:
        self._neighbours.count(len(self.viewers))
        self._housekeeping.viewers_changed()

    async def answer_submit(self, request: "Request", response: "Response") -> "Response":
        """The answer to an unsafe request with the header `sennit-live`, after its commit."""
        return await answer(self, request, response)

    def join_failed(self, seat: Seat, error: Exception) -> None:
        """The page stays as it is; the browser asks again later."""
        log.error("joining %r failed", seat.route.name, exc_info=error)
        self.spawn(seat.viewer.stream.close(TRY_AGAIN, "try again"))

    def kick(self, user: Any) -> None:
        """Close every socket of this user, in every process: signed out, blocked, password changed."""
        # Imported here: an application without accounts never loads them.
        from ..auth.signing_in import key_text

        self.kick_here(key_text(user))
        self._neighbours.kick(key_text(user))

    def kick_here(self, key: str) -> None:
        from ..auth.signing_in import USER

        for viewer in list(self.viewers):
            if viewer.request.session.get(USER) == key:
                self.spawn(viewer.stream.close(1008, "signed out"))

    def kick_session(self, session_id: str) -> None:
        """Close every socket of this session, in every process."""
        self.kick_session_here(session_id)
        self._neighbours.kick_session(session_id)

    def kick_session_here(self, session_id: str) -> None:
        for viewer in list(self.viewers):
            if viewer.request.session.id == session_id:
                self.spawn(viewer.stream.close(1008, "signed out"))

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen to the bus. The clock starts with the first page."""
        await self.bus.start()
        self._neighbours.begin()

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settled(self) -> None:
        """Until everything that anybody looks at is up to date and handed to the sockets; nothing waits for `hz`."""
        while True:
            await asyncio.sleep(0)
            for scene in list(self.scenes.values()):
                scene.hurry()
            if self._tasks:
                await asyncio.wait(set(self._tasks))
            elif all(scene.is_settled for scene in self.scenes.values()):
                return

    def drain(self, within_s: float = 5.0) -> None:
        """Tell every browser to come back elsewhere, each at its own moment within this time."""
        self._is_draining = True
        frame = Frame(wire.drain(int(within_s * 1000)))
        for viewer in list(self.viewers):
            viewer.offer(frame)

    async def close(self) -> None:
        """Close every socket and forget every shape."""
        self._is_draining = True
        self._housekeeping.close()
        for viewer in list(self.viewers):
            await viewer.stream.close(GOING_AWAY)
        for scene in self.scenes.values():
            scene.close()
        self.scenes.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.bus.close()


def _query(inputs: PageInputs) -> "QueryParams":
    from ..web import QueryParams

    return QueryParams(inputs.query)
