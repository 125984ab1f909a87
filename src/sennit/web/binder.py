"""Binds a function's parameters to a context: planned once at start, then only followed.

Compiled where that is possible, from this very file (`binder.pxd` gives the types).
"""

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, get_origin

import msgspec

from ..errors import (
    BadRequest,
    FieldError,
    NotFound,
    Unprocessable,
    UnsupportedMediaType,
)
from ..http.media_type import essence
from .form import MULTIPART, URLENCODED, FormData, values_for
from .parameters import (
    Parameter,
    Surroundings,
    read_signature,
    without_none,
)
from .provider import FromContext
from .validation import (
    InvalidInput,
    convert_mapping,
    convert_text,
    decode_json,
    fields_of,
)

if TYPE_CHECKING:
    from .context import Context

SCALAR_SOURCES = frozenset({"path", "query", "of_user"})


class Binder:
    """Calls one function with the parameters it asks for.

    Raises SennitError at construction for a parameter that cannot be resolved. `call` raises NotFound for a path segment that
    does not convert and Unprocessable with all other wrong inputs at once.
    """

    def __init__(self, function: Callable[..., Any], around: Surroundings) -> None:
        self.function = function
        self.parameters = read_signature(function, around)
        self.is_async = inspect.iscoroutinefunction(function)
        self._direct = tuple((p, p.name, _DIRECT[p.source]) for p in self.parameters if p.source in _DIRECT)
        self._awaited = tuple((p, p.name, _AWAITED[p.source]) for p in self.parameters if p.source in _AWAITED)
        self._often_at_once: tuple[tuple[Parameter, str, Any], ...] = tuple(
            (p, p.name, _at_once(p)) for p in self.parameters if p.source in _AWAITED
        )
        self._never_at_once = any(entry[2] is None for entry in self._often_at_once)
        self.awaits = bool(self._awaited)

    @property
    def scalars(self) -> dict[str, Parameter]:
        """The parameters that one text each decides: path, query, header, cookie and of_user."""
        return {p.name: p for p in self.parameters if p.source in SCALAR_SOURCES | {"header", "cookie"}}

    def invoke(self, ctx: "Context") -> Any:
        """What the function returns when it needs nothing awaited, else a coroutine of it."""
        if self.awaits:
            return self._call(ctx)
        return self.function(**self.direct_arguments(ctx))

    async def arguments(self, ctx: "Context") -> dict[str, Any]:
        """Every parameter's value by name."""
        values: dict[str, Any] = {}
        errors = self._collect_direct(ctx, values)
        for parameter, name, resolve_one in self._awaited:
            try:
                values[name] = await resolve_one(ctx, parameter)
            except InvalidInput as invalid:
                errors = [*(errors or ()), *invalid.errors]
        if errors:
            raise Unprocessable(errors=errors, detail=_summary(errors))
        return values

    async def _call(self, ctx: "Context") -> Any:
        result = self.function(**await self.arguments(ctx))
        return await result if inspect.isawaitable(result) else result

    def arguments_at_once(self, ctx: "Context") -> dict[str, Any] | None:
        """What `arguments` gives, when nothing has to be waited for; None when something has, and nothing is lost then."""
        if self._never_at_once:
            return None
        values: dict[str, Any] = {}
        errors = self._collect_direct(ctx, values)
        for parameter, name, resolve_one in self._often_at_once:
            value = resolve_one(ctx, parameter)
            if value is NOT_YET:
                return None
            values[name] = value
        if errors:
            raise Unprocessable(errors=errors, detail=_summary(errors))
        return values

    def direct_arguments(self, ctx: "Context") -> dict[str, Any]:
        """The same where nothing has to be awaited (`awaits` is False)."""
        values: dict[str, Any] = {}
        errors = self._collect_direct(ctx, values)
        if errors:
            raise Unprocessable(errors=errors, detail=_summary(errors))
        return values

    def _collect_direct(self, ctx: "Context", values: dict[str, Any]) -> list[FieldError] | None:
        errors: list[FieldError] | None = None
        for parameter, name, resolve_one in self._direct:
            try:
                values[name] = resolve_one(ctx, parameter)
            except InvalidInput as invalid:
                errors = [*(errors or ()), *invalid.errors]
        return errors


async def resolve(ctx: "Context", parameter: Parameter) -> Any:
    """The value of one parameter. Raises InvalidInput, NotFound or what a provider raises."""
    direct = _DIRECT.get(parameter.source)
    return direct(ctx, parameter) if direct else await _AWAITED[parameter.source](ctx, parameter)


async def resolve_scalar(ctx: "Context", parameter: Parameter) -> Any:
    """The value of a handler's own scalar, once for the context."""
    if not ctx.knows_scalar(parameter.name):
        ctx.scalars[parameter.name] = await resolve(ctx, parameter)
    return ctx.scalars[parameter.name]


def _path(ctx: "Context", parameter: Parameter) -> Any:
    if ctx.knows_scalar(parameter.name):
        return ctx.scalars[parameter.name]
    text = ctx.params[parameter.name]
    if parameter.provider is not None:
        return _parsed(text, parameter.provider)
    if parameter.annotation is str:
        return text
    try:
        return convert_text(text, parameter.annotation, "path", parameter.name)
    except InvalidInput:
        raise NotFound(detail=f"{text[:80]!r} is not a {_type_name(parameter.annotation)}") from None


def _parsed(text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise NotFound(detail=f"nothing has the address {text[:80]!r}") from None


def _query(ctx: "Context", parameter: Parameter) -> Any:
    if ctx.knows_scalar(parameter.name):
        return ctx.scalars[parameter.name]
    if parameter.is_list:
        return _texts(ctx.query.get_all(parameter.name), parameter, "query")
    if parameter.is_body:
        return convert_mapping(_members(ctx.query, parameter.annotation), parameter.bare, "query")
    wanted = parameter.name
    for name, value in ctx.query_pairs():
        if name == wanted:
            return _text(value, parameter, "query")
    return _text(None, parameter, "query")


def _header(ctx: "Context", parameter: Parameter) -> Any:
    values = ctx.request.headers.get_all(parameter.wire_name)
    if parameter.is_list:
        return _texts(values, parameter, "header")
    return _text(", ".join(values) if values else None, parameter, "header")


def _cookie(ctx: "Context", parameter: Parameter) -> Any:
    return _text(ctx.request.cookies.get(parameter.name), parameter, "cookie")


def _preset(ctx: "Context", parameter: Parameter) -> Any:
    return ctx.values[parameter.name]


def _default(ctx: "Context", parameter: Parameter) -> Any:
    return parameter.default


_DIRECT: dict[str, Callable[["Context", Parameter], Any]] = {
    "path": _path,
    "query": _query,
    "header": _header,
    "cookie": _cookie,
    "preset": _preset,
    "default": _default,
}


async def _provider(ctx: "Context", parameter: Parameter) -> Any:
    name, provider = parameter.name, parameter.provider
    in_thread = _for_thread(ctx, parameter)
    if in_thread is not None:
        given = in_thread(ctx)
        return await given if inspect.isawaitable(given) else given
    if ctx.route.providers.get(name) is provider or name in ctx.values:
        value = await ctx.get(name)
    else:
        value = await _anonymous_provider(ctx, provider)
    if value is None and parameter.annotation is not inspect.Parameter.empty:
        return ctx.site.missing_value(ctx, parameter)
    return value


def _for_thread(ctx: "Context", parameter: Parameter) -> Callable[["Context"], Any] | None:
    """How a plain handler itself is given this, as it runs in a thread; None for everybody else."""
    provider = parameter.provider
    if not ctx.route.runs_in_thread or not isinstance(provider, FromContext) or parameter.name in ctx.given:
        return None
    return provider.in_thread if parameter in ctx.route.binder.parameters else None


async def _anonymous_provider(ctx: "Context", provider: Any) -> Any:
    """A provider given by `Provide(...)`: cached under the function itself."""
    if provider not in ctx.values:
        ctx.values[provider] = await ctx.run_provider(ctx.site.overrides.get(provider, provider))
    return ctx.values[provider]


async def _of_user(ctx: "Context", parameter: Parameter) -> Any:
    if not ctx.knows_scalar(parameter.name):
        ctx.scalars[parameter.name] = await ctx.run_provider(parameter.provider)  # type: ignore[arg-type]
    return ctx.scalars[parameter.name]


async def _handler(ctx: "Context", parameter: Parameter) -> Any:
    return await resolve_scalar(ctx, ctx.route.scalars[parameter.name])


async def _body(ctx: "Context", parameter: Parameter) -> Any:
    request = ctx.request
    kind = essence(request.headers.get("content-type", ""))
    if not request.exchange.has_body and not parameter.is_required:
        return parameter.default
    if kind in (URLENCODED, MULTIPART) and parameter.is_body:
        return convert_mapping(_members(await request.form(), parameter.annotation), parameter.bare, "form")
    if parameter.bare is bytes:
        return await request.body()
    return decode_json(await request.json_bytes(), parameter.annotation)


async def _form(ctx: "Context", parameter: Parameter) -> Any:
    form = await _read_form(ctx)
    if parameter.is_body:
        return convert_mapping(_members(form, parameter.annotation), parameter.bare, "form")
    if parameter.is_list:
        return _texts(form.get_all(parameter.name), parameter, "form")
    values = form.get_all(parameter.name)
    if parameter.bare is bool:
        return _checkbox(values, parameter)
    return _text(values[-1] if values else None, parameter, "form")


async def _file(ctx: "Context", parameter: Parameter) -> Any:
    files = (await _read_form(ctx)).get_files(parameter.name)
    if parameter.is_list:
        return files
    if files:
        return files[0]
    if parameter.is_optional or not parameter.is_required:
        return None if parameter.is_required else parameter.default
    raise InvalidInput([_missing(parameter, "form")])


_AWAITED: dict[str, Callable[["Context", Parameter], Any]] = {
    "provider": _provider,
    "of_user": _of_user,
    "handler": _handler,
    "body": _body,
    "form": _form,
    "file": _file,
}


NOT_YET: Any = object()
"""Stands for a value that has to be waited for."""


def _at_once(parameter: Parameter) -> Callable[["Context", Parameter], Any] | None:
    """How a parameter that may have to be waited for is mostly had without; None for one that is always waited for."""
    if parameter.source == "body" and parameter.decoder is not None:
        return _body_at_once
    if isinstance(parameter.provider, FromContext) and parameter.provider.is_immediate:
        return _given_at_once
    return None


def _body_at_once(ctx: "Context", parameter: Parameter) -> Any:
    """A JSON body that has come together with its request."""
    exchange = ctx.exchange
    if ctx.body is None and exchange is not None and exchange.field("content-type") == "application/json":
        ctx.body = exchange.read_at_once(ctx.route.limits.form)
    if not ctx.body:
        return NOT_YET
    try:
        return parameter.decoder.decode(ctx.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return NOT_YET  # `_body` says what is wrong


def _given_at_once(ctx: "Context", parameter: Parameter) -> Any:
    if parameter.name not in ctx.values:
        ctx.values[parameter.name] = parameter.provider.give(ctx)  # type: ignore[union-attr]
    return ctx.values[parameter.name]


async def _read_form(ctx: "Context") -> FormData:
    if not ctx.request.exchange.has_body and "content-type" not in ctx.request.headers:
        return FormData([], [])
    try:
        return await ctx.request.form()
    except UnsupportedMediaType:
        if essence(ctx.request.headers.get("content-type", "")) == "application/json":
            return await _form_of_json(ctx)
        raise


async def _form_of_json(ctx: "Context") -> FormData:
    """A JSON object of plain values serves as a form: the same handler answers a page and a script."""
    raw = await ctx.request.json()
    if not isinstance(raw, dict):
        raise BadRequest(detail="expected a JSON object")
    return FormData(list(_pairs(raw)), [])


def _pairs(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in raw.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bool):
                yield name, "true" if item else "false"
            elif isinstance(item, str | int | float):
                yield name, str(item)


def is_list(annotation: Any) -> bool:
    return get_origin(without_none(annotation)) in (list, set, tuple, frozenset)


def _text(text: str | None, parameter: Parameter, place: str) -> Any:
    if text is None or (text == "" and place in ("query", "form") and parameter.empty_is_none):
        if not parameter.is_required:
            return parameter.default
        if parameter.is_optional:
            return None
        raise InvalidInput([_missing(parameter, place)])
    annotation = parameter.annotation
    if annotation is str:
        return text
    if annotation is int and len(text) < 19 and text.isdigit() and text.isascii():
        return int(text)  # what `convert_text` does, without a call in Python
    return convert_text(text, annotation, place, parameter.wire_name)


def _texts(values: list[str], parameter: Parameter, place: str) -> Any:
    if not values and not parameter.is_required:
        return parameter.default
    if not values and parameter.is_optional:
        return None
    return convert_text(values, parameter.annotation, place, parameter.wire_name)  # type: ignore[arg-type]


def _checkbox(values: list[str], parameter: Parameter) -> Any:
    """A box that is not ticked is not sent; a ticked one is sent as `on`."""
    if not values:
        return False if parameter.is_required else parameter.default
    if values[-1].lower() in ("on", "yes"):
        return True
    return False if values[-1] == "" else convert_text(values[-1], bool, "form", parameter.name)


def _members(pairs: Any, annotation: Any) -> dict[str, Any]:
    members = fields_of(without_none(annotation)) or {}
    raw = values_for(pairs, {name: is_list(kind) for name, (kind, _) in members.items()})
    for name, (kind, _) in members.items():
        if without_none(kind) is bool and raw.get(name, "").lower() in ("on", "yes"):
            raw[name] = True
    return raw


def _missing(parameter: Parameter, place: str) -> FieldError:
    return {
        "in": place,
        "field": parameter.wire_name,
        "code": "missing",
        "message": "is required",
    }


def _summary(errors: list[FieldError]) -> str:
    return "; ".join(f"{error['in']} {error['field']}: {error['message']}" for error in errors[:5])


def _type_name(annotation: Any) -> str:
    return getattr(annotation, "__name__", str(annotation))


__all__ = ["Binder", "is_list", "resolve", "resolve_scalar"]
