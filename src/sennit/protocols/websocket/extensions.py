"""The field Sec-WebSocket-Extensions (RFC 6455 §9.1)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(rf"[ \t]*({_TOKEN})[ \t]*")
_PARAMETER = re.compile(rf';[ \t]*({_TOKEN})[ \t]*(?:=[ \t]*(?:({_TOKEN})|"({_TOKEN})")[ \t]*)?')
_EMPTY = re.compile(r"[ \t]*(?:,|$)")


class Extension(NamedTuple):
    """One that is offered or accepted; a parameter without a value has None."""

    name: str
    parameters: tuple[tuple[str, str | None], ...]


def parse_extensions(values: Sequence[bytes]) -> tuple[Extension, ...] | None:
    """Those of all field values, in order; None when one of them is not such a list.

    A quoted value must be a token too (§9.1), so nothing is ever unescaped.
    """
    found: list[Extension] = []
    for value in values:
        text = value.decode("latin-1")
        at = 0
        while at < len(text):
            empty = _EMPTY.match(text, at)
            if empty is not None:
                at = empty.end()
                continue
            at = _parse_extension(text, at, found)
            if at < 0:
                return None
    return tuple(found)


def _parse_extension(text: str, at: int, found: list[Extension]) -> int:
    """The offset behind it and its comma; -1 for what is none."""
    name = _NAME.match(text, at)
    if name is None:
        return -1
    parameters: list[tuple[str, str | None]] = []
    at = name.end()
    while (parameter := _PARAMETER.match(text, at)) is not None:
        parameters.append((parameter[1], parameter[2] or parameter[3]))
        at = parameter.end()
    found.append(Extension(name[1], tuple(parameters)))
    if at < len(text) and text[at] != ",":
        return -1
    return at + 1
