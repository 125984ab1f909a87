"""The one table of limits of an HTTP application (`docs/reference/limits.md`), with finite defaults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ..errors import SennitError, did_you_mean

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, `_s` in seconds, `body_rate` in bytes a second. Set by `App(limits={...})` and per route."""

    head: int = 64 * KIB
    """All header lines of one request: 431."""
    headers: int = 100
    """Header lines in number: 431."""
    target: int = 16 * KIB
    """The request target: 414."""
    body: int = 16 * MIB
    """A raw body; JSON and form fields count against `form`: 413."""
    form: int = 1 * MIB
    """A JSON body, or all fields of a form together: 413."""
    file: int = 16 * MIB
    """One uploaded file: 413."""
    parts: int = 1000
    """Fields and files of a form, pairs of a query string: 413, 400."""
    ws_message: int = 1 * MIB
    """One WebSocket message: 1009."""
    pipelined: int = 16
    """Requests of one connection in hand."""
    connections: int = 10_000
    """Open connections; never more than the descriptor limit less a reserve."""
    per_ip: int = 256
    """Open connections of one address; loopback and Unix peers are exempt."""
    handshake_s: float = 10
    """For a TLS handshake, and for the header of the PROXY protocol: close."""
    header_s: float = 10
    """For a whole request head: 408 and close."""
    body_rate: int = 1 * KIB
    """Bytes a second that a body must bring after 10 s of grace: 408 and close."""
    write_s: float = 30
    """Without any progress of a write: close."""
    idle_s: float = 75
    """Between two requests: close."""
    request_s: float = 300
    """For one request, streams and WebSockets excepted: 503."""

    def with_(self, overrides: Mapping[str, int | float | str]) -> "Limits":
        """These limits with some replaced; sizes may be text such as `"64M"`. Raises SennitError for a wrong key or value."""
        known = {field.name: field.type for field in fields(self)}
        for name in overrides:
            if name not in known:
                raise SennitError(
                    code="settings.E002",
                    what=f"there is no limit named {name!r}.{did_you_mean(name, list(known))}",
                    where="limits={...}",
                    fix=f"use one of {', '.join(known)}",
                )
        values: dict[str, Any] = {name: limit_value(name, value) for name, value in overrides.items()}
        return replace(self, **values)


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGkmg]?)(?:i?[Bb])?")
_FACTOR = {"": 1, "K": KIB, "M": MIB, "G": KIB * MIB}


def limit_value(name: str, value: float | str) -> int | float:
    """A number from a number or from text such as `64M` (powers of 1024). Raises SennitError."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    number = float(match[1]) * _FACTOR[match[2].upper()] if match else value
    if isinstance(number, (str, bool)) or not 0 < number < float("inf"):
        raise SennitError(
            code="settings.E003",
            what=f"{value!r} is not a value for the limit {name!r}",
            where="limits={...}",
            fix="give a number above 0, or a size such as '64M'",
        )
    return float(number) if name.endswith("_s") else int(number)
