"""A shape: one region with concrete inputs. Its content, what it depends on, its recent past, and who looks at it."""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from . import wire
from .difference import Step, difference
from .region import Content, Region

if TYPE_CHECKING:
    from .scene import Scene
    from .seat import Seat

RING = 16
"""Transitions kept for those who come back or fall behind."""


class Transition(NamedTuple):
    """From one content to the next. steps: None where only the whole says it."""

    before: str
    after: str
    steps: list[Step] | None
    frame: str


class Shape:
    """`id` is the same on all processes; `seats` are the pages that show it."""

    __slots__ = ("_ring", "content", "id", "is_dirty", "region", "scene", "seats")

    def __init__(self, shape_id: str, region: Region, scene: "Scene") -> None:
        self.id = shape_id
        self.region = region
        self.scene = scene
        self.content: Content | None = None
        self.is_dirty = True
        self.seats: set[Seat] = set()
        self._ring: deque[Transition] = deque(maxlen=RING)

    @property
    def size(self) -> int:
        """Of content and past, in characters."""
        own = self.content.size if self.content else 0
        return own + sum(len(transition.frame) for transition in self._ring)

    def touched(self) -> None:
        """Something that it read has changed, perhaps."""
        self.is_dirty = True
        self.scene.wake()

    def update(self, content: Content) -> Transition | None:
        """Take a new content; the transition from the one before, None when nothing differs."""
        before, self.content = self.content, content
        if before is None or before.digest == content.digest:
            return None
        steps = None if content.kind == "text" else difference(before.rows, content.rows)
        frame = wire.encode([self.id, before.digest, content.digest, steps]) if steps is not None else ""
        if steps is None or len(frame) > content.size + 64:
            steps, frame = None, self.whole()
        transition = Transition(before.digest, content.digest, steps, frame)
        self._ring.append(transition)
        return transition

    def since(self, held: str) -> str | None:
        """The frame that brings somebody from what he holds to now; None when he is there already."""
        content = self.content
        assert content is not None, "rendered before anybody joins"
        if held == content.digest:
            return None
        steps = self._steps_since(held)
        if steps is None:
            return self.whole()
        frame = wire.encode([self.id, held, content.digest, steps])
        return frame if len(frame) <= content.size + 64 else self.whole()

    def whole(self) -> str:
        """The frame for who holds anything else."""
        content = self.content
        assert content is not None, "rendered before anybody joins"
        body = [list(row) for row in content.rows] if content.kind == "json" else content.markup
        return wire.encode([self.id, 0, content.digest, body])

    def _steps_since(self, held: str) -> list[Step] | None:
        """The steps of all transitions since the last time the content was this one."""
        ring = list(self._ring)
        start = next((index for index in reversed(range(len(ring))) if ring[index].before == held), None)
        if start is None or any(transition.steps is None for transition in ring[start:]):
            return None
        return [step for transition in ring[start:] for step in transition.steps or ()]
