"""App: declares an application in one object. What it declares is built by `Runtime` when it is run, served or tested."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..http.limits import Limits
from ..web.assets import Assets, StaticMount
from ..web.finding import Slashes
from ..web.router import Router, Workers
from ..web.rule import Rule
from .absent import not_built, switched_off
from .settings import Mode, Settings, load_settings

if TYPE_CHECKING:
    from ..admin import Admin
    from ..bus import Bus
    from ..model import Engine
    from .runtime import Runtime


class App(Router):
    """An application: routes, protocol handlers, models, accounts and the admin console under one roof.

    name: shown on pages; the default is the file's name. database: a URL such as `sqlite:///todo.db` (relative to `root`).
    accounts: True for the stock `sennit.auth.User`, or an Account model of your own. admin: the console's path, such as
    "/admin". slashes: whether `/shop` leads to `/shop/` when only that is there ("redirect") or is not found ("strict").
    secret: signs sessions; of a list the first signs, all are accepted. hosts: host names that are answered.
    trusted: networks of proxies that are believed about who asks, such as "10.0.0.0/8" or "unix".
    static: folders by path, `{"/static": "static/"}`. limits: see `docs/reference/limits.md`. root: the folder that relative
    paths start at; the default is that of the file which calls `App(...)`.

    What stands around the handlers (docs/howto/around-the-handler.md): middleware, the first outermost. access_log: "common",
    "json" or "off". request_id: sent with every answer. compress, etag: stock middleware. csp: a content security policy, True
    for a good one. hsts_s: seconds of https only. cors: origins whose scripts may call. health: `/-/live` and `/-/ready`, on by
    default. metrics: who may read `/-/metrics`; without a rule there are none.
    """

    def __init__(
        self,
        name: str = "",
        *,
        database: str | None = None,
        accounts: bool | type[Any] = False,
        admin: str | None = None,
        secret: str | list[str] | None = None,
        hosts: list[str] | None = None,
        trusted: list[str] | None = None,
        static: Mapping[str, str] | None = None,
        limits: Mapping[str, int | float | str] | None = None,
        templates: str | None = None,
        access: Rule | None = None,
        slashes: Slashes = "redirect",
        root: str | Path | None = None,
        middleware: Sequence[Callable[..., Any]] = (),
        access_log: str | None = None,
        request_id: bool | None = None,
        compress: bool | None = None,
        etag: bool | None = None,
        csp: bool | str | None = None,
        hsts_s: int | None = None,
        cors: list[str] | None = None,
        health: bool | None = None,
        metrics: Rule | None = None,
    ) -> None:
        super().__init__(access=access, middleware=middleware)
        Limits().with_(limits or {})
        frame = sys._getframe(1).f_globals
        caller = frame.get("__file__")
        self.module = str(frame.get("__name__", "__main__"))
        self.root = Path(root) if root is not None else Path(caller).resolve().parent if caller else Path.cwd()
        self.title = name or (Path(caller).stem if caller else "app")
        self.accounts_model = accounts
        self.static_mounts = [StaticMount(path, folder) for path, folder in (static or {}).items()]
        self.slashes: Slashes = slashes
        self.arguments: dict[str, Any] = {
            "database": database,
            "admin": admin,
            "secret": secret,
            "hosts": hosts,
            "trusted": trusted,
            "templates": templates,
            "limits": dict(limits) if limits else None,
            "access_log": access_log,
            "request_id": request_id,
            "compress": compress,
            "etag": etag,
            "csp": csp,
            "hsts_s": hsts_s,
            "cors": cors,
            "health": health,
        }
        self.metrics = metrics
        self.added: list[tuple[Any, Workers]] = []
        self.endpoints: list[str] = []
        self.overrides: dict[str | Callable[..., Any], Callable[..., Any]] = {}
        self._console: Admin | None = None
        self._runtime: Runtime | None = None

    # -- declaring -----------------------------------------------------------------------------------------------

    def add(self, service: Any, *, workers: Workers = "one") -> None:
        """A service of your own (`start`, `drain`, `drained`, `close`): it starts after the listeners and stops before them.

        workers: "one" runs it in exactly one process of `sennit serve`, "all" in every one.
        """
        self.added.append((service, workers))

    def static(self, path: str, folder: str | Path, *, index: str = "", access: Rule | None = None) -> None:
        """Answer GET and HEAD below `path` with the files below `folder`; never with hidden ones or a list of them.

        index: the file that answers for a folder, such as "index.html". access: a rule; the app's own does not hold here.
        """
        self.static_mounts.append(StaticMount(path, folder, index, access))

    def listen(self, endpoint: str) -> None:
        """An address of the HTTP side, used when `sennit serve` gets no `--bind`."""
        self.endpoints.append(endpoint)

    def override(self, provider: str | Callable[..., Any], function: Callable[..., Any]) -> None:
        """In tests, before the app starts: ask `function` wherever a parameter asks for `provider`.

        provider: a name, or the function under `@app.provide` or in `Provide(...)`. `function` may have parameters of its own, be
        async, or be a generator that cleans up. The app does not start when nothing provides the name (web.E005).
        """
        self.overrides[provider] = function

    @property
    def admin(self) -> "Admin":
        """The console. Raises SennitError app.E001 when the app has none."""
        if self._console is None:
            if self.arguments["admin"] is None or not self.accounts_model:
                raise switched_off("admin", 'App(accounts=True, admin="/admin")')
            from ..admin import Admin

            self._console = Admin(self.arguments["admin"])
        return self._console

    @property
    def has_admin(self) -> bool:
        return self.arguments["admin"] is not None

    def as_mounted(self) -> list[Router]:
        """With its static folders and limits, for another App to take in."""
        self.limit_overrides = dict(self.arguments["limits"] or {})
        return [self, *Assets(self.static_mounts, self.root).routers()]

    # -- running -------------------------------------------------------------------------------------------------

    def settings(self, mode: Mode, environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Settings:
        """Raises SennitError, or an ExceptionGroup of several, for settings that are wrong or missing."""
        arguments = {**self.arguments, "name": self.title}
        if self.endpoints:
            arguments["bind"] = self.endpoints
        return load_settings(arguments, self.root, mode, environ, overrides or {})

    def build(self, settings: Settings, mode: Mode, bus: "Bus | None" = None) -> "Runtime":
        """Put everything together. bus: to other processes that run the same. Raises an ExceptionGroup with all mistakes."""
        from .runtime import Runtime

        self._runtime = Runtime(self, settings, mode, bus)
        return self._runtime

    @property
    def runtime(self) -> "Runtime":
        if self._runtime is None:
            raise SennitError(
                code="app.E002",
                what="the application does not run yet",
                fix="use this inside handlers, on_start functions and tests",
            )
        return self._runtime

    def run(self, host: str | None = None, port: int | None = None) -> None:
        """What `sennit run` does, from a script: serve on loopback with error pages, until interrupted."""
        from .serving import serve

        serve(self, "run", {"host": host, "port": port})

    # -- strands -------------------------------------------------------------------------------------------------

    @property
    def database(self) -> "Engine":
        """`async with app.database() as db` outside requests. Raises SennitError app.E001 when the app has none."""
        engine = self.runtime.engine
        if engine is None:
            raise switched_off("database", 'App(database="sqlite:///app.db")')
        return engine

    def url_for(self, target: str | Callable[..., Any], *, absolute: bool = False, **params: Any) -> str:
        """The path of a route by name or function; parameters beyond the path become the query string.

        A whole URL when `absolute`, on the first of `hosts`, and for a route of a single host.
        """
        return self.runtime.site.url_for(target, absolute=absolute, **params)

    def asset_url(self, name: str) -> str:
        """The address of a static file, with a digest of its content: it may be kept for ever. In templates too.

        Raises SennitError web.E040 for a file that is in no static folder.
        """
        return self.runtime.assets.url(name)

    # -- not built yet: absent, and saying so ---------------------------------------------------------------------

    @property
    def storage(self) -> Any:
        raise not_built("storage")

    @property
    def mail(self) -> Any:
        raise not_built("mail")

    @property
    def cache(self) -> Any:
        raise not_built("cache")

    @property
    def tasks(self) -> Any:
        raise not_built("tasks")

    @property
    def wsgi(self) -> Any:
        raise not_built("wsgi")
