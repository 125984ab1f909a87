"""`Accounts`: what an application with accounts has; `App(accounts=…)` makes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from ..errors import Problem, SennitError, Unauthorized
from ..model import Database
from ..web import Context, Response, Router, Session, redirect
from ..web.cross_site import check_cross_site
from ..web.problem_answer import problem_response, wants
from ..web.static import StaticFolder
from .account import Account
from .creation import create_user
from .credentials import Credentials
from .passwords import Passwords
from .rules import public
from .same_site import same_site_path
from .sign_in_page import SignInPage, leave
from .signing_in import user_of
from .throttle import Throttle

A = TypeVar("A", bound=Account)

SIGN_IN_PATH = "/login"
SIGN_OUT_PATH = "/logout"
STATIC_PATH = "/-/sennit/auth"


class Accounts(Generic[A]):
    """Gives handlers their `user`, answers at /login and /logout, and says what happens to those who may not pass.

    model: the class of the users. title: whose sign-in page it is. passwords, throttle: for tests and other parameters.
    """

    def __init__(
        self, model: type[A], *, title: str = "", passwords: Passwords | None = None, throttle: Throttle | None = None
    ) -> None:
        if not (isinstance(model, type) and issubclass(model, Account)):
            raise SennitError(
                code="auth.E005",
                what=f"{getattr(model, '__name__', model)!r} is not a model of users",
                where="App(accounts=…)",
                fix="App(accounts=True), or a model of your own: class Member(sennit.auth.Account): …",
            )
        self.model = model
        self.credentials = Credentials(model, passwords=passwords, throttle=throttle)
        self.front = SignInPage(self.credentials, path=SIGN_IN_PATH, home="/", title=title)
        self.doors: dict[str, SignInPage] = {}
        self.router = self._make_router()

    def _make_router(self) -> Router:
        router = Router(name="auth")
        self.front.declare(router, SIGN_IN_PATH, "login")
        router.post(SIGN_OUT_PATH, name="logout", access=public)(leave)
        files = StaticFolder(Path(__file__).parent / "static")

        @router.get(f"{STATIC_PATH}/{{file}}", name="static", access=public, inline=True)
        def static(file: str) -> Response:
            response = files.respond(file)
            response.headers["cache-control"] = "public, max-age=3600"
            return response

        return router

    def door(self, prefix: str, *, title: str) -> SignInPage:
        """Another sign-in page, for staff, at `<prefix>/login`: what is refused below the prefix leads there."""
        page = SignInPage(self.credentials, path=f"{prefix}/login", home=f"{prefix}/", title=title, staff_only=True)
        self.doors[prefix] = page
        return page

    def providers(self) -> dict[str, Callable[..., Any]]:
        """`user`: who the session belongs to, None for nobody; a parameter that does not allow None answers 401."""
        model = self.model

        async def user(session: Session, db: Database) -> Any:
            return await user_of(session, db, model)

        return {"user": user}

    async def create_user(self, db: Database, *, username: str, password: str | None, **values: Any) -> A:
        """A new account of this application's own model; see `create_user`."""
        passwords = self.credentials.passwords
        return await create_user(
            db, username=username, password=password, model=self.model, passwords=passwords, **values
        )

    async def denied(self, ctx: Context, problem: Problem) -> Response | None:
        """How a refusal is answered: a browser without a user is led to the sign-in page and back, a program gets 401.

        None leaves the problem as it is: somebody has signed in and may not, or the request came from another site.
        """
        if is_cross_site(ctx):
            return None
        door, user = self._door_of(ctx), await ctx.get("user")
        is_browser = wants(ctx.request) == "html"
        if user is None:
            return (
                _to(door, ctx) if is_browser else problem_response(ctx.request, Unauthorized(detail="Sign in first."))
            )
        if is_browser and door.staff_only and not user.is_staff:
            values = {"next": _wanted(ctx, door), "user": user}
            return door.page(await ctx.get("templates"), values, problem.status)
        return None

    def _door_of(self, ctx: Context) -> SignInPage:
        path = ctx.route.pattern.text + "/"
        return next((door for prefix, door in self.doors.items() if path.startswith(f"{prefix}/")), self.front)


def is_cross_site(ctx: Context) -> bool:
    """Whether the request was refused for where it came from: signing in would not mend that."""
    try:
        check_cross_site(ctx.request.exchange)
    except Problem:
        return True
    return False


def _to(door: SignInPage, ctx: Context) -> Response:
    wanted = _wanted(ctx, door)
    return redirect(door.path if wanted == door.home else f"{door.path}?next={_quoted(wanted)}")


def _wanted(ctx: Context, door: SignInPage) -> str:
    """The page to come back to: the one asked for; after a form, which cannot be asked for again, where the door leads."""
    exchange = ctx.request.exchange
    if exchange.method not in ("GET", "HEAD"):
        return door.home
    query = f"?{exchange.query_string}" if exchange.query_string else ""
    return same_site_path(exchange.raw_path + query, door.home)


def _quoted(path: str) -> str:
    return quote(path, safe="/")
