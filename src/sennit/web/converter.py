"""Converters: which texts a path parameter `{name:converter}` lets through, and how a value becomes its text again."""

import datetime
import enum
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import SennitError
from .linear_pattern import objection_to

MOST_CHARACTERS = 200
"""A longer segment fits no converter with a pattern of its own."""


@dataclass(frozen=True, slots=True)
class Converter:
    """`accepts` of None takes any text. `rank`: narrow ones are tried before wide ones.

    types: what a parameter of this kind may be annotated; empty for anything. parse: makes the value, where the annotation alone
    does not; raises ValueError for a text that is none. sample: a text that fits this converter and no narrower one.
    """

    name: str
    rank: int
    accepts: Callable[[str], object] | None = None
    types: tuple[type, ...] = ()
    parse: Callable[[str], Any] | None = None
    to_text: Callable[[Any], str] = str
    sample: str = ""

    @property
    def takes_slashes(self) -> bool:
        return self is PATH

    def fits(self, text: str) -> bool:
        return bool(text) and (self.accepts is None or bool(self.accepts(text)))


def _is_date(text: str) -> bool:
    if _DATE(text) is None:
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _plain_number(value: Any) -> str:
    """Without an exponent: 1e20 is 100000000000000000000."""
    return format(Decimal(str(value)), "f")


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch
_INT = re.compile(r"-?[0-9]{1,18}").fullmatch
_FLOAT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?").fullmatch
_SLUG = re.compile(r"[A-Za-z0-9_-]+").fullmatch

OWN_RANK = 0
STR = Converter("str", 6, sample="any text")
PATH = Converter("path", 7, types=(str,), sample="any text")

CONVERTERS: dict[str, Converter] = {
    converter.name: converter
    for converter in (
        Converter("uuid", 1, _UUID, (str, uuid.UUID), sample="0b9ff432-5fd0-4d33-b2ab-0b6ed1e3a6ac"),
        Converter("date", 2, _is_date, (str, datetime.date), sample="2026-02-28"),
        Converter("int", 3, _INT, (str, int, float, Decimal, bool, enum.Enum), sample="31415926"),
        Converter("float", 4, _FLOAT, (str, float, Decimal), to_text=_plain_number, sample="31415926.5"),
        Converter("slug", 5, _SLUG, (str, enum.Enum), sample="any-text"),
        STR,
        PATH,
    )
}
"""Every router has these. `{name}` is `{name:str}`; `path` takes slashes too and stands last."""


def own_converter(
    name: str,
    accepts: str | type[enum.Enum],
    parse: Callable[[str], Any] | None = None,
    to_text: Callable[[Any], str] = str,
) -> Converter:
    """From a regular expression for the whole segment, or from an Enum's values. Raises SennitError route.E010."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in CONVERTERS:
        raise _bad_converter(name, "its name is taken or is not plain lower-case letters, digits and underscores")
    if isinstance(accepts, type):
        words = frozenset(str(member.value) for member in accepts)
        return Converter(name, OWN_RANK, words.__contains__, (str, accepts), parse, to_text, min(words, default=""))
    return Converter(name, OWN_RANK, _matcher(name, accepts), (), parse, to_text)


def _matcher(name: str, pattern: str) -> Callable[[str], object]:
    try:
        why = objection_to(pattern)
    except re.error as error:
        raise _bad_converter(name, f"the pattern {pattern!r} is broken: {error}") from error
    if why:
        raise _bad_converter(name, f"the pattern {pattern!r} could be made slow by a request: {why}")
    match = re.compile(pattern).fullmatch
    return lambda text: len(text) <= MOST_CHARACTERS and match(text)


def _bad_converter(name: str, why: str) -> SennitError:
    return SennitError(
        code="route.E010",
        what=f"the converter {name!r} cannot be used: {why}",
        fix="write a pattern without repeats inside repeats, such as converter('year', '[12][0-9]{3}'), or give an Enum",
    )
