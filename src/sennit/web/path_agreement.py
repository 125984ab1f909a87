"""Whether a route's path and its functions' signatures say the same about its parameters."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from ..errors import SennitError, did_you_mean
from .parameters import without_none

if TYPE_CHECKING:
    from .route import Route


def disagreements(route: "Route") -> list[SennitError]:
    """Annotations that no text of a converter gives (route.E014), and misspelt parameters of the path (route.E019)."""
    return [] if route.pattern.is_mount else [*_contradictions(route), *_misspelt(route)]


def untaken(route: "Route") -> list[SennitError]:
    """Parameters of the path that nothing takes (route.E020): no mistake by itself, but perhaps one."""
    return [
        SennitError(
            code="route.E020",
            what=f"{{{name}}} stands in the path {route.place!r}, and nothing takes it",
            where=route.where,
            fix=f"give the function a parameter {name!r}, or write {{_{name}}} when its value does not matter",
        )
        for name in _untaken(route)
    ]


def _contradictions(route: "Route") -> Iterator[SennitError]:
    for parameter in route.binder.parameters:
        if parameter.source != "path" or parameter.name not in route.pattern.names:
            continue
        converter = route.pattern.converter_of(parameter.name)
        kinds = _kinds(parameter.annotation)
        if converter.types and converter.parse is None and not any(issubclass(k, converter.types) for k in kinds):
            fitting = ", ".join(kind.__name__ for kind in converter.types)
            yield SennitError(
                code="route.E014",
                what=f"{{{parameter.name}:{converter.name}}} in {route.place!r} never gives the "
                f"{_shown(parameter.annotation)} that the parameter {parameter.name!r} is annotated with",
                where=route.where,
                fix=f"annotate it as one of {fitting}, or change the converter",
            )


def _kinds(annotation: Any) -> list[type]:
    """The classes that an annotation means; those of its values for a Literal."""
    bare = without_none(annotation)
    if get_origin(bare) is Annotated:
        bare = get_args(bare)[0]
    if get_origin(bare) is Literal:
        return [type(value) for value in get_args(bare)]
    if isinstance(bare, type):
        return [bare]
    return [part for part in get_args(bare) if isinstance(part, type)] or [str]


def _misspelt(route: "Route") -> Iterator[SennitError]:
    """Without this the parameter would be read from the query string, and nobody would send it."""
    asked = [p.name for p in route.binder.parameters if p.source == "query"]
    for name in _untaken(route):
        near = did_you_mean(name, asked)
        if near:
            yield SennitError(
                code="route.E019",
                what=f"{{{name}}} stands in the path {route.place!r}, and nothing takes it.{near}",
                where=route.where,
                fix="write the name the same way in both places",
            )


def _untaken(route: "Route") -> list[str]:
    """Only of the route's own part of the path: a prefix speaks for many routes, not all of which need all of it."""
    taken = _taken(route)
    if taken is None:
        return []
    return [name for name in route.own_names if name not in taken and not name.startswith("_")]


def _taken(route: "Route") -> set[str] | None:
    """Names that some function of the route asks for; None where one sees the whole request, with `request.params`."""
    names: set[str] = set()
    for parameter in route.all_parameters():
        if parameter.name in ("request", "ws"):
            return None
        if parameter.source in ("path", "handler"):
            names.add(parameter.name)
    return names


def _shown(annotation: Any) -> str:
    return getattr(annotation, "__name__", str(annotation))
