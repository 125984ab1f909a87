"""A shape: one region with concrete inputs. Its content, what it depends on, its recent past, and who looks at it."""

from typing import TYPE_CHECKING, NamedTuple

from . import wire
from .difference import Step, difference
from .region import Content, Region, Row

if TYPE_CHECKING:
    from .scene import Scene
    from .seat import Seat

RING = 16
"""Contents kept for those who come back or fall behind."""


class Transition(NamedTuple):
    """From one content to the next. steps: None where only the whole says it."""

    before: str
    after: str
    steps: list[Step] | None
    frame: str


class Shape:
    """`id` is the same on all processes; `seats` are the pages that show it."""

    __slots__ = ("_frames", "_past", "content", "id", "is_dirty", "region", "scene", "seats")

    def __init__(self, shape_id: str, region: Region, scene: "Scene") -> None:
        self.id = shape_id
        self.region = region
        self.scene = scene
        self.content: Content | None = None
        self.is_dirty = True
        self.seats: set[Seat] = set()
        # Contents by digest, the newest last. Rows that did not change are the same objects in all of them.
        self._past: dict[str, tuple[Row, ...]] = {}
        self._frames: dict[str, str] = {}

    @property
    def size(self) -> int:
        """Of the content and of what is kept to come to it, in characters, about."""
        own = self.content.size if self.content else 0
        return own + sum(map(len, self._frames.values())) + 64 * sum(map(len, self._past.values()))

    def touched(self) -> None:
        """Something that it read has changed, perhaps."""
        self.is_dirty = True
        self.scene.wake()

    def update(self, content: Content) -> Transition | None:
        """Take a new content; the transition from the one before, None when nothing differs."""
        before = self.content
        if before is not None and before.digest == content.digest:
            return None
        self.content = content
        self._frames.clear()
        if before is None:
            return None
        self._remember(before)
        steps, frame = self._way_from(before.digest)
        return Transition(before.digest, content.digest, steps, frame)

    def since(self, held: str) -> str | None:
        """The frame that brings somebody from what he holds to now; None when he is there already."""
        if held == self._current.digest:
            return None
        if held not in self._past:
            held = ""
        frame = self._frames.get(held)
        if frame is None:
            frame = self._frames[held] = self._way_from(held)[1]
        return frame

    @property
    def _current(self) -> Content:
        assert self.content is not None, "rendered before anybody joins"
        return self.content

    def _remember(self, content: Content) -> None:
        if content.kind == "text":
            return
        self._past.pop(content.digest, None)
        self._past[content.digest] = content.rows
        if len(self._past) > RING:
            del self._past[next(iter(self._past))]

    def _way_from(self, held: str) -> tuple[list[Step] | None, str]:
        """Steps and frame from a past content; the whole where that is unknown or shorter."""
        content, rows = self._current, self._past.get(held)
        if rows is not None:
            steps = difference(rows, content.rows)
            frame = wire.encode([self.id, held, content.digest, steps])
            if len(frame) <= content.size + 64:
                return steps, frame
        body = [list(row) for row in content.rows] if content.kind == "json" else content.markup
        return None, wire.encode([self.id, 0, content.digest, body])
