"""What the newsroom keeps: stories in six sections, and what readers say about them."""

from datetime import datetime
from enum import Enum

from sennit import Mapped, Model, column, relationship, utcnow
from sennit.model import Query


class Section(Enum):
    world = "world"
    markets = "markets"
    science = "science"
    culture = "culture"
    sport = "sport"
    local = "local"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Picture(Enum):
    """The drawings in `static/art/`."""

    amphora = "amphora"
    bicycle = "bicycle"
    books = "books"
    cells = "cells"
    chart = "chart"
    coins = "coins"
    court = "court"
    curtain = "curtain"
    dial = "dial"
    frames = "frames"
    freighter = "freighter"
    glacier = "glacier"
    globe = "globe"
    harbour = "harbour"
    marsh = "marsh"
    pencils = "pencils"
    pitch = "pitch"
    planet = "planet"
    projector = "projector"
    raven = "raven"
    record = "record"
    rowing = "rowing"
    shopfront = "shopfront"
    storm = "storm"
    town = "town"
    track = "track"
    turbines = "turbines"
    viaduct = "viaduct"


# For a story that comes without a picture, as those off the wire do.
STOCK = {
    Section.world: Picture.globe,
    Section.markets: Picture.chart,
    Section.science: Picture.planet,
    Section.culture: Picture.curtain,
    Section.sport: Picture.pitch,
    Section.local: Picture.harbour,
}


class Story(Model):
    section: Mapped[Section] = column(index=True)
    title: Mapped[str] = column(length=120)
    standfirst: Mapped[str] = column(length=200, default="", help="One sentence below the headline")
    text: Mapped[str] = column(help="An empty line starts a new paragraph")
    byline: Mapped[str] = column(length=80, default="Wire")
    picture: Mapped[Picture | None] = column(default=None)
    featured: Mapped[bool] = column(default=False, index=True, help="The newest of these leads the front page")
    published_at: Mapped[datetime] = column(default=utcnow, index=True)
    comments: Mapped[list["Comment"]] = relationship(back_populates="story")

    @classmethod
    def newest(cls) -> "Query[Story]":
        return cls.all().order_by(cls.published_at.desc(), cls.id.desc())

    @property
    def paragraphs(self) -> list[str]:
        return [paragraph.strip() for paragraph in self.text.split("\n\n") if paragraph.strip()]

    @property
    def drawing(self) -> str:
        return (self.picture or STOCK[self.section]).value

    @property
    def first_line(self) -> str:
        """The standfirst, or the first words of the text where there is none."""
        return self.standfirst or shortened(self.text.split("\n")[0], 140)

    def __str__(self) -> str:
        return self.title


class Comment(Model):
    story_id: Mapped[int] = column(references=Story.id, on_delete="cascade")
    name: Mapped[str] = column(length=40)
    text: Mapped[str] = column(length=2000)
    posted_at: Mapped[datetime] = column(default=utcnow, index=True)
    story: Mapped[Story] = relationship(back_populates="comments")

    def __str__(self) -> str:
        return f"{self.name}: {shortened(self.text, 60)}"


def shortened(text: str, most: int) -> str:
    """At most this many characters, cut between words."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:–- ") + "…"
