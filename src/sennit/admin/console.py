"""`Admin`: the console of an application. `app.admin.register(Model, …)`; models that nobody registers appear by themselves."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..auth import Accounts, staff
from ..errors import SennitError
from ..view import Templates
from ..web import Response, Router
from ..web.static import StaticFolder
from .editing import Editing
from .index import index_view
from .listing import listing_view
from .registration import Registration

STATIC = Path(__file__).parent / "static"


class Admin:
    """A console at a prefix, for staff only, with its own sign-in page."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.rstrip("/")
        self.title = ""
        self.registrations: dict[Any, Registration] = {}
        self._router: Router | None = None

    def register(
        self,
        model: Any,
        *,
        list: Sequence[str] = (),
        search: Sequence[str] = (),
        filters: Sequence[str] = (),
        inlines: Sequence[Any] = (),
    ) -> None:
        """Say how a model appears.

        list: columns and relations of the list. search: text columns that the search looks in. filters: columns whose choices
        narrow the list. inlines: models that refer to this one, shown below its form. Raises SennitError admin.E001 for a
        name that the model does not have.
        """
        self.registrations[model] = Registration(model, list=list, search=search, filters=filters, inlines=inlines)

    def bind(self, *, accounts: Accounts[Any], models: Iterable[Any], title: str, templates: Templates) -> None:
        """Called by the app when it is built."""
        self.title = title
        for model in models:
            if model not in self.registrations:
                self.registrations[model] = Registration(model)
        accounts.door(self.prefix, title=f"{title} desk")
        templates.environment.globals["admin_cell"] = self.cell
        self._router = self._make_router()

    @property
    def router(self) -> Router:
        if self._router is None:
            raise SennitError(
                code="admin.E002",
                what="the console belongs to no running application yet",
                where="Admin.router",
                fix='let the app make it: App(accounts=True, admin="/admin")',
            )
        return self._router

    def by_path(self) -> dict[str, Registration]:
        return {registration.path: registration for registration in self.registrations.values()}

    def cell(self, row: Any, name: str) -> str:
        """A value as the list shows it. Its text is escaped by the template."""
        value = getattr(row, name)
        if value is None:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if hasattr(value, "strftime"):
            return str(value.strftime("%Y-%m-%d %H:%M"))
        if hasattr(value, "value") and hasattr(value, "name"):
            return str(value.value)
        text = str(self.registrations[type(value)].label_of(value)) if type(value) in self.registrations else str(value)
        return text if len(text) <= 90 else text[:89] + "…"

    def _make_router(self) -> Router:
        router = Router(self.prefix, name="admin", access=staff)
        index_view(router, self)
        for registration in self.registrations.values():
            listing_view(router, self, registration)
            Editing(self, registration).declare(router)
        self._declare_static(router)
        return router

    def _declare_static(self, router: Router) -> None:
        """Style sheets are for everybody who sees the console's pages; they tell nothing."""
        files = StaticFolder(STATIC)

        @router.get("/-/{file:path}", name="static", inline=True)
        def static(file: str) -> Response:
            response = files.respond(file)
            response.headers["cache-control"] = "private, max-age=3600"
            return response
