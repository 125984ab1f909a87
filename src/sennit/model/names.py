"""Names that a program got wrong, and the ones it may have meant."""

from typing import Any

from ..errors import SennitError, did_you_mean


def unknown_name(model: type[Any], name: str) -> SennitError:
    """The error for a keyword that names nothing on the model."""
    names = list(model.__mapper__.attrs.keys())
    return SennitError(
        code="query.E002",
        what=f"{model.__name__} has no {name!r}.{did_you_mean(name, names)}",
        where=f"{model.__module__}.{model.__qualname__}",
        fix="it has: " + ", ".join(names),
    )
