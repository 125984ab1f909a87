"""How a WebSocket handshake is answered, and its handler followed to the end of the connection.

Not compiled: a coroutine of Python's awaits the handler's without an object between, and holds less while it waits. Where
no middleware stands around the handler there is this one coroutine and the handler's own.
"""

import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from ..errors import Forbidden
from ..http.exchange import Exchange, WebSocketClosed
from .context import Context
from .cross_site import check_socket_origin
from .problem_answer import problem_response
from .response import Response
from .route import Route
from .rule import authorize
from .send import send_response
from .websocket import Rejected, WebSocket

if TYPE_CHECKING:
    from .answering import Answering

log = logging.getLogger("sennit.web")

POLICY_VIOLATION, INTERNAL_ERROR = 1008, 1011
"""Codes of RFC 6455 §7.4.1."""


class Handshaken(Exception):
    """A WebSocket handler failed after 101: there is nothing left to answer."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


async def answer_socket(site: "Answering", exchange: Exchange) -> None:
    """Of a request that is a handshake."""
    ctx, failure = Context(site, site.fallback, {}, exchange=exchange), None
    try:
        ctx = _found(site, exchange)
        if site.middleware or ctx.route.middleware:
            response = await site.through((*site.middleware, *ctx.route.middleware), ctx, _run)
            ws = ctx.values.get("ws")
        else:
            await authorize(ctx, ctx.route.rules)
            ws = WebSocket[Any](ctx, _message_kind(ctx.route))
            try:  # as `_run` does it, whose frame would be held for as long as the connection is open
                await _begun(ctx, ws)
            except Exception as error:
                failure = error
            response = await _ended(ctx, ws, failure)
        if ws is None or not ws.is_accepted:
            refusal = response if response.status >= 400 else problem_response(ctx.request, Forbidden())
            await send_response(exchange, refusal)
    except Handshaken as done:
        log.error("WebSocket %r failed", ctx.request.path, exc_info=done.error)
    except Exception as error:
        await send_response(exchange, await site.answer_error(ctx, error))
    finally:
        failure = None  # it refers to this frame
        await site.clean_up(ctx)


def _found(site: "Answering", exchange: Exchange) -> Context:
    """Raises Problem for a wrong host or origin, and where there is no such route."""
    site.hosts.check(exchange.host)
    route, params = site.finder.find_socket(exchange)
    check_socket_origin(exchange, route.sharing, route.options.origins)
    exchange.route = route
    exchange.cancel_on_disconnect = bool(route.options.cancel)
    return Context(site, route, params, exchange=exchange)


async def _run(ctx: Context) -> Response:
    """Inside of all middleware."""
    await authorize(ctx, ctx.route.rules)
    ws = WebSocket[Any](ctx, _message_kind(ctx.route))
    failure = None
    try:
        handling = _begun(ctx, ws)
        ctx.values["ws"] = ws  # hooks look whether it was accepted
        await handling
    except Exception as error:
        failure = error
    return await _ended(ctx, ws, failure)


def _begun(ctx: Context, ws: WebSocket[Any]) -> Awaitable[Any]:
    """What is left of the handler once it has been called: its own coroutine, where its arguments are there at once."""
    ctx.values["ws"] = ws
    plan = ctx.route.plan
    if plan.is_coroutine:
        arguments = plan.binder.arguments_at_once(ctx)
        if arguments is not None:
            ctx.forget("ws")
            return cast(Awaitable[Any], plan.handler(**arguments))
    return ctx.site.call(ctx)


async def _ended(ctx: Context, ws: WebSocket[Any], failure: Exception | None) -> Response:
    """The handler has returned or raised. Raises Handshaken, or the failure where nothing has been accepted."""
    if failure is None or (isinstance(failure, WebSocketClosed) and ws.is_accepted):
        if ws.is_accepted:
            await ws.close()
    elif isinstance(failure, Rejected):
        if not ws.is_accepted:
            return problem_response(ctx.request, failure.problem)
        await ws.close(POLICY_VIOLATION)
    elif ws.is_accepted:
        await ws.close(INTERNAL_ERROR, "internal error")
        raise Handshaken(failure) from failure
    elif not isinstance(failure, WebSocketClosed):
        raise failure
    return Response(status=204)


def _message_kind(route: Route) -> type | None:
    """`str` for a parameter `ws: WebSocket[str]`."""
    annotation = next((p.annotation for p in route.binder.parameters if p.name == "ws"), None)
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if arguments and isinstance(arguments[0], type) else None
