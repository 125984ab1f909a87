"""One server-sent event as it goes on the wire (HTML standard §9.2.5)."""

from collections.abc import Mapping
from typing import Any

from ..errors import SennitError
from .encode import JsonDefault, encode_json

_FIELDS = frozenset({"event", "data", "id", "retry"})
_BREAKS = ("\r", "\n", "\0")


class Comment(str):
    """An item of an event stream that programs on the other side do not see; for people who look at the wire."""

    __slots__ = ()


def encode_event(item: Any, default: JsonDefault | None = None) -> bytes:
    """The block of an item (see `EventStream`), its empty line included. Line breaks in data become several data lines.

    Raises SennitError web.E050 for an `event`, `id` or `retry` that cannot be sent, web.E022 for data that is no JSON.
    """
    if isinstance(item, Comment):
        return _block(f": {line}" for line in _lines(item))
    fields = item if isinstance(item, Mapping) and item and item.keys() <= _FIELDS else {"data": item}
    lines = [
        f"{name}: {_checked(name, fields[name])}" for name in ("event", "id", "retry") if fields.get(name) is not None
    ]
    # Without a data line a browser drops the event, its name notwithstanding (§9.2.6, "dispatch the event", step 2).
    if "data" in fields or "event" in fields:
        lines.extend(f"data: {line}" for line in _lines(_text(fields.get("data", ""), default)))
    return _block(lines)


def _block(lines: Any) -> bytes:
    return ("\n".join(lines) + "\n\n").encode()


def _text(value: Any, default: JsonDefault | None) -> str:
    return value if isinstance(value, str) else encode_json(value, default, "EventStream").decode()


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _checked(name: str, value: Any) -> str:
    text = str(value)
    if name == "retry":
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return text
        raise _refused(name, text, "whole milliseconds, 0 or more")
    if any(character in text for character in _BREAKS):
        raise _refused(name, text, "one line without NUL; what people typed belongs into data")
    return text


def _refused(name: str, text: str, fix: str) -> SennitError:
    return SennitError(
        code="web.E050",
        what=f"{name}={text[:100]!r} cannot be sent as a field of a server-sent event",
        where="EventStream",
        fix=f"give {name} as {fix}",
    )
