"""Path patterns: `/users/{id}`, `/files/{rest:path}`, `/items/{number:int}`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import SennitError, did_you_mean
from .converter import CONVERTERS, STR, Converter

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z][a-z0-9_]*))?\}")


@dataclass(frozen=True, slots=True)
class Segment:
    """One part between slashes: literal text, or a parameter with a converter.

    kind: the converter as written. converter: what it means, None until the router that defines it is known.
    """

    literal: str = ""
    name: str = ""
    kind: str = ""
    converter: Converter | None = None

    @property
    def meaning(self) -> Converter:
        return self.converter or STR


@dataclass(frozen=True, slots=True)
class PathPattern:
    """text: as written, with every prefix. is_mount: everything below is meant, too."""

    text: str
    segments: tuple[Segment, ...]
    is_mount: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.segments if segment.name)

    @property
    def is_static(self) -> bool:
        return not self.names and not self.is_mount

    @property
    def raw(self) -> str:
        """Of a static one: the path as clients send it, percent-encoded."""
        return "".join(f"/{quote_segment(segment.literal)}" for segment in self.segments)

    def below(self, prefix: "PathPattern") -> "PathPattern":
        return replace(self, text=prefix.text + self.text, segments=prefix.segments + self.segments)

    def with_converters(self, known: Mapping[str, Converter], where: str) -> "PathPattern":
        """With what every `{name:kind}` means. Raises SennitError route.E001 for a kind that nobody defines."""
        if all(segment.converter is not None or not segment.name for segment in self.segments):
            return self
        return replace(self, segments=tuple(_meant(segment, known, self.text, where) for segment in self.segments))

    @property
    def parsers(self) -> dict[str, Callable[[str], Any]]:
        """Of the parameters whose converters make values themselves."""
        return {s.name: s.meaning.parse for s in self.segments if s.name and s.meaning.parse is not None}

    def converter_of(self, name: str) -> Converter:
        return next(segment.meaning for segment in self.segments if segment.name == name)

    def build(self, params: Mapping[str, Any]) -> str:
        """The path, percent-encoded; parameters that are not in it become the query string, None left out.

        Raises ValueError with a parameter's name and text when no request with that text would reach the pattern.
        """
        parts = [_fill(segment, params) for segment in self.segments]
        rest = {name: value for name, value in params.items() if name not in self.names and value is not None}
        query = urlencode({name: _text(value) for name, value in rest.items()}, doseq=True)
        path = "".join(f"/{part}" for part in parts) + "/" * self.is_mount
        return path + (f"?{query}" if query else "")


def quote_segment(literal: str) -> str:
    """As clients write it: what may stand bare in a segment stands bare (RFC 3986 §3.3)."""
    return quote(literal, safe="!$&'()*+,;=:@")


def _fill(segment: Segment, params: Mapping[str, Any]) -> str:
    if not segment.name:
        return quote_segment(segment.literal)
    converter, value = segment.meaning, _text(params[segment.name])
    text = value if isinstance(value, str) else converter.to_text(value)
    if not converter.fits(text) or not _can_be_asked_for(text, converter):
        raise ValueError(segment.name, text)
    return quote(text, safe="/" if converter.takes_slashes else "")


def _can_be_asked_for(text: str, converter: Converter) -> bool:
    """No URL names a segment `.` or `..`: clients take them for steps, percent-encoded or not."""
    parts = text.split("/") if converter.takes_slashes else [text]
    return "\0" not in text and "." not in parts and ".." not in parts and parts[0] != ""


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
    if any(segment.kind == "path" for segment in segments[:-1]):
        why = "a parameter of kind 'path' takes the rest, so it must stand last"
        raise _bad_path(text, where, why, "move it to the end")
    return PathPattern(text, segments)


def parse_prefix(text: str, where: str) -> PathPattern:
    """What stands before other paths; an empty one has no segments."""
    return parse_path(text, where) if text else PathPattern("", ())


def _segment(part: str, text: str, where: str) -> Segment:
    match = _PARAMETER.fullmatch(part)
    if match is not None:
        kind = match[2] or "str"
        return Segment(name=match[1], kind=kind, converter=CONVERTERS.get(kind))
    if "{" in part or "}" in part:
        fix = "a parameter fills a whole segment: '/users/{id}', '/files/{rest:path}'"
        raise _bad_path(text, where, f"{part!r} is neither plain text nor one parameter", fix)
    if "?" in part or "#" in part:
        fix = "give the function a parameter for each value of the query string"
        raise _bad_path(text, where, "a query string or fragment is no part of a path", fix)
    if "%" in part or not part.isprintable():
        fix = "write the text itself, such as '/über uns': sennit encodes and decodes it"
        raise _bad_path(text, where, f"{part!r} is percent-encoded or has control characters", fix)
    if part in (".", ".."):
        raise _bad_path(text, where, f"no client asks for a segment {part!r}", "write the path without it")
    return Segment(literal=part)


def _meant(segment: Segment, known: Mapping[str, Converter], text: str, where: str) -> Segment:
    if not segment.name or segment.converter is not None:
        return segment
    found = known.get(segment.kind)
    if found is None:
        names = [*CONVERTERS, *known]
        why = f"{segment.kind!r} is no converter.{did_you_mean(segment.kind, names)}"
        fix = f"use one of {', '.join(names)}, or define it: app.converter({segment.kind!r}, '[a-z]+')"
        raise _bad_path(text, where, why, fix)
    return replace(segment, converter=found)


def _bad_path(text: str, where: str, why: str, fix: str) -> SennitError:
    return SennitError(
        code="route.E001",
        what=f"the path {text!r} cannot be used: {why}",
        where=where,
        fix=fix,
    )
