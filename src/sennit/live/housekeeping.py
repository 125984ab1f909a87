"""What the hub does by the clock: lets unwatched scenes go, looks again at old ones, pings, ticks."""

import asyncio
import logging
from typing import TYPE_CHECKING

from . import wire
from .frame import Frame
from .topic import VIEWERS, Tick, table_of
from .viewer import TRY_AGAIN

if TYPE_CHECKING:
    from .hub import Hub
    from .scene import Scene

log = logging.getLogger("sennit.live")

EVERY_S = 5.0
LINGER_S = 15.0
"""A scene that nobody looks at any more is kept this long."""
RECHECK_S = 60.0
"""A scene is rendered again at least this often, and rules asked again, whatever the changes said."""
PING_S = 30.0
SILENT_S = 90.0
"""A browser that has not answered pings for this long is gone."""
BEHIND_S = 30.0
"""A browser that does not read for this long is closed; it may come back and resume."""
VIEWERS_S = 1.0
"""The number of viewers is told at most this often."""
MOST_SCENES = 20_000
MOST_SIZE = 64 * 1024 * 1024
"""Characters of all scenes together; unwatched ones go first when there are more."""


class Housekeeping:
    """Runs while there is anything to keep; costs nothing in an application without live pages."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._timer: asyncio.TimerHandle | None = None
        self._ticks: dict[str, asyncio.TimerHandle] = {}
        self._viewers_timer: asyncio.TimerHandle | None = None
        self._viewers_told = float("-inf")
        self._pinged_at = float("-inf")
        self._turn = 0
        self._grown = 0
        self.is_full = False
        """What is watched alone takes all that there is: no further page is followed."""

    def scene_made(self) -> None:
        self._run()
        if len(self._hub.scenes) > MOST_SCENES:
            self._let_go_oldest(MOST_SCENES // 20)

    def grew(self, size: int) -> None:
        """Contents of this size have come; looked at together now and then, so that a burst of pages stays bounded."""
        self._grown += size
        if self._grown > MOST_SIZE // 8:
            self._bound_size()

    def viewers_changed(self) -> None:
        """Tell those who show the number of viewers, at once or when a second has passed."""
        self._run()
        if self._viewers_timer is None:
            wait = max(0.0, self._viewers_told + VIEWERS_S - self._hub.now())
            self._viewers_timer = asyncio.get_running_loop().call_later(wait, self._tell_viewers)

    def start_tick(self, tick: Tick) -> None:
        """Touch the tick's topic every so many seconds, as long as anybody depends on it."""
        if tick.topic not in self._ticks:
            loop = asyncio.get_running_loop()
            self._ticks[tick.topic] = loop.call_later(tick.seconds, self._tick, tick)

    def close(self) -> None:
        for timer in (self._timer, self._viewers_timer, *self._ticks.values()):
            if timer is not None:
                timer.cancel()
        self._ticks.clear()

    # -- by the clock ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._turn_over)

    def _turn_over(self) -> None:
        self._timer = None
        self._turn += 1
        try:
            self._let_go_unwatched()
            self._bound_size()
            self._look_again()
            self._ping()
        except Exception:
            log.exception("housekeeping of live views failed")
        if self._hub.scenes or self._hub.viewers:
            self._run()

    def _let_go_unwatched(self) -> None:
        now = self._hub.now()
        for scene in list(self._hub.scenes.values()):
            if now - scene.watched_at > LINGER_S and not scene.is_watched:
                self._hub.forget(scene)

    def _bound_size(self) -> None:
        self._grown = 0
        total = sum(scene.size for scene in self._hub.scenes.values())
        for scene in self._unwatched():
            if total <= MOST_SIZE:
                break
            total -= scene.size
            self._hub.forget(scene)
        self.is_full = total > MOST_SIZE

    def _let_go_oldest(self, count: int) -> None:
        for scene in self._unwatched()[:count]:
            self._hub.forget(scene)

    def _unwatched(self) -> "list[Scene]":
        """Those without viewers, the one left longest ago first."""
        unwatched = [scene for scene in self._hub.scenes.values() if not scene.is_watched]
        return sorted(unwatched, key=lambda scene: scene.watched_at)

    def _look_again(self) -> None:
        """Anti-entropy: an error in what was thought to be read is mended within a minute."""
        now = self._hub.now()
        for scene in self._hub.scenes.values():
            if scene.is_watched and now - scene.rendered_at > RECHECK_S:
                scene.recheck()
        share = max(1, int(RECHECK_S / EVERY_S))
        for number, viewer in enumerate(list(self._hub.viewers)):
            if (number + self._turn) % share == 0:
                viewer.recheck()

    def _ping(self) -> None:
        now = self._hub.now()
        frame = Frame(wire.PING) if now - self._pinged_at >= PING_S else None
        if frame:
            self._pinged_at = now
        for viewer in list(self._hub.viewers):
            if now - viewer.heard_at > SILENT_S or (viewer.is_behind and now - viewer.behind_since > BEHIND_S):
                self._hub.spawn(viewer.stream.close(TRY_AGAIN, "too slow"))
            elif frame:
                viewer.offer(frame)

    def _tell_viewers(self) -> None:
        self._viewers_timer = None
        self._viewers_told = self._hub.now()
        self._hub.index.touch(table_of(VIEWERS))

    def _tick(self, tick: Tick) -> None:
        table = table_of(tick.topic)
        self._hub.index.touch(table)
        del self._ticks[tick.topic]
        if self._hub.index.has_holders(table):
            self.start_tick(tick)
