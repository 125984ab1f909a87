"""An application that runs: everything that App declares, built for one mode and started and stopped in order."""

import asyncio
import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..http.limits import Limits
from ..net import Address, Endpoint, Listener, Networks, ServiceTree
from ..net.endpoint import EVERYWHERE
from ..web.assembly import Assembly
from ..web.assets import Assets
from ..web.context import Context
from ..web.hosts import AllowedHosts
from ..web.provider import basic_providers
from ..web.request_id import RequestIds
from ..web.response import Response
from ..web.route import Route
from ..web.router import Periodic, Router
from ..web.session import SessionSigner
from ..web.site import Site
from .absent import switched_off
from .health import PROBES, Health, health_router
from .home import home_of
from .message_service import in_transaction, listener_of
from .mounting import adapter_of, apps_within, check_shared
from .periodic import PeriodicWork
from .program_modules import program_modules
from .settings import Mode, Settings
from .stock_middleware import stock_middleware
from .strands import app_providers

if TYPE_CHECKING:
    from ..auth import Accounts
    from ..bus import Bus
    from ..live import Hub
    from ..model import Engine
    from ..model.migrations.folder import Folder
    from ..server import AccessLog, AnswerLog, HttpServer
    from ..view import Templates
    from .application import App
    from .metrics_page import MetricsPage

log = logging.getLogger("sennit.app")

PACKAGE = Path(__file__).parent.parent

HAND_OVER = 0.8
"""Of the drain time: how long idle connections stay when others serve on. The rest is for closing them in good order."""


class Runtime:
    """Built by `App.build`. `start` opens what the mode needs, `stop` drains and closes it."""

    def __init__(self, app: "App", settings: Settings, mode: Mode, bus: "Bus | None" = None) -> None:
        self.app = app
        self.settings = settings
        self.mode: Mode = mode
        self.log = logging.getLogger(app.title)
        self.limits = Limits().with_(settings.limits)
        self.engine: Engine | None = self._make_engine()
        self.accounts: Accounts[Any] | None = self._make_accounts()
        self.assets = Assets(app.static_mounts, app.root)
        self.templates: Templates = self._make_templates()
        self.hub: Hub | None = None
        self.bus = bus
        self.services = ServiceTree()
        """What runs in every process."""
        self.single = ServiceTree()
        """What runs in exactly one process of several."""
        self.http: list[HttpServer] = []
        self.trusted = Networks(settings.trusted)
        self._listeners: list[HttpServer | Listener] = []
        for inner in apps_within(app):
            check_shared(inner, app)
        self.access_log: AccessLog | None = None
        self.health = Health(self)
        self.metrics: MetricsPage | None = self._make_metrics()
        self._assembly = Assembly(app, self._providers(), self.limits, self._beside(), adapter_of, app.overrides)
        self._assembly.mistakes.extend(self.assets.mistakes())
        self.site = self._make_site()
        self._join_strands()

    # -- building ------------------------------------------------------------------------------------------------

    def _make_engine(self) -> "Engine | None":
        if self.settings.database is None:
            return None
        needs("sqlalchemy", "db", "a database")
        from ..model import Engine

        return Engine(self.settings.database, root=self.app.root)

    def _make_accounts(self) -> "Accounts[Any] | None":
        if not self.app.accounts_model:
            return None
        if self.engine is None:
            raise SennitError(
                code="app.E006",
                what="accounts are kept in a database, and this application has none",
                where="App(accounts=…)",
                fix='add database="sqlite:///app.db"',
            )
        from ..auth import Accounts, User

        model = User if self.app.accounts_model is True else self.app.accounts_model
        return Accounts(model, title=self.app.title)

    def _make_templates(self) -> "Templates":
        from ..view import Templates

        folders = [self.app.root / self.settings.templates]
        folders.extend(app.root / (app.arguments["templates"] or "templates") for app in apps_within(self.app))
        folders.extend(folder for strand in ("auth", "admin") if (folder := PACKAGE / strand / "templates").is_dir())
        return Templates(
            folders,
            {"url_for": self._url_for, "asset_url": self.assets.url, "app_name": self.app.title},
            reload=self.mode == "run",
        )

    def _make_metrics(self) -> "MetricsPage | None":
        if self.app.metrics is None:
            return None
        from .metrics_page import MetricsPage

        return MetricsPage(self)

    def _url_for(self, target: Any, **params: Any) -> str:
        return self.site.url_for(target, **params)

    def _beside(self) -> list[Router]:
        """The framework's own routers: sign-in, console, live sockets, static folders."""
        from ..live import live_router

        routers = [] if self.accounts is None else [self.accounts.router]
        if self.app.has_admin:
            routers.append(self._admin_router())
        routers.append(live_router(lambda: self.hub))
        if self.settings.health:
            routers.append(health_router(lambda: self.health))
        if self.metrics is not None and self.app.metrics is not None:
            routers.append(self.metrics.router(self.app.metrics))
        routers.extend(self.assets.routers())
        return routers

    def _admin_router(self) -> Router:
        admin = self.app.admin
        if self.accounts is None:
            raise switched_off("accounts", "App(accounts=True, …)")
        admin.bind(accounts=self.accounts, models=self.models(), title=self.app.title, templates=self.templates)
        return admin.router

    def _providers(self) -> dict[str, Any]:
        providers: dict[str, Any] = {**basic_providers(), **app_providers(self)}
        if self.accounts is not None:
            providers.update(self.accounts.providers())
        return providers

    def _make_site(self) -> Site:
        return Site(
            self._assembly,
            middleware=(*stock_middleware(self.settings), *self.app.registrations.middleware),
            hosts=AllowedHosts(self.settings.hosts or ()),
            sessions=SessionSigner(self.settings.secrets),
            root=self.app.root,
            json_default=to_json,
            resolve_value=None if self.engine is None else self._resolve,
            denied=self.accounts.denied if self.accounts is not None else None,
            crash_page=self._crash_page() if self.mode == "run" else None,
            home=home_of(self.settings),
            slashes=self.app.slashes,
            request_ids=RequestIds(self.settings.request_id_from),
            overrides=self.app.overrides,
            on_any_host=PROBES if self.settings.health else frozenset(),
        )

    def _crash_page(self) -> Callable[..., Response]:
        from .crash_page import CrashPage

        return CrashPage(self.app.root)

    async def _resolve(self, ctx: Context, value: Any) -> Any:
        return await resolve_queries(value, ctx)

    def _join_strands(self) -> None:
        from ..live import Hub

        self.hub = Hub(
            templates=self.templates,
            site=self.site,
            engine=self.engine,
            bus=self.bus,
            secret=self.settings.secrets[0],
            is_development=self.mode == "run",
        )

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self, *, listen: bool = True, single: bool = True) -> None:
        """Tables, `on_start` functions, then the services in order. When one fails, what runs is stopped and it is raised.

        single: also what runs in one process of several; `start_single` does it later.
        """
        try:
            if self.engine is not None:
                await self.engine.start()
                self._give_secrets()
                await self._ready_tables(self.engine)
            if self.hub is not None:
                await self.hub.start()
            if listen:
                self.prepare()
            for mounted in self._assembly.mounted:
                await mounted.start()
            for route in self._assembly.starts:
                await in_transaction(self.site, route, {})
            await self.services.start()
            if single:
                await self.start_single()
            self.health.is_started = True
        except BaseException:
            await self.stop(drain_s=0)
            raise

    async def start_single(self) -> None:
        """Take what runs in one process of several upon this one."""
        await self.single.start()

    async def release_single(self) -> None:
        """Let another process take it: accept no more, run no more; connections that are open go on to their end."""
        self.single.drain()
        listeners = {id(listener) for listener in listeners_of(self.single)}
        waiting = [service.drained() for service in self.single.running if id(service) not in listeners]
        await asyncio.gather(*waiting, return_exceptions=True)

    def hand_over(self) -> None:
        """Before `stop`, when other processes serve on."""
        for server in self.http:
            server.hand_over(HAND_OVER * self.settings.drain_s)
        for listener in (*listeners_of(self.services), *listeners_of(self.single)):
            listener.hands_over = True

    async def _ready_tables(self, engine: "Engine") -> None:
        """Made and extended by themselves, until the program has migrations; then only what is to be done is said."""
        from ..model.migrations.connecting import can_migrate
        from ..model.migrations.folder import Folder

        folder = Folder(self.app.root / "migrations")
        assert self.settings.database is not None, "there is an engine"
        if not folder or not can_migrate(self.settings.database):
            for line in await engine.create_tables(self.models()):
                log.info(line)
            return
        engine.use_models(self.models())
        for line in await asyncio.to_thread(self._migration_notices, engine, folder):
            log.warning(line)

    def _migration_notices(self, engine: "Engine", folder: "Folder") -> list[str]:
        from ..model.migrations.connecting import location_of
        from ..model.migrations.notice import behind, differing

        assert self.settings.database is not None, "there is an engine"
        location = location_of(self.settings.database, self.app.root)
        return behind(location, folder) + (differing(folder, engine.tables()) if self.mode == "run" else [])

    def _give_secrets(self) -> None:
        from ..model import use_secrets

        use_secrets(self.models(), self.settings.secrets)

    def models(self) -> list[Any]:
        """The models whose tables this app has: those of its modules, and the accounts'."""
        from ..model import models_of

        found = models_of(program_modules(self._modules(), self.app.root))
        if self.accounts is not None and self.accounts.model not in found:
            found.append(self.accounts.model)
        return found

    def _modules(self) -> list[str]:
        """The app's own module and those that define what its routers hold."""
        return [self.app.module, *(handler.__module__ for handler in handlers_of(self.app))]

    def hurry(self) -> None:
        """While it stops after a `hand_over`: nobody serves on any more, so idle connections end now."""
        for server in self.http:
            server.hurry()

    def prepare(self) -> None:
        """Put the services together, so that it is known where they will listen. `start` does it where nobody has."""
        if self.services.services or self.single.services:
            return
        if self.site.routes:
            for bind in self.settings.bind or [f"tcp:{self.settings.port}"]:
                self._add_http(bind)
        for service in self._assembly.services:
            declared = service.declaration
            if isinstance(declared, Periodic):
                self._add_periodic(declared, service.route)
            else:
                listener = listener_of(self.site, service, self._endpoint(declared.endpoint), self.trusted)
                self._listeners.append(listener)
                self._tree(declared.options.get("workers", "one"), service.route.where).add(listener)
        if self.metrics is not None:
            self.services.add(self.metrics.lag)
        for app in (self.app, *apps_within(self.app)):
            for added, workers in app.added:
                self._tree(workers, "app.add(…)").add(added)

    def _tree(self, workers: str, where: str) -> ServiceTree:
        if workers not in ("one", "all"):
            raise SennitError(
                code="app.E008",
                what=f"workers cannot be {workers!r}",
                where=where,
                fix='use "one" (exactly one process, the default) or "all"; how many there are is set by --workers',
            )
        return self.services if workers == "all" else self.single

    def _add_http(self, bind: str) -> None:
        from ..server import HttpServer

        server = HttpServer(
            self._endpoint(bind),
            self.site,
            limits=self.limits,
            access_log=self._answer_log(),
            trusted=self.trusted,
        )
        self.http.append(server)
        self._listeners.append(server)
        self.services.add(server)

    def _answer_log(self) -> "AnswerLog | None":
        """What the servers tell of their answers: the access log, the metrics, both or nothing."""
        from ..server import AccessLog, Both, LogFile

        layout, file = self.settings.access_log or "off", self.settings.access_log_file
        if self.access_log is None and layout != "off":
            self.access_log = AccessLog(layout, LogFile(self.app.root / file if file else None))
        counts = None if self.metrics is None else self.metrics.requests
        if self.access_log is not None and counts is not None:
            return Both(self.access_log, counts)
        return self.access_log or counts

    def reopen_logs(self) -> None:
        """Log files have been moved away (SIGHUP): go on in new ones of the same names."""
        if self.access_log is not None:
            self.access_log.reopen()

    @property
    def readies(self) -> list[Route]:
        """What `@app.ready` has declared."""
        return self._assembly.readies

    def _endpoint(self, text: str) -> Endpoint:
        """Relative paths start at the app's folder; the password of encrypted keys stands in the environment only."""
        endpoint = Endpoint.parse(text, default_host=self.settings.host or EVERYWHERE)
        return endpoint.rooted(self.app.root, os.environ.get("SENNIT_TLS_PASSWORD"))

    def reload_certificates(self) -> bool:
        """Of all listeners, for connections from now on. False when some cannot be used; the log says which."""
        reloaded = [listener.reload_certificates() for listener in self._listeners]
        return all(reloaded)

    def _add_periodic(self, declared: Periodic, route: Any) -> None:
        work = PeriodicWork(route.name, declared.seconds, lambda: in_transaction(self.site, route, {}))
        self._tree(declared.workers, route.where).add(work)

    async def stop(self, drain_s: float | None = None) -> None:
        """Drain, close, run `on_stop`, let go of the database. Never raises for one of them."""
        self.health.is_draining = True
        if self.hub is not None:
            self.hub.drain()
        drain_s = self.settings.drain_s if drain_s is None else drain_s
        await asyncio.gather(self.single.stop(drain_s), self.services.stop(drain_s))
        for route in self._assembly.stops:
            try:
                await in_transaction(self.site, route, {})
            except Exception:
                log.exception("%s failed while stopping", route.where)
        for mounted in self._assembly.mounted:
            try:
                await mounted.stop()
            except Exception:
                log.exception("%r failed while stopping", mounted)
        if self.hub is not None:
            await self.hub.close()
        if self.engine is not None:
            await self.engine.dispose()
        self.site.close()
        if self.access_log is not None:
            await self.access_log.close()

    @property
    def addresses(self) -> list[str]:
        """Where it listens, for people: `http://127.0.0.1:8000`; before it does, where it is going to."""
        found = [
            _url(server.scheme, address)
            for server in self.http
            for address in server.addresses or [_planned(server.listener.endpoint)]
        ]
        return list(dict.fromkeys(found))


def listeners_of(tree: ServiceTree) -> list[Listener]:
    """The listeners among services: those that are one, and those that have one as `listener`."""
    found = [getattr(service, "listener", service) for service in tree.services]
    return [listener for listener in found if isinstance(listener, Listener)]


def _planned(endpoint: Endpoint) -> Address:
    return Address(endpoint.path, 0) if endpoint.path else Address(endpoint.host, endpoint.port)


def _url(scheme: str, address: Address) -> str:
    return f"{scheme}://{_for_people(address.host)}:{address.port}" if address.port else address.host


def _for_people(host: str) -> str:
    """A host that a browser on this machine can open."""
    if host in (EVERYWHERE, "0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host


def handlers_of(router: Router) -> list[Callable[..., Any]]:
    """Every function declared on a router and below it."""
    held = router.registrations
    below = [handler for child in held.children for handler in handlers_of(child)]
    declared = [entry.handler for entry in (*held.routes, *held.services, *held.periodic)]
    return [*declared, *held.starts, *held.providers.values(), *below]


def to_json(value: Any) -> Any:
    """What msgspec asks about: Models and rows know how they look as JSON."""
    as_json = getattr(value, "__json__", None)
    if as_json is None:
        raise NotImplementedError(f"objects of type {type(value).__name__} have no JSON form")
    return as_json()


async def resolve_queries(value: Any, ctx: Context) -> Any:
    """Queries in a returned value are read: the value itself, those in a dict and those in a list."""
    from ..model import query_in

    query = query_in(value)
    if query is not None:
        return await (await ctx.get("db")).resolve(query)
    if isinstance(value, dict) and any(query_in(item) is not None for item in value.values()):
        return {name: await resolve_queries(item, ctx) for name, item in value.items()}
    if isinstance(value, list) and any(query_in(item) is not None for item in value):
        return [await resolve_queries(item, ctx) for item in value]
    return value


def needs(package: str, extra: str, what: str) -> None:
    """Raises SennitError app.E007 when an optional package is absent, naming the extra to install."""
    if find_spec(package) is None:
        raise SennitError(
            code="app.E007",
            what=f"{what} needs the package {package!r}, which is not installed",
            fix=f"pip install 'sennit[{extra}]'",
        )
