"""`@app.messages` and `@app.connection`: protocol handlers with the app's providers, one transaction a message."""

import inspect
import logging
from collections.abc import Callable
from typing import Any

from .. import net
from ..errors import SennitError, did_you_mean
from ..web.assembly import Service
from ..web.context import Context
from ..web.route import Route
from ..web.router import ConnectionService, MessageService
from ..web.site import Site

log = logging.getLogger("sennit.app")

OnError = str | Callable[[Exception], Any]


def listener_of(site: Site, service: Service, endpoint: net.Endpoint, trusted: net.Networks) -> net.Listener:
    """The listener of a declared protocol handler. Raises SennitError for options that it does not take."""
    declared = service.declaration
    if isinstance(declared, MessageService):
        runs: Callable[[Any], Any] = Messages(
            site, service.route, **_options(declared, ("codec", "limits", "on_error", "workers"))
        )
    elif isinstance(declared, ConnectionService):
        runs = Connections(site, service.route, **_options(declared, ("codec", "limits", "cancel", "workers")))
    else:
        raise TypeError(declared)
    return net.Listener(
        endpoint,
        net.per_connection(runs, cancel=bool(declared.options.get("cancel"))),
        codec=declared.options.get("codec"),
        limits=declared.options.get("limits"),
        name=f"{declared.endpoint} ({service.route.name})",
        trusted=trusted,
    )


def _options(declared: MessageService | ConnectionService, known: tuple[str, ...]) -> dict[str, Any]:
    for name in declared.options:
        if name not in known:
            raise SennitError(
                code="app.E004",
                what=f"the option {name!r} is not there (yet) for {declared.endpoint!r}.{did_you_mean(name, known)}",
                where=f"@app.{'messages' if isinstance(declared, MessageService) else 'connection'}({declared.endpoint!r}, …)",
                fix=f"options are {', '.join(known)}",
            )
    return {name: value for name, value in declared.options.items() if name == "on_error"}


class Messages:
    """Each message of a connection in order: bind, call, commit, and only then answer."""

    def __init__(self, site: Site, route: Route, on_error: OnError = "drop") -> None:
        if isinstance(on_error, str) and on_error not in ("drop", "close"):
            raise SennitError(
                code="app.E005",
                what=f"on_error cannot be {on_error!r}",
                where=route.where,
                fix='use "drop", "close", or a function of the error that returns the answer',
            )
        self._site = site
        self._route = route
        self._on_error = on_error

    async def __call__(self, conn: "net.Conn[Any, Any]") -> None:
        try:
            async for message in conn:
                await self._one(conn, message)
        except net.ProtocolError as error:
            await self._answer_error(conn, error)
            raise

    async def _one(self, conn: "net.Conn[Any, Any]", message: Any) -> None:
        try:
            answer = await in_transaction(self._site, self._route, {"message": message, "peer": conn.peer})
        except Exception as error:
            log.error("a message from %s failed in %s", conn.peer, self._route.where, exc_info=error)
            await self._answer_error(conn, error)
            if self._on_error == "close":
                raise
            return
        if answer is not None:
            await conn.send(answer)

    async def _answer_error(self, conn: "net.Conn[Any, Any]", error: Exception) -> None:
        if isinstance(self._on_error, str):
            return
        answer = self._on_error(error)
        answer = await answer if inspect.isawaitable(answer) else answer
        if answer is not None and not conn.connection.is_closing:
            await conn.send(answer)


class Connections:
    """One call of the handler for each connection."""

    def __init__(self, site: Site, route: Route) -> None:
        self._site = site
        self._route = route

    async def __call__(self, conn: "net.Conn[Any, Any]") -> None:
        await in_transaction(self._site, self._route, {"conn": conn})


async def in_transaction(site: Site, route: Route, values: dict[str, Any]) -> Any:
    """Call a function that no request reaches, with its providers; commit when it returns, clean up whatever happens."""
    ctx = Context(site, route, {}, values=values)
    try:
        result = await site.call(ctx)
        await ctx.commit()
        return result
    finally:
        await ctx.close()
