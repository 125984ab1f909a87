"""Pairs of names and values, as in a query string or a form: several values of one name keep their order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload
from urllib.parse import unquote_plus

from ..errors import BadRequest

T = TypeVar("T")


class QueryParams(Mapping[str, str]):
    """`params["q"]` is the first value, `get_all` gives all of them."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = pairs if type(pairs) is list else list(pairs)

    def __getitem__(self, name: str) -> str:
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str | T, /) -> str | T: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        for key, value in self._pairs:
            if key == name:
                return value
        return default

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._pairs))

    def __len__(self) -> int:
        return len({key for key, _ in self._pairs})

    def pairs(self) -> list[tuple[str, str]]:
        """Every pair in order, repeated names included."""
        return list(self._pairs)

    def __repr__(self) -> str:
        return f"QueryParams({self._pairs!r})"


Pairs = list[tuple[str, str]]


def parse_urlencoded(text: str, most: int) -> QueryParams:
    """`a=1&b=2` (application/x-www-form-urlencoded, URL standard §5.1). Raises as `parse_pairs`."""
    return QueryParams(parse_pairs(text, most))


def parse_pairs(text: str, most: int) -> Pairs:
    """Raises BadRequest for more than `most` pairs or for escapes that are not UTF-8."""
    if "&" not in text and "%" not in text and "+" not in text:
        name, _, value = text.partition("=")
        return [(name, value)] if text else []
    if text.count("&") >= most:
        raise BadRequest(detail=f"more than {most} pairs in the query or form")
    try:
        return [_pair(part) for part in text.split("&") if part]
    except UnicodeDecodeError:
        raise BadRequest(detail="an escape in the query or form is not UTF-8") from None


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if "%" not in part and "+" not in part:
        return name, value
    return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
