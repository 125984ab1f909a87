"""What a view's inputs bottom out in: the scalars and the user that decide what it shows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from ..errors import SennitError
from .digest import digest
from .person import Person

if TYPE_CHECKING:
    from ..web import Route
    from ..web.binder import Binder
    from ..web.parameters import Parameter

OPAQUE = frozenset({"user", "db", "app", "log", "templates", "live"})
"""Providers that the hub gives itself when it renders again; what they need in turn does not matter."""

FORBIDDEN = {"request": "the request", "session": "the session"}


def uses_user(route: "Route") -> bool:
    """Whether the view depends on who looks, other than by `of_user` scalars."""
    return any(
        parameter.name == "user"
        for parameter in _walk(route, route.binder, frozenset())
        if parameter.source == "provider"
    )


def check_inputs(route: "Route") -> list[SennitError]:
    """What a live view must not depend on, because it is there in the first request only."""
    return [_wrong(route, parameter) for parameter in _walk(route, route.binder, frozenset()) if _is_wrong(parameter)]


def _is_wrong(parameter: "Parameter") -> bool:
    if parameter.source == "provider":
        return parameter.name in FORBIDDEN
    return parameter.source in ("header", "cookie", "form", "file", "body")


def _wrong(route: "Route", parameter: "Parameter") -> SennitError:
    what = FORBIDDEN.get(parameter.name) if parameter.source == "provider" else f"a {parameter.source} field"
    return SennitError(
        code="live.E004",
        what=f"the live view depends on {what} by its parameter {parameter.name!r}, but it is rendered again without a request",
        where=route.where,
        fix="take the value from the path, the query or of_user(...), or write @view(..., live=False)",
    )


def _walk(route: "Route", binder: "Binder", seen: frozenset[object]) -> Iterator["Parameter"]:
    for parameter in binder.parameters:
        yield parameter
        provider = parameter.provider
        if parameter.source != "provider" or parameter.name in OPAQUE or provider in seen or provider is None:
            continue
        if parameter.name not in FORBIDDEN:
            yield from _walk(route, route.binder_for(provider), seen | {provider})


def scene_key(route: str, scalars: dict[str, object], who: Person | None) -> str:
    """Equal for equal inputs, on every process: what its viewers share."""
    inputs = msgspec.json.encode([scalars, who.key if who else None], enc_hook=repr, order="sorted")
    return digest(route, inputs)
