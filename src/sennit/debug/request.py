"""What an error page shows of the request that failed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from .masking import MASK, is_secret, mask_text, printable

MOST_LINES = 100
MOST_CHARACTERS = 600

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSummary:
    """A request in plain values, as received, secrets and all; `shown()` is what may be seen.

    path, query: percent-encoded. params: decoded path segments. facts: anything else worth a line, such as the
    handler or the signed-in user.
    """

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    cookies: Mapping[str, str] = field(default_factory=dict)
    form: Sequence[tuple[str, str]] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    route: str | None = None
    client: str = ""
    id: str = ""
    facts: Sequence[tuple[str, str]] = ()

    def shown(self) -> "ShownRequest":
        """The same without secrets and control characters, every part of bounded length."""
        facts = [("route", self.route or ""), ("client", self.client), ("id", self.id), *self.facts]
        query = parse_qsl(self.query[: MOST_LINES * MOST_CHARACTERS], keep_blank_values=True)
        return ShownRequest(
            method=_shown(self.method),
            path=_shown(_without_secret_segments(self.path, self.params)),
            facts=_masked(fact for fact in facts if fact[1]),
            params=_masked(self.params.items()),
            query=_masked(query),
            form=_masked(self.form),
            headers=_masked(self.headers),
            cookies=tuple((_shown(name), MASK if value else "") for name, value in self.cookies.items())[:MOST_LINES],
        )


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as it may be shown. Of cookies only the names are left."""

    method: str
    path: str
    facts: Pairs
    params: Pairs
    query: Pairs
    form: Pairs
    headers: Pairs
    cookies: Pairs


def _masked(pairs: Iterable[tuple[str, str]]) -> Pairs:
    lines = list(pairs)
    shown = [(_shown(name), MASK if value and is_secret(name) else _shown(value)) for name, value in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(("…", f"{len(lines) - MOST_LINES:,} more"))
    return tuple(shown)


def _shown(text: str) -> str:
    shown = printable(mask_text(text[: MOST_CHARACTERS + 400])).replace("\n", "␊")
    return shown if len(text) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]}… ({len(text):,} characters)"


def _without_secret_segments(path: str, params: Mapping[str, str]) -> str:
    """A link such as `/reset/{token}` carries its secret in the path."""
    for name, value in params.items():
        if value and is_secret(name):
            path = path.replace(value, MASK).replace(quote(value), MASK).replace(quote(value, safe=""), MASK)
    return path
