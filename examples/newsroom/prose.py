"""Fills the blanks of a sentence pattern: `{thing}`, `{3..9}`, `{two|three}`, `{person}`. Knows nothing of news.

{thing} {Thing} {author.last}   a slot; with a capital, the text begins with one; `.last` is its last word
{4..19} {1.2..4.8}              a number between the two
{weeks|months}                  one of these
{talks=4..19}                   the same, kept as the slot `talks`
{year+2}                        a year from the one of the story
{person} {other} {witness}      somebody who does not exist, the same throughout one text
{she|he} {her|his}              follows the person who was named last
"""

import re
from collections.abc import Callable
from random import Random

BLANK = re.compile(r"\{([^{}]+)\}")
RANGE = re.compile(r"(\d+(?:\.\d)?)\.\.(\d+(?:\.\d)?)")
PEOPLE = ("person", "other", "witness")
FEMININE = {"she", "her"}
MASCULINE = {"he", "his"}


class Cast:
    """Hands out names of people, none of them twice before all have had a turn."""

    def __init__(self, people: dict[str, list[str]], random: Random) -> None:
        self.people = people
        self.random = random
        self.unused: list[tuple[str, bool]] = []

    def next(self) -> tuple[str, bool]:
        """A full name, and whether it is a woman's."""
        if not self.unused:
            self.unused = self.shuffled()
        return self.unused.pop()

    def shuffled(self) -> list[tuple[str, bool]]:
        first = [(name, True) for name in self.people["women"]] + [(name, False) for name in self.people["men"]]
        last = list(self.people["last"])
        self.random.shuffle(first)
        self.random.shuffle(last)
        return [(f"{name} {last[place % len(last)]}", woman) for place, (name, woman) in enumerate(first)]


class Prose:
    """One text under way: its slots, and who was named last."""

    def __init__(self, slots: dict[str, str], cast: Cast, random: Random) -> None:
        self.slots = dict(slots)
        self.cast = cast
        self.random = random
        self.woman: bool | None = None
        self.women: dict[str, bool] = {}

    def fill(self, pattern: str) -> str:
        """The pattern with every blank filled. An unknown slot is a KeyError that names it."""
        return BLANK.sub(lambda blank: self.blank(blank.group(1)), pattern)

    def blank(self, inside: str) -> str:
        name, equals, spec = inside.partition("=")
        if equals:
            self.slots[name.lower()] = self.value(spec)
            inside = name
        return self.value(inside)

    def value(self, spec: str) -> str:
        if "|" in spec:
            return self.one_of(spec.split("|"))
        if found := RANGE.fullmatch(spec):
            return self.number(*found.groups())
        if spec.startswith("year+"):
            return str(int(self.slots["year"]) + int(spec[5:]))
        return self.slot(spec)

    def one_of(self, words: list[str]) -> str:
        if self.woman is not None and set(words) <= FEMININE | MASCULINE:
            words = [word for word in words if word in (FEMININE if self.woman else MASCULINE)]
        return self.random.choice(words)

    def number(self, low: str, high: str) -> str:
        if "." in low:
            return f"{self.random.uniform(float(low), float(high)):.1f}"
        number = self.random.randint(int(low), int(high))
        return f"{number - number % 50:,}" if self.is_large(int(high)) else str(number)

    @staticmethod
    def is_large(high: int) -> bool:
        """So large that news would round it; a year is not."""
        return high >= 900 and not 1900 <= high <= 2030

    def slot(self, spec: str) -> str:
        name, _, part = spec.partition(".")
        text = self.named(name.lower())
        if part == "last":
            text = text.rstrip(",").split()[-1]
        return text[0].upper() + text[1:] if name[0].isupper() else text

    def named(self, name: str) -> str:
        if name in PEOPLE:
            if name not in self.slots:
                self.slots[name], self.women[name] = self.cast.next()
            self.woman = self.women[name]
        return self.slots[name]


def filler(slots: dict[str, str], cast: Cast, random: Random) -> Callable[[str], str]:
    return Prose(slots, cast, random).fill
