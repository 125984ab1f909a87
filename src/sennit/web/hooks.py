"""Hooks around a router's handlers: before, after and teardown, as one middleware that exists once one of them is declared."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from .encode import response_of
from .request import Request
from .response import Response

if TYPE_CHECKING:
    from .context import Context

log = logging.getLogger("sennit.web")

Hook = Callable[..., Any]
Next = Callable[[Request], Awaitable[Response]]


class Hooks:
    """What `@router.before`, `@router.after` and `@router.teardown` have declared.

    `before` in the order of declaration: the first that returns something has answered, and neither the others nor the handler
    are called. `after` the last one first, errors' answers included. `teardown` the last one first, once the answer has been
    sent, whatever happened. Routers nest: `before` of the outer one comes first, its `after` and `teardown` last.
    Health probes pass them by: a hook that turns strangers away must not have the process restarted.
    """

    __presets__ = ("next",)

    def __init__(self) -> None:
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.teardown: list[Hook] = []

    @property
    def functions(self) -> tuple[Hook, ...]:
        """All that it calls, for the check of their parameters at start."""
        return (*self.before, *self.after, *self.teardown)

    async def __call__(self, request: Request, next: Next) -> Response:
        ctx = request.context
        if request.exchange.raw_path in ctx.site.on_any_host:
            return await next(request)
        try:
            response = await self._answer(ctx, next)
            return response if _is_open_socket(ctx) else await self._after(ctx, response)
        except BaseException as error:
            ctx.failure = ctx.failure or error
            raise
        finally:
            # Deferred this late so that it runs before the clean-up of what the handler was given: `db` is still open.
            if self.teardown:
                ctx.defer(partial(self._tear_down, ctx))

    async def _answer(self, ctx: "Context", next: Next) -> Response:
        """An exception becomes its answer here already, so that `after` sees it."""
        try:
            for hook in self.before:
                value = await _called(ctx, hook)
                if value is not None:
                    return await response_of(ctx, value)
            return await next(ctx.request)
        except Exception as error:
            if ctx.route.is_websocket:
                raise
            return await ctx.site.answer_error(ctx, error)

    async def _after(self, ctx: "Context", response: Response) -> Response:
        for hook in reversed(self.after):
            value = await _called(ctx, hook, response=response)
            if value is not None:
                response = await response_of(ctx, value)
        if response.status < 400:
            await ctx.commit()  # what hooks have written; the handler's own work has been committed by then
        return response

    async def _tear_down(self, ctx: "Context") -> None:
        failure = ctx.failure
        error = None if isinstance(failure, Problem) and failure.status < 400 else failure
        for hook in reversed(self.teardown):
            try:
                await _called(ctx, hook, error=error)
            except Exception as second:
                log.error("the teardown hook %r failed", hook, exc_info=second)


async def _called(ctx: "Context", hook: Hook, **given: Any) -> Any:
    """The hook's value; `given` are the names that its decorator adds."""
    ctx.values.update(given)
    try:
        value = ctx.route.binder_for(hook).invoke(ctx)
        return await value if isawaitable(value) else value
    finally:
        for name in given:
            ctx.values.pop(name, None)


def _is_open_socket(ctx: "Context") -> bool:
    """A WebSocket that was accepted has no answer that `after` could change."""
    ws = ctx.values.get("ws") if ctx.route.is_websocket else None
    return ws is not None and bool(ws.is_accepted)
