"""What a handler's parameter asks for: the markers `Form[T]`, `Query[T]` … and how a signature is read.

Order (settled): a path segment, then a name that the decorator adds, then a provider, then the annotation.
"""

import inspect
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

from ..errors import SennitError, did_you_mean
from .provider import FromContext
from .upload import File

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class From:
    """The part of a request that a parameter is read from."""

    source: str


@dataclass(frozen=True, slots=True)
class Provide:
    """`a: Annotated[Article, Provide(by_slug)]`: this provider, whatever the parameter is called."""

    provider: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class OfUser:
    """A default that makes a parameter come from the signed-in user through `function(db, user)`."""

    function: Callable[..., Any]


def of_user(function: Callable[..., Any]) -> Any:
    """As a parameter's default: its value comes from `function(db, user)`, never from the request."""
    return OfUser(function)


Form = Annotated[T, From("form")]
Query = Annotated[T, From("query")]
Header = Annotated[T, From("header")]
Cookie = Annotated[T, From("cookie")]
Body = Annotated[T, From("body")]

_MISSING = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a handler, rule or provider, with where its value comes from.

    source: path, preset, provider, of_user, query, header, cookie, form, file, body, or handler (a rule's or
    provider's scalar that is the guarded handler's own parameter of that name).
    """

    name: str
    source: str
    annotation: Any
    default: Any = _MISSING
    provider: Callable[..., Any] | None = field(default=None, compare=False)
    """Of a path parameter: what makes its value of the text, when its converter says so."""
    is_required: bool = field(init=False, compare=False, default=False)
    wire_name: str = field(init=False, compare=False, default="")
    bare: Any = field(init=False, compare=False, default=None)
    """The annotation without None."""
    is_optional: bool = field(init=False, compare=False, default=False)
    is_list: bool = field(init=False, compare=False, default=False)
    is_body: bool = field(init=False, compare=False, default=False)
    decoder: Any = field(init=False, compare=False, default=None)
    """For a JSON body, where msgspec knows the type."""
    empty_is_none: bool = field(init=False, compare=False, default=False)
    """`?page=` of an empty input means no value, unless the parameter is text."""

    def __post_init__(self) -> None:
        """What the annotation means is found once, at start: asking `typing` costs a microsecond each time."""
        bare = without_none(self.annotation)
        base = get_args(bare)[0] if hasattr(bare, "__metadata__") else bare
        known = {
            "is_required": self.default is _MISSING,
            "wire_name": self.name.replace("_", "-") if self.source == "header" else self.name,
            "bare": bare,
            "is_optional": is_optional(self.annotation),
            "is_list": get_origin(bare) in (list, set, tuple, frozenset),
            "is_body": is_body(self.annotation),
            "decoder": _json_decoder(self.annotation) if self.source == "body" else None,
            "empty_is_none": base is not str or is_optional(self.annotation),
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)


def _json_decoder(annotation: Any) -> Any:
    if not is_body(annotation) or hasattr(without_none(annotation), "model_validate"):
        return None
    try:
        return msgspec.json.Decoder(annotation)
    except TypeError:
        return None


def place_of(function: Callable[..., Any]) -> str:
    """`file.py:12 name` for messages."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return f"{code.co_filename}:{code.co_firstlineno} {name}" if code else name


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Evaluated annotations, `Annotated` kept. Raises SennitError naming an annotation that cannot be evaluated."""
    target = function if inspect.isfunction(function) or inspect.ismethod(function) else type(function).__call__
    try:
        return typing.get_type_hints(inspect.unwrap(target), include_extras=True)
    except NameError as error:
        raise SennitError(
            code="web.E001",
            what=f"an annotation cannot be evaluated: {error}",
            where=place_of(function),
            fix="import the name at the top of the module, not under `if TYPE_CHECKING:`",
        ) from error


def is_optional(annotation: Any) -> bool:
    return get_origin(annotation) in (typing.Union, UnionType) and type(None) in get_args(annotation)


def without_none(annotation: Any) -> Any:
    """`T` from `T | None`."""
    if not is_optional(annotation):
        return annotation
    rest = tuple(part for part in get_args(annotation) if part is not type(None))
    return rest[0] if len(rest) == 1 else typing.Union[rest]  # noqa: UP007 - built at run time


def split_marker(annotation: Any) -> tuple[Any, From | Provide | None]:
    """The type without our marker, and the marker. `Annotated[str, Meta(…), From("form")]` keeps its Meta."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    base, *extras = get_args(annotation)
    marker = next((extra for extra in extras if isinstance(extra, From | Provide)), None)
    rest = [extra for extra in extras if extra is not marker]
    return (Annotated[(base, *rest)] if rest else base), marker


def is_scalar(annotation: Any) -> bool:
    """Whether a value of this type is written as one text: numbers, text, dates, Enum, bool, UUID, or a list of them."""
    bare = without_none(split_marker(annotation)[0])
    if get_origin(bare) is Annotated:
        bare = get_args(bare)[0]
    origin = get_origin(bare)
    if origin in (list, set, tuple, frozenset):
        return all(is_scalar(part) for part in get_args(bare) if part is not ...)
    if origin is typing.Literal:
        return True
    if origin in (typing.Union, UnionType):
        return all(is_scalar(part) for part in get_args(bare))
    return isinstance(bare, type) and issubclass(bare, _SCALARS)


def is_body(annotation: Any) -> bool:
    """A Struct, dataclass, TypedDict or pydantic model: the request body."""
    bare = without_none(annotation)
    return isinstance(bare, type) and (
        issubclass(bare, msgspec.Struct)
        or hasattr(bare, "__dataclass_fields__")
        or typing.is_typeddict(bare)
        or hasattr(bare, "model_validate")
    )


def is_file(annotation: Any) -> bool:
    bare = without_none(annotation)
    return bare is File or (get_origin(bare) is list and get_args(bare) == (File,))


def _scalar_types() -> tuple[type, ...]:
    import datetime
    import decimal
    import enum
    import uuid

    return (
        str,
        int,
        float,
        bool,
        decimal.Decimal,
        datetime.date,
        datetime.time,
        datetime.timedelta,
        uuid.UUID,
        enum.Enum,
    )


_SCALARS = _scalar_types()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a signature is read against."""

    path_names: Collection[str]
    presets: Collection[str]
    providers: Mapping[str, Callable[..., Any]]
    handler_scalars: Mapping[str, "Parameter"] | None = None
    """For rules and providers: the guarded handler's own scalars. None for the handler itself."""
    parsers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    """By name of a path parameter: what makes the value of its text, where the annotation alone does not."""


def read_signature(function: Callable[..., Any], around: Surroundings) -> tuple[Parameter, ...]:
    """The parameters of a function with their sources. Raises SennitError for one that cannot be resolved."""
    if isinstance(function, FromContext):
        return ()
    hints = hints_of(function)
    signature = inspect.signature(function)
    return tuple(
        _classify(function, parameter, hints.get(parameter.name, _MISSING), around)
        for parameter in signature.parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    )


def _classify(function: Any, parameter: inspect.Parameter, hint: Any, around: Surroundings) -> Parameter:
    name, default = parameter.name, parameter.default
    annotation, marker = split_marker(hint) if hint is not _MISSING else (hint, None)
    if isinstance(default, OfUser):
        return Parameter(name, "of_user", annotation, default, default.function)
    if name in around.path_names:
        return _path_parameter(name, annotation, default, around)
    if name in around.presets:
        return Parameter(name, "preset", annotation, default)
    if isinstance(marker, Provide):
        return Parameter(name, "provider", annotation, default, marker.provider)
    if isinstance(marker, From):
        return Parameter(name, _file_or(marker.source, annotation), annotation, default)
    if name in around.providers:
        _refuse_scalar_provider(function, name, annotation, around)
        return Parameter(name, "provider", annotation, default, around.providers[name])
    return _by_annotation(function, name, annotation, default, around)


def _path_parameter(name: str, annotation: Any, default: Any, around: Surroundings) -> Parameter:
    """A rule's or provider's path name is the handler's own parameter when the handler has it: one value, one type."""
    if around.handler_scalars is not None and name in around.handler_scalars:
        return Parameter(name, "handler", annotation, default)
    return Parameter(name, "path", str if annotation is _MISSING else annotation, default, around.parsers.get(name))


def _file_or(source: str, annotation: Any) -> str:
    return "file" if source == "form" and is_file(annotation) else source


def _by_annotation(function: Any, name: str, annotation: Any, default: Any, around: Surroundings) -> Parameter:
    if around.handler_scalars is not None:
        return _scalar_of_handler(function, name, annotation, default, around.handler_scalars)
    if annotation is _MISSING:
        raise _unresolved(
            function,
            name,
            "has no annotation and is no path segment or provider",
            around,
        )
    if is_file(annotation):
        return Parameter(name, "file", annotation, default)
    if is_body(annotation):
        return Parameter(name, "body", annotation, default)
    if is_scalar(annotation):
        return Parameter(name, "query", annotation, default)
    raise _unresolved(
        function,
        name,
        f"is annotated {annotation!r}, which no part of a request can give",
        around,
    )


def _scalar_of_handler(
    function: Any,
    name: str,
    annotation: Any,
    default: Any,
    scalars: Mapping[str, Parameter],
) -> Parameter:
    if name in scalars:
        return Parameter(name, "handler", annotation, default)
    if default is not _MISSING:
        return Parameter(name, "default", annotation, default)
    raise SennitError(
        code="web.E003",
        what=f"the parameter {name!r} of a rule or provider is neither a path segment, a provider, "
        f"nor a parameter of the handler it serves.{did_you_mean(name, list(scalars))}",
        where=place_of(function),
        fix=f"name it in the route's path, give the handler a parameter {name!r}, or spell it Query[…] to read the query string",
    )


def _refuse_scalar_provider(function: Any, name: str, annotation: Any, around: Surroundings) -> None:
    if annotation is not _MISSING and is_scalar(annotation):
        provider = around.providers[name]
        if not isinstance(provider, FromContext) and is_scalar(
            typing.get_type_hints(inspect.unwrap(provider)).get("return", object)
        ):
            return
        raise SennitError(
            code="web.E004",
            what=f"the parameter {name!r} has the name of a provider but is annotated as a plain value",
            where=place_of(function),
            fix=f"rename it, or spell it {name}: Query[{getattr(annotation, '__name__', annotation)}]",
        )


def _unresolved(function: Any, name: str, why: str, around: Surroundings) -> SennitError:
    known = [*around.path_names, *around.presets, *around.providers]
    return SennitError(
        code="web.E002",
        what=f"the parameter {name!r} {why}.{did_you_mean(name, known)}",
        where=place_of(function),
        fix=f"name it in the path, annotate it ({name}: int), or provide it with @app.provide",
    )
