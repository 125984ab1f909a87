"""The drawings of the figures page: numbers in, bars out. Pure, so live regions may call them."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from models import Section

MINUTES = 60
WIDTH, FLOOR, HEIGHT = 600, 110, 110  # of the picture, in its own units


class Bar(NamedTuple):
    x: float
    y: float
    height: float
    stories: int


class Minutes(NamedTuple):
    bars: list[Bar]
    top: int  # what the highest line stands for


class Share(NamedTuple):
    section: Section
    stories: int
    share: float  # of the longest bar, in per cent


def per_minute(times: list[datetime], now: datetime) -> Minutes:
    """One bar for each of the last sixty minutes, the newest at the right; a minute without stories is a stub."""
    counts = Counter(int((now - time).total_seconds() // 60) for time in times)
    top = max(4, *counts.values()) if counts else 4
    top += top % 2  # so that the line half-way is a whole number
    return Minutes([bar(MINUTES - 1 - ago, counts[ago], top) for ago in reversed(range(MINUTES))], top)


def bar(place: int, count: int, top: int) -> Bar:
    height = round(HEIGHT * count / top, 1) if count else 1.5
    return Bar(x=place * WIDTH / MINUTES + 1, y=FLOOR - height, height=height, stories=count)


def per_section(sections: list[Section]) -> list[Share]:
    """How many times each section is there, in their usual order."""
    counts = Counter(sections)
    most = max(counts.values(), default=1)
    return [Share(section, counts[section], round(100 * counts[section] / most, 1)) for section in Section]
