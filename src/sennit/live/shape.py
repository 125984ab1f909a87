"""A shape: one region with concrete inputs. Its content, what it depends on, its recent past, and who looks at it."""

from typing import TYPE_CHECKING, NamedTuple

from . import wire
from .difference import difference
from .region import Content, Region, Row
from .tag import data_text

if TYPE_CHECKING:
    from .scene import Scene
    from .seat import Seat

RING = 16
"""Contents kept for those who come back or fall behind."""


class Transition(NamedTuple):
    """From one content, by digest, to another, and the frame that says how."""

    before: str
    after: str
    frame: str


class Shape:
    """`id` is the same on all processes; `seats` are the pages that show it."""

    __slots__ = ("_body", "_past", "_ways", "content", "id", "is_dirty", "region", "scene", "seats")

    def __init__(self, shape_id: str, region: Region, scene: "Scene") -> None:
        self.id = shape_id
        self.region = region
        self.scene = scene
        self.content: Content | None = None
        self.is_dirty = True
        self.seats: set[Seat] = set()
        # Contents by digest, the newest last. Rows that did not change are the same objects in all of them.
        self._past: dict[str, tuple[Row, ...]] = {}
        self._ways: dict[str, Transition] = {}
        self._body = ""

    @property
    def size(self) -> int:
        """Of the content and of what is kept to come to it, in characters, about."""
        own = self.content.size if self.content else 0
        return (
            own
            + len(self._body)
            + sum(len(way.frame) for way in self._ways.values())
            + 64 * sum(map(len, self._past.values()))
        )

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
        self._body = ""
        self._ways.clear()
        if before is None:
            return None
        self._remember(before)
        return self._way_from(before.digest)

    def since(self, held: str) -> str | None:
        """The frame that brings somebody from what he says he holds to now; None when he is there already."""
        if held == self._current.digest:
            return None
        if held not in self._past:
            return wire.frame(self.id, held, self._current.digest, self._whole())
        return self._way_from(held).frame

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

    def _way_from(self, held: str) -> Transition:
        """From a past content to now, kept for the next who asks: steps, or the whole where that is shorter."""
        transition = self._ways.get(held)
        if transition is None:
            transition = self._ways[held] = self._made_way(held)
        return transition

    def _made_way(self, held: str) -> Transition:
        content, rows = self._current, self._past.get(held)
        body = self._whole() if rows is None else wire.encode(difference(rows, content.rows))
        if rows is not None and len(body) > content.size + 64:
            body = self._whole()
        return Transition(held, content.digest, wire.frame(self.id, held, content.digest, body))

    def _whole(self) -> str:
        """The content as the encoded body of a frame."""
        if not self._body:
            content = self._current
            self._body = wire.encode(data_text(content.rows) if content.kind == "json" else content.markup)
        return self._body
