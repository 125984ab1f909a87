"""Header fields (RFC 9110 §5): names compared without case, several lines of one name kept in order."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar, overload

from ..errors import SennitError

T = TypeVar("T")

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


class Fields(Mapping[str, str]):
    """A received or outgoing field section.

    `fields["accept"]` joins several lines with `, ` (§5.3); `get_all` gives them apart.
    Names are lower case when iterated. Values are text, ISO 8859-1 on the wire (§5.5).
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: list[tuple[str, str]] = [(name.lower(), value) for name, value in lines]

    @classmethod
    def received(cls, lines: Iterable[tuple[bytes, bytes]]) -> "Fields":
        """From a codec that has checked names and values already."""
        fields = cls.__new__(cls)
        fields._lines = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in lines]
        return fields

    def __getitem__(self, name: str) -> str:
        found = self.get_all(name)
        if not found:
            raise KeyError(name)
        return found[0] if len(found) == 1 else ", ".join(found)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str | T, /) -> str | T: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        found = self.get_all(name)
        return default if not found else found[0] if len(found) == 1 else ", ".join(found)

    def get_all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for have, value in self._lines if have == wanted]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._lines))

    def __len__(self) -> int:
        return len({name for name, _ in self._lines})

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return self.get(name) is not None

    def lines(self) -> list[tuple[str, str]]:
        return list(self._lines)

    def __repr__(self) -> str:
        return f"Fields({self._lines!r})"


class Received(Protocol):
    """A head that a codec has found and checked."""

    def field_value(self, name: str) -> str | None: ...
    def field_values(self, name: str) -> list[str]: ...
    def field_lines(self) -> list[tuple[bytes, bytes]]: ...


class ReceivedFields(Fields):
    """The fields of a received head: one is looked up in its octets, text of all is made only when all are asked for."""

    __slots__ = ("_head",)

    def __init__(self, head: Received) -> None:
        self._head = head

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str | T, /) -> str | T: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        value = self._head.field_value(name.lower())
        return default if value is None else value

    def get_all(self, name: str) -> list[str]:
        return self._head.field_values(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._head.field_value(name.lower()) is not None

    def __getattr__(self, name: str) -> list[tuple[str, str]]:
        """Only `_lines`, until it is there."""
        if name != "_lines":
            raise AttributeError(name)
        self._lines = [
            (field.decode("latin-1").lower(), value.decode("latin-1")) for field, value in self._head.field_lines()
        ]
        return self._lines


class MutableFields(Fields):
    """The fields of an answer. Setting a name replaces all its lines; `add` appends one (Set-Cookie)."""

    __slots__ = ()

    def __setitem__(self, name: str, value: str) -> None:
        known = check_name(name)
        check_value(name, value)
        if known in self:
            del self[known]
        self._lines.append((known, value))

    def __delitem__(self, name: str) -> None:
        self._lines = [line for line in self._lines if line[0] != name.lower()]

    def add(self, name: str, value: str) -> None:
        self._lines.append((check_name(name), check_value(name, value)))

    def fill(self, lines: Iterable[tuple[str, str]]) -> None:
        """Add those whose names are not there yet. They are taken as they are: names in lower case, values checked."""
        there = {name for name, _ in self._lines}
        self._lines.extend(line for line in lines if line[0] not in there)

    def extend_checked(self, lines: Iterable[tuple[str, str]]) -> None:
        """Append lines whose names are in lower case and whose values are known to be right: made once, sent often."""
        self._lines.extend(lines)

    def setdefault(self, name: str, value: str) -> str:
        present = self.get(name)
        if present is not None:
            return present
        self.add(name, value)
        return value


@lru_cache(512)
def check_name(name: str) -> str:
    """The name in lower case. Raises SennitError unless it is a token (RFC 9110 §5.1)."""
    if not _TOKEN.fullmatch(name):
        raise SennitError(
            code="http.E001",
            what=f"{name[:80]!r} is not a header field name",
            fix="use letters, digits and hyphens only, such as 'x-request-id'",
        )
    return name.lower()


def check_value(name: str, value: str) -> str:
    """The value itself. Raises SennitError for CR, LF, NUL or other controls, or text outside ISO 8859-1 (§5.5)."""
    if _NO_VALUE.search(value):
        raise SennitError(
            code="http.E002",
            what=f"the value of the header field {name[:80]!r} has a control character or one outside ISO 8859-1",
            where=repr(value[:80]),
            fix="percent-encode the text (urllib.parse.quote) or leave the character out",
        )
    return value
