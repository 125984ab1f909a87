"""The corpus: some 250 stories and their comments, always the same ones, from the patterns in `corpus/*.toml`.

A section has kinds of story, a kind has cases. Headline and standfirst of a case are written by hand; the text is
put together from the paragraphs of its kind, so that no two stories read the same.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from models import Picture, Section
from prose import Cast, filler

CORPUS = Path(__file__).parent / "corpus"
DAYS = 6  # how far back the oldest story lies
DEBATE = timedelta(hours=4)  # after so long readers have said what they had to say
RECENT = 9  # so many stories are newer than those that lead the front page
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Remark:
    """A comment to be: `after` is the time that it was written after its story appeared."""

    name: str
    text: str
    after: timedelta


@dataclass(frozen=True)
class Draft:
    """A story to be."""

    section: Section
    title: str
    standfirst: str
    text: str
    byline: str
    at: datetime
    featured: bool
    picture: Picture
    remarks: list[Remark] = field(default_factory=list)


def drafts(now: datetime, seed: int = 1851) -> list[Draft]:
    """All stories, oldest first, with times spread over the days before `now`: the same list for the same seed."""
    random = Random(seed)
    cast = Cast(read("people"), random)
    cases = in_turn([list(cases_of(section)) for section in Section], random)
    times = spread(now, len(cases), random)
    desks = {section: endless(read(section.value)["bylines"], random) for section in Section}
    written = [write(case, at, next(desks[case.section]), cast, random) for case, at in zip(cases, times, strict=True)]
    return with_remarks(written, now, random)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CORPUS / f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Case:
    """One case with all that its section and its kind give it. `turn` counts the cases of a kind."""

    section: Section
    slots: dict[str, str]
    leads: list[str]
    body: list[str]
    quotes: list[str]
    ends: list[str]
    featured: bool
    picture: Picture
    turn: int


def cases_of(section: Section) -> list[Case]:
    page = read(section.value)
    made: list[Case] = []
    for kind in page["kind"]:
        for turn, given in enumerate(kind["case"]):
            made.append(case(section, page, kind, given, turn))
    return made


def case(section: Section, page: dict[str, Any], kind: dict[str, Any], given: dict[str, Any], turn: int) -> Case:
    """What a case says itself (`lead`, `body`, `ends`) goes before what its kind offers."""
    return Case(
        section=section,
        slots={name: value for name, value in given.items() if isinstance(value, str)},
        leads=[given["lead"]] if "lead" in given else kind["leads"],
        body=given.get("body") or without(kind["body"], turn),
        quotes=page["quotes"],
        ends=given.get("ends") or kind["ends"],
        featured=given.get("featured", False),
        picture=Picture(given.get("picture") or kind["picture"]),
        turn=turn,
    )


def without(paragraphs: list[str], turn: int) -> list[str]:
    """All but one, another one each turn."""
    left_out = turn % len(paragraphs)
    return paragraphs[:left_out] + paragraphs[left_out + 1 :]


def in_turn(sections: list[list[Case]], random: Random) -> list[Case]:
    """Never twice the same section in a row. What leads the front page comes late, but not last; world news leads."""
    chosen = [one for cases in reversed(sections) for one in cases if one.featured]
    waiting = [[one for one in cases if not one.featured] for cases in sections]
    for cases in waiting:
        random.shuffle(cases)
    made: list[Case] = []
    while left := [cases for cases in waiting if cases]:
        others = [cases for cases in left if not made or cases[0].section is not made[-1].section]
        made.append(max(others or left, key=lambda cases: len(cases) * random.random()).pop())
    made[-RECENT:-RECENT] = chosen
    return made


def spread(now: datetime, count: int, random: Random) -> list[datetime]:
    """Times before `now`, oldest first, closer together the newer they are, as in a day's news."""
    places = [(place + random.random()) / count for place in range(count)]
    return [now - timedelta(minutes=2 + DAYS * 1440 * place**1.6) for place in reversed(places)]


def write(case: Case, at: datetime, byline: str, cast: Cast, random: Random) -> Draft:
    fill = filler(case.slots | {"day": WEEKDAYS[at.weekday()], "year": str(at.year)}, cast, random)
    quote = case.quotes[(case.turn + random.randrange(2)) % len(case.quotes)]
    paragraphs = [case.leads[case.turn % len(case.leads)], *case.body, case.ends[case.turn % len(case.ends)]]
    paragraphs.insert(2 + case.turn % 2, quote)
    return Draft(
        section=case.section,
        title=case.slots["title"],
        standfirst=case.slots["standfirst"],
        text="\n\n".join(fill(paragraph) for paragraph in paragraphs),
        byline=byline,
        at=at,
        featured=case.featured,
        picture=case.picture,
    )


def with_remarks(written: list[Draft], now: datetime, random: Random) -> list[Draft]:
    """Adds up to five comments to each; one that has only just appeared has none yet."""
    page = read("comments")
    texts = {section: endless([*page["any"], *page[section.value]], random) for section in Section}
    for draft in written:
        age = now - draft.at
        if age > timedelta(minutes=5):
            names = random.sample(page["names"], random.choice((3, 4, 5) if draft.featured else (0, 0, 1, 2, 3, 5)))
            afters = sorted(min(age, DEBATE) * random.uniform(0.1, 0.95) for _ in names)
            draft.remarks.extend(
                Remark(name, next(texts[draft.section]).replace("{last}", draft.byline.split()[-1]), after)
                for name, after in zip(names, afters, strict=True)
            )
    return written


def endless(lines: list[str], random: Random) -> Iterator[str]:
    """All of them in a new order, over and over."""
    while True:
        yield from random.sample(lines, len(lines))
