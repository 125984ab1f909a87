"""The key of a row as one segment of a path, and back: `5`, `=slug`, `3,=en` for a composite key."""

import re
from typing import Any
from uuid import UUID

from ..errors import NotFound
from ..model.rows import key_names, key_of
from .columns import python_type

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_ESCAPE = re.compile(r"~([0-9a-f]+);")


def key_text(row: Any) -> str:
    """Text keys begin with `=`, so that none can be taken for one of the console's own pages."""
    return ",".join(_part_text(part) for part in key_of(row))


def key_value(model: Any, text: str) -> Any:
    """The key that `db.get` takes. Raises NotFound for a text that is no key of the model."""
    parts, names = text.split(","), key_names(model)
    if len(parts) != len(names):
        raise NotFound
    values = tuple(
        _part_value(python_type(model.__mapper__.columns[name]), part) for name, part in zip(names, parts, strict=True)
    )
    return values if len(values) > 1 else values[0]


def _part_text(part: Any) -> str:
    if isinstance(part, int):
        return str(part)
    return "=" + _UNSAFE.sub(lambda match: f"~{ord(match[0]):x};", str(part))


def _part_value(kind: type, text: str) -> Any:
    if kind is int:
        if re.fullmatch(r"-?[0-9]{1,19}", text) and abs(int(text)) < 2**63:
            return int(text)
        raise NotFound
    if not text.startswith("="):
        raise NotFound
    try:
        plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text[1:])
        return plain if kind is str else UUID(plain) if kind is UUID else _from_iso(kind, plain)
    except (ValueError, OverflowError):
        raise NotFound from None


def _from_iso(kind: Any, text: str) -> Any:
    parse = getattr(kind, "fromisoformat", kind)
    return parse(text)
