"""Path patterns: `/users/{id}`, `/files/{rest:path}`, `/items/{number:int}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import SennitError, did_you_mean

CONVERTERS: dict[str, re.Pattern[str] | None] = {
    "str": None,
    "int": re.compile(r"-?[0-9]{1,18}"),
    "float": re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "slug": re.compile(r"[A-Za-z0-9_-]+"),
    "path": None,
}
"""What `{name:converter}` lets through; `path` takes slashes too and stands last."""

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z]+))?\}")


@dataclass(frozen=True, slots=True)
class Segment:
    """One part between slashes: literal text, or a parameter with a converter."""

    literal: str = ""
    name: str = ""
    converter: str = "str"

    def accepts(self, text: str) -> bool:
        pattern = CONVERTERS[self.converter]
        return bool(text) and (pattern is None or pattern.fullmatch(text) is not None)


@dataclass(frozen=True, slots=True)
class PathPattern:
    text: str
    segments: tuple[Segment, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.segments if segment.name)

    @property
    def is_static(self) -> bool:
        return not self.names

    @property
    def shape(self) -> tuple[str, ...]:
        """Equal for two patterns that match the same paths."""
        return tuple(f"{{{s.converter}}}" if s.name else s.literal for s in self.segments)

    def build(self, params: Mapping[str, Any]) -> str:
        """The path, percent-encoded; parameters that are not in it become the query string, None left out."""
        parts = [self._fill(segment, params) for segment in self.segments]
        rest = {name: value for name, value in params.items() if name not in self.names and value is not None}
        query = urlencode({name: _text(value) for name, value in rest.items()}, doseq=True)
        return "/" + "/".join(parts) + (f"?{query}" if query else "")

    def _fill(self, segment: Segment, params: Mapping[str, Any]) -> str:
        if not segment.name:
            return quote(segment.literal, safe="!$&'()*+,;=:@")
        value = str(_text(params[segment.name]))
        return quote(value, safe="/" if segment.converter == "path" else "")


def _text(value: Any) -> Any:
    """Enum members go by their value, truth as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [_text(item) for item in value]
    return getattr(value, "value", value)


def parse_path(text: str, where: str) -> PathPattern:
    """Raises SennitError route.E001 for a pattern that cannot be read."""
    if not text.startswith("/"):
        raise _bad_path(text, where, "it does not start with '/'", f"write '/{text}'")
    segments = tuple(_segment(part, text, where) for part in text[1:].split("/"))
    names = [segment.name for segment in segments if segment.name]
    if len(set(names)) != len(names):
        raise _bad_path(text, where, "a name stands twice in it", "give each parameter its own name")
    if any(segment.converter == "path" for segment in segments[:-1]):
        raise _bad_path(
            text,
            where,
            "a parameter of kind 'path' takes the rest, so it must stand last",
            "move it to the end",
        )
    return PathPattern(text, segments)


def _segment(part: str, text: str, where: str) -> Segment:
    match = _PARAMETER.fullmatch(part)
    if match is None:
        if "{" in part or "}" in part:
            fix = "a parameter fills a whole segment: '/users/{id}', '/files/{rest:path}'"
            raise _bad_path(text, where, f"{part!r} is neither plain text nor one parameter", fix)
        return Segment(literal=part)
    converter = match[2] or "str"
    if converter not in CONVERTERS:
        why = f"{converter!r} is no converter.{did_you_mean(converter, list(CONVERTERS))}"
        raise _bad_path(
            text,
            where,
            why,
            f"use one of {', '.join(CONVERTERS)}, or leave it to the annotation",
        )
    return Segment(name=match[1], converter=converter)


def _bad_path(text: str, where: str, why: str, fix: str) -> SennitError:
    return SennitError(
        code="route.E001",
        what=f"the path {text!r} cannot be used: {why}",
        where=where,
        fix=fix,
    )
