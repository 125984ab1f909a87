"""What a view can depend on besides the database: the clock, a topic, the number of readers."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..errors import SennitError
from .reads import TOPIC

if TYPE_CHECKING:
    from .hub import Hub

VIEWERS = "viewers"


@runtime_checkable
class Source(Protocol):
    """A value that a view returns and the hub resolves, like a query."""

    topic: str

    def resolve(self, hub: "Hub") -> "Awaitable[object] | object": ...


class Viewers:
    """How many pages are open, as a number."""

    topic = VIEWERS

    def resolve(self, hub: "Hub") -> int:
        return hub.viewer_count


def viewers() -> Viewers:
    """As a value of a view: the number of pages that are open now. Looked at again at most once a second."""
    return Viewers()


class Tick:
    """See `tick`."""

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0.1:
            raise SennitError(
                code="live.E008",
                what=f"tick({seconds!r}) is shorter than a tenth of a second",
                fix="give seconds, such as tick(60); for what changes faster, change a Model",
            )
        self.seconds = seconds
        self.topic = f"tick/{seconds:g}"


def tick(seconds: float) -> Tick:
    """For `@view(..., also=[tick(60)])`: render again every so many seconds while somebody looks."""
    return Tick(seconds)


class Topic:
    """See `topic`."""

    def __init__(self, name: str) -> None:
        self.topic = name


def topic(name: str) -> Topic:
    """For `@view(..., also=[topic("rates")])`: render again after `app.live.touch("rates")`."""
    return Topic(name)


def table_of(name: str) -> str:
    return TOPIC + name
