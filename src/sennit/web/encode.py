"""What a handler returned becomes a Response (DESIGN §2.1, return values)."""

import inspect
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import SennitError
from .response import JSON, TEXT, Response

if TYPE_CHECKING:
    from .context import Context
    from .route import Route

JsonDefault = Callable[[Any], Any]


async def response_of(ctx: "Context", value: Any) -> Response:
    """The Response of a returned value. Raises SennitError web.E020/E021 for one that cannot be an answer."""
    if isinstance(value, Response):
        return value
    if isinstance(value, tuple):
        return await _response_of_tuple(ctx, value)
    return await _response_of_body(ctx, value)


async def _response_of_tuple(ctx: "Context", value: tuple[Any, ...]) -> Response:
    if len(value) not in (2, 3) or not isinstance(value[1], int):
        raise SennitError(
            code="web.E021",
            what=f"a tuple of {len(value)} is no answer",
            where=ctx.route.where,
            fix="return (body, status) or (body, status, headers)",
        )
    response = await _response_of_body(ctx, value[0])
    response.status = value[1]
    for name, field_value in (value[2] if len(value) == 3 else {}).items():
        response.headers[name] = field_value
    return response


async def _response_of_body(ctx: "Context", value: Any) -> Response:
    if isinstance(value, Response):
        return value
    if isinstance(value, str | bytes):
        return Response(value)
    if value is None:
        return _no_content(ctx.route)
    if isinstance(value, AsyncIterator):
        return Response(value, media_type=TEXT)
    if inspect.isgenerator(value):
        return Response(_over(value), media_type=TEXT)
    if ctx.site.resolve_value is not None:
        value = await ctx.site.resolve_value(ctx, value)
    return json_response(ctx, value)


async def _over(pieces: Any) -> AsyncIterator[str | bytes]:
    for piece in pieces:
        yield piece


def _no_content(route: "Route") -> Response:
    if not route.is_safe or inspect.signature(route.handler).return_annotation is None:
        return Response(status=204)
    raise SennitError(
        code="web.E020",
        what=f"the handler of {route.pattern.text!r} returned None",
        where=route.where,
        fix="return a value, or annotate the function with -> None if an empty 204 is meant",
    )


def json_response(ctx: "Context", value: Any, status: int = 200) -> Response:
    return Response(
        encode_json(value, ctx.site.json_default, ctx.route.where),
        status,
        media_type=JSON,
    )


def encode_json(value: Any, default: JsonDefault | None, where: str) -> bytes:
    """JSON of plain values, Structs, dataclasses and what `default` knows. Raises SennitError web.E022."""
    try:
        return msgspec.json.encode(value, enc_hook=default)
    except (TypeError, NotImplementedError, ValueError, OverflowError) as error:
        raise SennitError(
            code="web.E022",
            what=f"a {type(value).__name__} cannot be sent as JSON: {error}",
            where=where,
            fix="return text, bytes, a dict or list of plain values, a Struct, a dataclass, a Model or a Response",
        ) from error
