"""How a WebSocket handshake is answered: its route found, the handler called, and what is left to do when that has ended.

Where no middleware stands around the handler nothing of this waits beside it: `straight_socket` drives the handler's own
coroutine, and an open WebSocket that is idle holds no frame but that one.
"""

import logging
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Forbidden
from ..http.exchange import Exchange, WebSocketClosed
from .binder import NOT_YET
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
    from .straight_socket import straight_socket
else:
    try:
        from ._straight_socket import straight_socket  # compiled
    except ImportError:
        from .straight_socket import straight_socket  # the specification

log = logging.getLogger("sennit.web")

POLICY_VIOLATION, INTERNAL_ERROR = 1008, 1011
"""Codes of RFC 6455 §7.4.1."""


def answer_socket(answering: "Answering", exchange: Exchange) -> Coroutine[Any, Any, None]:
    """For the server's task: the whole life of a WebSocket, from its handshake on."""
    try:
        route, params = _find(answering, exchange)
    except Exception as error:
        return _refuse(Context(answering, answering.fallback, {}, exchange=exchange), error)
    exchange.route = route
    exchange.cancel_on_disconnect = bool(route.options.cancel)
    ctx = Context(answering, route, params, exchange=exchange)
    if answering.middleware or route.middleware:
        return _answer_through(ctx)
    return straight_socket(ctx, new_socket(ctx))


def _find(answering: "Answering", exchange: Exchange) -> tuple[Route, Mapping[str, str]]:
    answering.hosts.check(exchange.host)
    route, params = answering.finder.find_socket(exchange)
    check_socket_origin(exchange, route.sharing, route.options.origins)
    return route, params


async def _refuse(ctx: Context, error: Exception) -> None:
    try:
        await send_response(_exchange_of(ctx), await ctx.site.answer_error(ctx, error))
    finally:
        await ctx.site.clean_up(ctx)


def new_socket(ctx: Context) -> WebSocket[Any]:
    """What the handler's parameter `ws` is given."""
    ws: WebSocket[Any] = WebSocket(ctx, _message_kind(ctx.route))
    ctx.values["ws"] = ws
    return ws


def _message_kind(route: Route) -> type | None:
    """`str` for a parameter `ws: WebSocket[str]`."""
    annotation = next((p.annotation for p in route.binder.parameters if p.name == "ws"), None)
    arguments = getattr(annotation, "__args__", ())
    return arguments[0] if arguments and isinstance(arguments[0], type) else None


# ── straight through ─────────────────────────────────────────────────────────


def call_at_once(ctx: Context) -> Any:
    """What the handler returns, nearly always its coroutine; `NOT_YET` where something has to be awaited before the call."""
    route = ctx.route
    if route.rules or route.runs_in_thread:
        return NOT_YET
    arguments = route.binder.arguments_at_once(ctx)
    if arguments is None:
        return NOT_YET
    ctx.forget("ws")
    return route.handler(**arguments)


async def call_later(ctx: Context) -> Any:
    """The same with the rules, the arguments that take time, the pool of threads."""
    route = ctx.route
    await authorize(ctx, route.rules)
    arguments = await route.binder.arguments(ctx)
    ctx.forget("ws")
    if route.runs_in_thread:
        return await ctx.site.in_thread(partial(route.handler, **arguments))
    return route.handler(**arguments)


async def handler_ended(ctx: Context, ws: WebSocket[Any], failure: BaseException | None) -> None:
    """Close what is open, or refuse the handshake. Raises a `failure` that is no Exception once all is cleaned up."""
    try:
        if failure is not None and not isinstance(failure, Exception):
            raise failure
        if ws.is_accepted:
            await _close(ctx, ws, failure)
        else:
            await send_response(_exchange_of(ctx), await _refusal(ctx, failure))
    finally:
        failure = None  # raised here, it refers to this frame
        await ctx.site.clean_up(ctx)


async def _close(ctx: Context, ws: WebSocket[Any], failure: Exception | None) -> None:
    if failure is None or isinstance(failure, WebSocketClosed):
        await ws.close()
    elif isinstance(failure, Rejected):
        await ws.close(POLICY_VIOLATION)
    else:
        await ws.close(INTERNAL_ERROR, "internal error")
        _log_failure(ctx, failure)


async def _refusal(ctx: Context, failure: Exception | None) -> Response:
    if isinstance(failure, Rejected):
        return problem_response(ctx.request, failure.problem)
    if failure is None or isinstance(failure, WebSocketClosed):
        return problem_response(ctx.request, Forbidden())
    return await ctx.site.answer_error(ctx, failure)


def _log_failure(ctx: Context, error: Exception | None) -> None:
    log.error("WebSocket %r failed", ctx.request.path, exc_info=error)


def _exchange_of(ctx: Context) -> Exchange:
    exchange: Exchange | None = ctx.exchange
    assert exchange is not None  # a handshake comes with one
    return exchange


# ── through middleware ───────────────────────────────────────────────────────


class _Handshaken(Exception):
    """A WebSocket handler failed after 101: there is nothing left to answer."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error


async def _answer_through(ctx: Context) -> None:
    chain = (*ctx.site.middleware, *ctx.route.middleware)
    try:
        response = await ctx.site.through(chain, ctx, _run)
    except _Handshaken as done:
        if done.error is not None:
            _log_failure(ctx, done.error)
    except Exception as error:
        await send_response(_exchange_of(ctx), await ctx.site.answer_error(ctx, error))
    else:
        ws: WebSocket[Any] | None = ctx.values.get("ws")
        if ws is None or not ws.is_accepted:
            refusal = response if response.status >= 400 else problem_response(ctx.request, Forbidden())
            await send_response(_exchange_of(ctx), refusal)
    finally:
        await ctx.site.clean_up(ctx)


async def _run(ctx: Context) -> Response:
    await authorize(ctx, ctx.route.rules)
    ws = new_socket(ctx)
    try:
        await ctx.site.call(ctx)
    except Rejected as rejected:
        if not ws.is_accepted:
            return problem_response(ctx.request, rejected.problem)
        await ws.close(POLICY_VIOLATION)
    except WebSocketClosed:
        pass
    except Exception as error:
        if not ws.is_accepted:
            raise
        await ws.close(INTERNAL_ERROR, "internal error")
        raise _Handshaken(error) from error
    if ws.is_accepted:
        await ws.close()
    return Response(status=204)
