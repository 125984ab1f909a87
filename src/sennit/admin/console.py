"""`Admin`: the console of an application. `app.admin.register(Model, …)`; models that nobody registers appear by themselves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..auth import Account, Accounts, Passwords, staff
from ..auth.sign_in_page import SignInPage
from ..errors import SennitError
from ..model.rows import model_of
from ..view import Templates
from ..web import Request, Response, Router, back
from ..web.static import StaticFolder
from .deleting import declare_deleting
from .forms import declare_forms
from .index_page import declare_index
from .list_page import declare_list
from .registration import Registration
from .row_key import key_text

STATIC = Path(__file__).parent / "static"

SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Admin:
    """A console at a prefix, for staff only, with its own sign-in page. Made by `App(accounts=…, admin="/admin")`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = _checked(prefix)
        self.title = ""
        self.registrations: dict[Any, Registration] = {}
        self.passwords = Passwords()
        self._options: dict[Any, dict[str, Any]] = {}
        self._hidden: set[Any] = set()
        self._router: Router | None = None

    # -- declaring ---------------------------------------------------------------------------------------------------

    def register(
        self,
        model: Any,
        *,
        list: Sequence[str] = (),
        search: Sequence[str] = (),
        filters: Sequence[str] = (),
        inlines: Sequence[Any] = (),
        fields: Sequence[str] = (),
        readonly: Sequence[str] = (),
        access: Callable[..., Any] | None = None,
        title: str = "",
    ) -> None:
        """Say how a model appears; what is left out is chosen from its columns.

        list: columns, relations to one row and other attributes that the list shows; it can be sorted by the columns.
        search: text columns, also of related rows (`author.username`). filters: columns and relations that narrow the list.
        inlines: models that refer to this one, shown and added on its page. fields: what the form has; the default is every
        public column. readonly: fields that are shown and never changed. access: a further rule for this model's pages.
        title: its plural, where English spelling does not give it.

        The names are checked when the application is built: admin.E001 for one that is private, unknown or of the wrong
        kind, admin.E003 for an inline without exactly one reference to the model.
        """
        self._options[model] = {
            "list": list,
            "search": search,
            "filters": filters,
            "inlines": inlines,
            "fields": fields,
            "readonly": readonly,
            "access": access,
            "title": title,
        }

    def hide(self, *models: Any) -> None:
        """Leave models out of the console."""
        self._hidden.update(models)

    # -- put together by the app -------------------------------------------------------------------------------------

    def bind(self, *, accounts: Accounts[Any], models: Iterable[Any], title: str, templates: Templates) -> None:
        """Called by the app when it is built. Raises an ExceptionGroup of SennitErrors with everything that is wrong."""
        self.title = title
        options = {model: _stock_options(model) for model in models} | self._options
        mistakes: list[SennitError] = []
        self.registrations = {}
        for model in (each for each in options if each not in self._hidden):
            try:
                self.registrations[model] = Registration(model, **options[model])
            except SennitError as mistake:
                mistakes.append(mistake)
        mistakes += _same_slugs(self.registrations.values())
        if mistakes:
            raise ExceptionGroup("the console cannot be put together", mistakes)
        self.passwords = accounts.credentials.passwords
        templates.environment.globals["console"] = self
        self._router = self._make_router(accounts.door(self.prefix, title=title))

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

    @property
    def groups(self) -> tuple[tuple[str, list[Registration]], ...]:
        """What the sidebar lists: the program's own models, then the accounts."""
        own = [entry for entry in self.registrations.values() if not issubclass(entry.model, Account)]
        accounts = [entry for entry in self.registrations.values() if issubclass(entry.model, Account)]
        return tuple((name, group) for name, group in (("Content", own), ("Accounts", accounts)) if group)

    @property
    def models(self) -> list[Any]:
        """Every model of the console, for following references."""
        return [*self.registrations]

    # -- addresses ---------------------------------------------------------------------------------------------------

    def address(self, entry: Registration, *parts: str) -> str:
        """Of a model's list, or of a page below it."""
        return "/".join([self.prefix, entry.slug, *parts]) if parts else f"{self.prefix}/{entry.slug}/"

    def row_address(self, row: Any) -> str:
        """Of the page of a row, empty when its model is not in the console."""
        entry = self.registrations.get(model_of(row))
        return self.address(entry, key_text(row)) if entry else ""

    # -- routes ------------------------------------------------------------------------------------------------------

    def _make_router(self, door: SignInPage) -> Router:
        outer = Router(self.prefix, name="admin")
        door.declare(outer, "/login", "login")
        inner = Router(access=staff)
        inner.middleware(_guard)
        declare_index(inner, self)
        for entry in self.registrations.values():
            one = Router(f"/{entry.slug}", name=entry.slug, access=entry.access)
            declare_list(one, self, entry)
            declare_forms(one, self, entry)
            declare_deleting(one, self, entry)
            inner.include(one)
        outer.include(inner, _static_router())
        return outer


async def _guard(request: Request, next: Callable[[Request], Any]) -> Response:
    """No page of the console runs what somebody stored, is framed, or stays in a cache."""
    response: Response = await next(request)
    response.headers["content-security-policy"] = SECURITY_POLICY
    response.headers["cache-control"] = "no-store"
    response.headers["referrer-policy"] = "same-origin"
    return response


def _static_router() -> Router:
    """Style sheets and the choice between light and dark: for everybody, they tell nothing."""
    router = Router("/-")
    files = StaticFolder(STATIC)

    @router.get("/{file:path}", name="static", inline=True)
    def static(file: str) -> Response:
        response = files.respond(file)
        response.headers["cache-control"] = "public, max-age=3600"
        return response

    @router.post("/theme", name="theme")
    async def theme(request: Request) -> Response:
        response = back()
        following = _THEMES.get(request.cookies.get(THEME, ""), "light")
        response.set_cookie(THEME, following, max_age_s=365 * 24 * 3600, secure=request.scheme == "https")
        return response

    return router


THEME = "sennit_theme"
_THEMES = {"light": "dark", "dark": "auto"}
"""The theme that follows each; after none, light."""


def _stock_options(model: Any) -> dict[str, Any]:
    if not issubclass(model, Account):
        return {}
    return {
        "list": ["username", "email", "is_staff", "is_active", "last_seen_at"],
        "search": ["username", "email"],
        "filters": ["is_staff", "is_active"],
        "readonly": ["created_at", "last_seen_at"],
    }


def _checked(prefix: str) -> str:
    stripped = prefix.rstrip("/")
    if not stripped.startswith("/"):
        raise SennitError(
            code="admin.E005",
            what=f"{prefix!r} is no path for a console",
            where="App(admin=…)",
            fix='give a path of its own below the root, such as "/admin"',
        )
    return stripped


def _same_slugs(entries: Iterable[Registration]) -> Iterator[SennitError]:
    seen: dict[str, Registration] = {}
    for entry in entries:
        other = seen.setdefault(entry.slug, entry)
        if other is not entry:
            yield SennitError(
                code="admin.E004",
                what=f"two models would have the address {entry.slug!r}",
                where=f"{other.model.__module__}.{other.model.__name__} and {entry.model.__module__}.{entry.model.__name__}",
                fix="name one of them differently, or leave it out: app.admin.hide(Model)",
            )
