"""How an exchange is answered: found, handled, finished, sent.

Compiled where that is possible, from this very file (`answering.pxd` gives the types). A route with nothing around its
handler (no middleware, no view) is answered straight through, and then only what the handler asked for is made;
every other one goes through the whole chain. Both end alike.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import Forbidden, Problem, Unauthorized
from ..http.exchange import Disconnected, Exchange
from ..http.prepared_lines import PreparedLines
from ..http.vary import add_vary
from .addresses import Addresses
from .binder import NOT_YET
from .conditional import meet_conditions
from .context import Context, context_of
from .cross_site import check_cross_site
from .encode import JsonDefault, response_of
from .event_stream import EventStream
from .file_response import FileResponse
from .finding import Finder
from .hosts import AllowedHosts
from .page_fields import OF_EVERY_ANSWER, OF_PAGES
from .parameters import Parameter, is_optional
from .plan import Plan
from .problem_answer import problem_response
from .redirect import Redirect
from .request import Request
from .request_id import FIELD as REQUEST_ID
from .request_id import RequestIds
from .response import BYTES, HTML, JSON, Response
from .route import Overrides, Route
from .rule import authorize
from .send import send_response
from .session import COOKIE, SessionSigner
from .shortcut import Shortcuts
from .socket_answering import answer_socket
from .static import StaticResponse

if TYPE_CHECKING:
    from .straight_answer import straight_answer
else:
    try:
        from ._straight_answer import straight_answer  # compiled
    except ImportError:
        from .straight_answer import straight_answer  # the specification

log = logging.getLogger("sennit.web")

Denied = Callable[[Context, Problem], Awaitable[Response | None]]
CrashPage = Callable[[Request, BaseException], Response]
AnswerSubmit = Callable[[Request, Response], Awaitable[Response]]
ResolveValue = Callable[[Context, Any], Awaitable[Any]]

LIVE_FIELD = "sennit-live"
"""The field by which a live form says what its page holds; its value means something to the live strand only."""

THREADS = 40
"""Plain `def` handlers running at one time; further ones wait."""


class Answering:
    """Answers exchanges by a table of routes (`http.Handler`); `Site` makes one of what routers declare."""

    live_answer: AnswerSubmit | None
    """Set by the live strand: a live form's answer also brings what it changed on the page."""

    addresses: Addresses
    """`Site` makes them of the routes' names."""

    def __init__(
        self,
        *,
        finder: Finder,
        fallback: Route,
        middleware: tuple[Callable[..., Any], ...],
        hosts: AllowedHosts,
        sessions: SessionSigner,
        root: Path,
        json_default: JsonDefault | None,
        resolve_value: ResolveValue | None,
        denied: Denied | None,
        crash_page: CrashPage | None,
        identity: frozenset[str],
        request_ids: RequestIds,
        on_any_host: frozenset[str],
        overrides: Overrides,
    ) -> None:
        self.finder = finder
        self.table = finder.table
        self._has_hosts = finder.by_host is not None
        self.fallback = fallback
        self.middleware = middleware
        self.hosts = hosts
        self.sessions = sessions
        self.root = root
        self.json_default = json_default
        self.resolve_value = resolve_value
        self.denied = denied
        self.crash_page = crash_page
        self.identity = identity
        self.request_ids = request_ids
        self.on_any_host = on_any_host
        self.overrides = overrides
        self.live_answer = None
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sennit")
        self._is_straight = not middleware
        self.shortcuts = Shortcuts()
        self._short = self.shortcuts.by_path
        self._encode = msgspec.json.Encoder(enc_hook=json_default).encode
        self._html, self._json, self._bytes = (_usual_lines(kind) for kind in (HTML, JSON, BYTES))

    def location(self, request: Request, redirect: Redirect) -> str:
        """Where a redirect leads; `Site` knows the routes by name."""
        raise NotImplementedError

    # -- straight through ----------------------------------------------------------------------------------------

    def __call__(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        if exchange.websocket_offer is not None:
            return answer_socket(self, exchange)
        if self._short and exchange.raw_path in self._short and self._takes_shortcut(exchange):
            return None
        try:
            route, params = self._find(exchange)
        except Problem as problem:
            return self._answer_problem(exchange, problem)
        return self._begin(exchange, route, params)

    def _begin(self, exchange: Exchange, route: Route, params: Mapping[str, str]) -> Coroutine[Any, Any, None]:
        plan = route.plan
        exchange.route = route
        exchange.cancel_on_disconnect = plan.is_cancelled_on_disconnect
        if plan.asyncio_task:
            exchange.asyncio_task = True
        ctx = context_of(self, route, params, exchange)
        if self._is_straight and plan.is_straight:
            return straight_answer(self, ctx, exchange, plan)
        return self._answer_fully(ctx)

    def _takes_shortcut(self, exchange: Exchange) -> bool:
        """A static file that was sent to somebody a moment ago: no coroutine is needed. A wrong host takes the long way."""
        try:
            self.hosts.check(exchange.host)
        except Problem:
            return False
        return self.shortcuts.answer(exchange)

    async def answer_in_time(self, ctx: Context, exchange: Exchange, plan: Plan, value: Any) -> None:
        """What follows `call_at_once` when it gave something that has to be awaited."""
        try:
            value = await self._awaited(ctx, plan, value)
        except Exception as error:
            await self.answer_with(ctx, exchange, plan, None, error)
        except BaseException as error:
            await self.clean_up_after(ctx, error)
        else:
            await self.answer_with(ctx, exchange, plan, value, None)

    async def _awaited(self, ctx: Context, plan: Plan, value: Any) -> Any:
        if value is NOT_YET:
            return await self._call_later(ctx, plan)
        return await value if self.is_to_be_awaited(plan, value) else value

    async def answer_with(
        self, ctx: Context, exchange: Exchange, plan: Plan, value: Any, failure: Exception | None
    ) -> None:
        """An answer of what the handler has returned, or for the `failure` that it has raised."""
        try:
            try:
                if failure is not None:
                    response = await self.answer_error(ctx, failure)
                elif self.respond_at_once(ctx, exchange, plan, value):
                    return
                else:
                    response = await response_of(ctx, value)
                    if response.status < 400 and ctx.has_commits():
                        await _uninterrupted(ctx.commit())
            except Exception as error:
                response = await self.answer_error(ctx, error)
            response = await self._finished(ctx, response)
            await self._send(ctx, response)
            if isinstance(response, StaticResponse) and not (plan.rules or self._has_hosts):
                self.shortcuts.remember(exchange, response)
        finally:
            if self.has_to_clean(ctx):
                await self.clean_up(ctx)

    async def clean_up_after(self, ctx: Context, error: BaseException) -> None:
        """Of a handler that was cancelled, or raised what is no Exception."""
        if self.has_to_clean(ctx):
            await self.clean_up(ctx)
        raise error

    def has_to_clean(self, ctx: Context) -> bool:
        return not ctx.is_untouched()

    def call_at_once(self, ctx: Context, exchange: Exchange, plan: Plan) -> Any:
        """What the handler returns, which may be a coroutine; `NOT_YET` where something has to be awaited before the call."""
        if not plan.is_safe:
            check_cross_site(exchange)
        if plan.rules or plan.runs_in_thread:
            return NOT_YET
        arguments = plan.binder.arguments_at_once(ctx)
        if arguments is None:
            return NOT_YET
        return plan.handler(**arguments) if arguments else plan.handler()

    async def _call_later(self, ctx: Context, plan: Plan) -> Any:
        """The rules, the arguments that take time, the pool of threads."""
        if plan.rules:
            await authorize(ctx, plan.rules)
        arguments = await plan.binder.arguments(ctx)
        if plan.runs_in_thread:
            return await self.in_thread(partial(plan.handler, **arguments))
        value = plan.handler(**arguments)
        return await value if self.is_to_be_awaited(plan, value) else value

    def is_to_be_awaited(self, plan: Plan, value: Any) -> bool:
        return plan.is_coroutine or asyncio.iscoroutine(value)

    def respond_at_once(self, ctx: Context, exchange: Exchange, plan: Plan, value: Any) -> bool:
        """The usual answers, when no session or commit is to go with them: no Response is needed for these."""
        kind = type(value)
        if not ctx.is_plain():
            return False
        if self.live_answer is not None and not plan.is_safe and exchange.field(LIVE_FIELD) is not None:
            return False
        if kind is str:
            text: str = value
            exchange.respond(200, self._html, text.encode())
        elif kind is bytes:
            exchange.respond(200, self._bytes, value)
        elif self.resolve_value is None and (kind is dict or kind is list or isinstance(value, msgspec.Struct)):
            try:
                body = self._encode(value)
            except (TypeError, NotImplementedError, ValueError, OverflowError):
                return False  # `response_of` says what is wrong
            exchange.respond(200, self._json, body)
        else:
            return False
        return True

    # -- through the whole chain ---------------------------------------------------------------------------------

    async def _answer_fully(self, ctx: Context) -> None:
        try:
            await self._send(ctx, await self._made(ctx))
        finally:
            await self.clean_up(ctx)

    async def _made(self, ctx: Context) -> Response:
        """The finished response; a mistake in middleware becomes one too."""
        try:
            response = await self.through(self.middleware, ctx, self._respond)
        except Exception as error:
            response = await self.answer_error(ctx, error)
        return await self._finished(ctx, response)

    async def _finished(self, ctx: Context, response: Response) -> Response:
        """With what every answer gets; a mistake in finishing becomes an answer too."""
        try:
            await self._finalize(ctx, response)
            if self.live_answer is not None and not ctx.route.is_safe and LIVE_FIELD in ctx.request.headers:
                response = await self.live_answer(ctx.request, response)
        except Exception as error:
            response = await self.answer_error(ctx, error)
            await self._finalize(ctx, response)
        request = ctx.made_request
        return response if request is None or not request.finishing else await self._with_finishing(request, response)

    async def _with_finishing(self, request: Request, response: Response) -> Response:
        """What middleware has left for the end: compression, validators, fields that depend on all others."""
        try:
            for finish in reversed(request.finishing):
                response = await finish(request, response) or response
        except Exception as error:
            response = self.crashed(request, error)
            await self._finalize(request.context, response)
        return response

    async def _send(self, ctx: Context, response: Response) -> None:
        """A stream that fails before its first piece is a 500."""
        exchange = ctx.exchange
        assert exchange is not None
        try:
            await send_response(exchange, response)
        except Disconnected:
            raise
        except Exception as error:
            await send_response(exchange, self.crashed(ctx.request, error))

    def _find(self, exchange: Exchange) -> tuple[Route, Mapping[str, str]]:
        """Raises Misdirected, NotFound, MethodNotAllowed, or a Problem that redirects to the right spelling of a path."""
        try:
            self.hosts.check(exchange.host)
        except Problem:
            if exchange.raw_path not in self.on_any_host:
                raise
        if not self._has_hosts:
            path = exchange.raw_path
            found = self.table.find(path)
            if found is not None and not (found[1] and self.table.is_beside_static(path)):
                methods = found[0]
                route = methods.get(exchange.method)
                if route is not None:
                    return route, found[1]
        return self.finder.find(exchange)

    def _answer_problem(self, exchange: Exchange, problem: Problem) -> Coroutine[Any, Any, None]:
        """Below a mounted router what is not found is answered by its own middleware and error handlers."""
        own = self.finder.fallback(exchange) if problem.status != 421 else None
        if own is not None and problem.status == 404:
            return self._begin(exchange, own[0], own[1])
        route, params = own or (self.fallback, {})
        return self._answer_fully(Context(self, route, params, exchange=exchange, values={"problem": problem}))

    async def _respond(self, ctx: Context) -> Response:
        """The innermost part: what happens in it becomes a response, so that middleware sees 404s and errors too."""
        try:
            problem = ctx.values.pop("problem", None)
            if problem is not None:
                raise problem
            check_cross_site(ctx.request.exchange, ctx.route.sharing)
            await authorize(ctx, ctx.route.rules)
            response = await self.through(ctx.route.middleware, ctx, self._handle)
            if response.status < 400 and ctx.has_commits():
                await _uninterrupted(ctx.commit())
            return response
        except Exception as error:
            return await self.answer_error(ctx, error)

    async def _handle(self, ctx: Context) -> Response:
        route = ctx.route
        if route.presenter is not None:
            route.presenter.prepare(ctx)
            return await route.presenter.present(ctx, await self.call(ctx))
        return await response_of(ctx, await self.call(ctx))

    async def call(self, ctx: Context) -> Any:
        """The handler's own return value, its parameters bound: on the loop, or in a thread for a plain function."""
        route = ctx.route
        arguments = await route.binder.arguments(ctx)
        if route.runs_in_thread:
            return await self.in_thread(partial(route.handler, **arguments))
        value = route.handler(**arguments)
        return await value if asyncio.iscoroutine(value) else value

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        """Run in the bounded pool, with a copy of the context variables."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(context.run, work))

    async def through(
        self,
        chain: tuple[Callable[..., Any], ...],
        ctx: Context,
        inner: Callable[[Context], Awaitable[Response]],
    ) -> Response:
        """Call middleware from the outside in; each gets a `next` that calls the rest."""
        if not chain:
            return await inner(ctx)
        first, rest = chain[0], chain[1:]

        async def following(request: Request) -> Response:
            return await self.through(rest, ctx, inner)

        # In the same values as the handler's: one `db`, one `user` for all that serve a request.
        ctx.values["next"] = following
        arguments = await ctx.route.binder_for(first).arguments(ctx)
        ctx.values.pop("next", None)
        made = first(**arguments)
        return await response_of(ctx, await made if asyncio.iscoroutine(made) else made)

    # -- errors --------------------------------------------------------------------------------------------------

    async def answer_error(self, ctx: Context, error: Exception) -> Response:
        """Own handlers first, innermost router first; then the built-in answer. The context commits nothing any more."""
        ctx.failure = error
        try:
            custom = await self._custom_answer(ctx, error)
            if custom is not None:
                return custom
        except Exception as second:
            second.__context__ = error
            error = second
        if isinstance(error, Unauthorized | Forbidden) and self.denied is not None:
            answer = await self.denied(ctx, error)
            if answer is not None:
                return answer
        if isinstance(error, Problem):
            return problem_response(ctx.request, error)
        return self.crashed(ctx.request, error)

    async def _custom_answer(self, ctx: Context, error: Exception) -> Response | None:
        handler = self._error_handler(ctx.route, error)
        if handler is None:
            return None
        values, ctx.values = ctx.values, {**ctx.values, "error": error}
        try:
            value = ctx.route.binder_for(handler).invoke(ctx)
            value = await value if asyncio.iscoroutine(value) else value
        finally:
            ctx.values = values
        return None if value is None else await response_of(ctx, value)

    def _error_handler(self, route: Route, error: Exception) -> Callable[..., Any] | None:
        status = error.status if isinstance(error, Problem) else 500
        for handlers in route.error_handlers:
            for key in (*type(error).__mro__, status):
                if key in handlers:
                    return handlers[key]
        return None

    def crashed(self, request: Request, error: BaseException) -> Response:
        """A mistake in the program: logged with the request's id, which is all that a stranger is told."""
        log.error(
            "%s %r failed (request %s)",
            request.method,
            request.path,
            request.id,
            exc_info=error,
        )
        if self.crash_page is not None:
            return self.crash_page(request, error)
        detail = f"Something went wrong here. If you report it, give this number: {request.id}"
        return problem_response(request, Problem(500, detail=detail))

    def missing_value(self, ctx: Context, parameter: Parameter) -> None:
        """A provider gave None. Raises Unauthorized for who is signed in, when the parameter does not allow None."""
        if parameter.name in self.identity and not is_optional(parameter.annotation):
            raise Unauthorized(detail="Sign in first.")

    # -- around --------------------------------------------------------------------------------------------------

    async def _finalize(self, ctx: Context, response: Response) -> None:
        """What every answer gets: its location or file, the session's cookie, the security fields."""
        if isinstance(response, Redirect):
            response.headers["location"] = self.location(ctx.request, response)
        elif isinstance(response, FileResponse):
            await response.prepare(ctx.request, self.root)
        elif response.is_conditional:
            meet_conditions(ctx.request, response)
        elif isinstance(response, EventStream):
            response.prepare(ctx)
        if response.status >= 400:
            response.headers[REQUEST_ID] = ctx.request.id
        request = ctx.made_request
        if request is not None and request.has_session:
            self._finalize_session(request, response)
        is_page = (response.media_type or "").startswith("text/html")
        response.headers.fill(OF_PAGES if is_page else OF_EVERY_ANSWER)

    def _finalize_session(self, request: Request, response: Response) -> None:
        session = request.session
        response.headers.setdefault("cache-control", "private, no-cache")
        add_vary(response.headers, "cookie")
        if session.is_changed or request.session_needs_renewal:
            value = self.sessions.dumps(session)
            response.set_cookie(
                COOKIE,
                value,
                max_age_s=14 * 24 * 3600,
                secure=request.scheme == "https",
            )

    async def clean_up(self, ctx: Context) -> None:
        try:
            await ctx.close()
        except Exception as error:
            log.error("clean-up of %r failed", ctx.route, exc_info=error)
        made = ctx.made_request
        for work in made.work_after if made else ():
            try:
                pending = work()
                if pending is not None:
                    await pending
            except Exception as error:
                log.error("work after %r failed", ctx.route, exc_info=error)


def _usual_lines(media_type: str) -> PreparedLines:
    """The field lines of an answer of this type that nothing else has changed: as `_finalize` leaves them."""
    fields = [("content-type", media_type), *(OF_PAGES if media_type == HTML else OF_EVERY_ANSWER)]
    return PreparedLines((name.encode(), value.encode()) for name, value in fields)


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """A commit that has begun ends, even if the client leaves meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
