"""Kinds of values: how each is shown in a form, read from one, and told to be wrong.

A kind knows no column and no page: `text` and `parse` are inverse to each other for every value that it can hold.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

MOST_NUMBER_CHARACTERS = 60


class Wrong(Exception):
    """A text that is no value of its kind; the message is for who typed it."""


class Choice(NamedTuple):
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Kind:
    """widget: which part of the form template draws it. type: of the `<input>`. The base of all; holds text."""

    widget: str = "input"
    type: str = "text"
    max_length: int | None = None
    inputmode: str = ""
    step: str = ""

    def text(self, value: Any) -> str:
        return "" if value is None else str(value)

    def parse(self, text: str) -> Any:
        """Raises Wrong."""
        if "\0" in text:
            raise Wrong("has a character that cannot be stored")
        if self.max_length is not None and len(text) > self.max_length:
            raise Wrong(f"has {len(text)} characters; at most {self.max_length} fit")
        return text

    @property
    def choices(self) -> Sequence[Choice]:
        return ()


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Line ends are CRLF as a browser sends them (HTML §4.10.21.4) and LF in the database, so both count as one."""

    def text(self, value: Any) -> str:
        return _line_feeds(str(value or ""))

    def parse(self, text: str) -> Any:
        return Kind.parse(self, _line_feeds(text))


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    type: str = "text"
    inputmode: str = "numeric"

    def parse(self, text: str) -> Any:
        try:
            number = int(_short(text).replace(" ", ""))
        except ValueError:
            raise Wrong("is not a whole number") from None
        if not -(2**63) <= number < 2**63:
            raise Wrong("is too large")
        return number


@dataclass(frozen=True, slots=True)
class Real(Kind):
    inputmode: str = "decimal"

    def text(self, value: Any) -> str:
        return "" if value is None else repr(float(value)).removesuffix(".0")

    def parse(self, text: str) -> Any:
        try:
            number = float(_short(text).replace(",", "."))
        except ValueError:
            raise Wrong("is not a number") from None
        if number in (float("inf"), float("-inf")) or number != number:
            raise Wrong("is not a number")
        return number


@dataclass(frozen=True, slots=True)
class Exact(Kind):
    """A decimal number; precision and scale as the column has them, None without limit."""

    inputmode: str = "decimal"
    precision: int | None = None
    scale: int | None = None

    def text(self, value: Any) -> str:
        return "" if value is None else f"{value:f}"

    def parse(self, text: str) -> Any:
        try:
            number = Decimal(_short(text).replace(",", "."))
        except InvalidOperation:
            raise Wrong("is not a number") from None
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise Wrong("is not a number" if not number.is_finite() else "is too large")
        self._check(number)
        return number

    def _check(self, number: Decimal) -> None:
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int), "finite numbers have one"
        if self.scale is not None and -exponent > self.scale:
            raise Wrong(f"has more than {self.scale} digits after the point")
        if self.precision is not None and number and number.adjusted() + 1 > self.precision - (self.scale or 0):
            raise Wrong("is too large")


@dataclass(frozen=True, slots=True)
class Tick(Kind):
    """True or false by a box; an unticked one sends nothing, so the form sends an empty value before it."""

    widget: str = "checkbox"

    def text(self, value: Any) -> str:
        return "on" if value else ""

    def parse(self, text: str) -> Any:
        return text.lower() in ("on", "true", "1", "yes")


@dataclass(frozen=True, slots=True)
class Select(Kind):
    """One of a few values. members: (text in the form, label, value)."""

    widget: str = "select"
    members: tuple[tuple[str, str, Any], ...] = ()

    def text(self, value: Any) -> str:
        return next((text for text, _, member in self.members if member == value), "" if value is None else str(value))

    def parse(self, text: str) -> Any:
        for known, _, value in self.members:
            if known == text:
                return value
        raise Wrong("is not one of the choices")

    @property
    def choices(self) -> Sequence[Choice]:
        return tuple(Choice(text, label) for text, label, _ in self.members)


@dataclass(frozen=True, slots=True)
class Moment(Kind):
    """Date and time, written and read in UTC, to the second."""

    type: str = "datetime-local"
    step: str = "1"

    def text(self, value: Any) -> str:
        if value is None:
            return ""
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(microsecond=0, tzinfo=None).isoformat()  # type: ignore[no-any-return]

    def parse(self, text: str) -> Any:
        return _in_utc(_from_iso(datetime, text, "is not a date and time"))


@dataclass(frozen=True, slots=True)
class Day(Kind):
    type: str = "date"

    def text(self, value: Any) -> str:
        return "" if value is None else value.isoformat()

    def parse(self, text: str) -> Any:
        return _from_iso(date, text, "is not a date")


@dataclass(frozen=True, slots=True)
class Clock(Kind):
    type: str = "time"
    step: str = "1"

    def text(self, value: Any) -> str:
        return "" if value is None else value.replace(microsecond=0).isoformat()

    def parse(self, text: str) -> Any:
        return _from_iso(time, text, "is not a time")


@dataclass(frozen=True, slots=True)
class Identifier(Kind):
    def parse(self, text: str) -> Any:
        try:
            return UUID(_short(text))
        except ValueError:
            raise Wrong("is not a UUID") from None


@dataclass(frozen=True, slots=True)
class Json(Kind):
    widget: str = "textarea"

    def text(self, value: Any) -> str:
        return "" if value is None else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

    def parse(self, text: str) -> Any:
        try:
            return msgspec.json.decode(text.encode())
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise Wrong("is not JSON") from None


@dataclass(frozen=True, slots=True)
class Shown(Kind):
    """What no form can change: bytes, spans of time, types of others."""

    widget: str = "shown"

    def text(self, value: Any) -> str:
        return f"{len(value)} bytes" if isinstance(value, bytes) else Kind.text(self, value)[:200]


def members_of(kind: type[enum.Enum]) -> tuple[tuple[str, str, Any], ...]:
    """The members of an Enum by name; they read as their `label` says, or `OPEN_ISSUE` as `Open issue`."""
    return tuple((member.name, _label(member), member) for member in kind)


def _label(member: enum.Enum) -> str:
    own = getattr(member, "label", None)
    return own if isinstance(own, str) else member.name.replace("_", " ").capitalize()


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _short(text: str) -> str:
    """Converting numbers takes more than linear time in their length."""
    if len(text) > MOST_NUMBER_CHARACTERS:
        raise Wrong("is too long")
    return text.strip()


def _from_iso(kind: Any, text: str, message: str) -> Any:
    try:
        return kind.fromisoformat(_short(text))
    except ValueError:
        raise Wrong(message) from None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise Wrong("is not a date and time") from None
