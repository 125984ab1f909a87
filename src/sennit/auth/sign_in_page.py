"""The sign-in page and its answers, for browsers and for programs alike."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from ..errors import TooManyRequests, Unauthorized
from ..model import Database
from ..view import Templates
from ..web import Form, Request, Response, Router, Session, redirect
from ..web.problem_answer import wants
from .account import Account
from .credentials import Credentials
from .rules import SignedIn, public
from .same_site import same_site_path
from .signing_in import sign_in, sign_out

WRONG = "The name or the password is not right."

SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SignInPage:
    """One door: a page at `path`, which leads to `home` when nothing else was asked for.

    title: whose door it is. staff_only: whether others who have signed in are told that they may not pass.
    """

    template = "auth/sign_in.html"

    def __init__(self, credentials: Credentials, *, path: str, home: str, title: str, staff_only: bool = False) -> None:
        self.credentials = credentials
        self.path = path
        self.home = home
        self.title = title
        self.staff_only = staff_only

    def declare(self, router: Router, path: str, name: str) -> None:
        """Add the page and its form to a router that answers at this page's path."""
        router.get(path, name=name, access=public)(self.show)
        router.post(path, name=f"{name}.enter", access=public)(self.enter)

    async def show(self, request: Request, templates: Templates, user: SignedIn | None, next: str = "") -> Any:
        """The page, or as JSON who has signed in."""
        if wants(request) != "html":
            return {"user": None if user is None else shown(user)}
        return self.page(templates, {"next": same_site_path(next, self.home), "user": user})

    async def enter(
        self,
        request: Request,
        session: Session,
        db: Database,
        templates: Templates,
        username: Form[str] = "",
        password: Form[str] = "",
        next: Form[str] = "",
    ) -> Any:
        """Sign in. 401 for a wrong name or password alike, 429 with Retry-After when too often."""
        verdict = await self.credentials.check(
            db, session, username=username, password=password, address=request.client.host
        )
        if verdict.user is None:
            return self._refused(request, templates, verdict.wait_s, username, same_site_path(next, self.home))
        sign_in(session, verdict.user)
        if wants(request) != "html":
            return {"user": shown(verdict.user)}
        return redirect(same_site_path(next, self.home))

    def _refused(self, request: Request, templates: Templates, wait_s: float, username: str, next: str) -> Response:
        problem = TooManyRequests(detail=_slow(wait_s)) if wait_s else Unauthorized(detail=WRONG)
        headers = {"retry-after": str(ceil(wait_s))} if wait_s else {}
        if wants(request) != "html":
            problem.headers.update(headers)
            raise problem
        values = {"next": next, "user": None, "error": problem.detail, "username": username[:150]}
        return self.page(templates, values, problem.status, headers)

    def page(
        self,
        templates: Templates,
        values: Mapping[str, Any],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The page as a response; values: next and user, error and username where there are any."""
        known = {"error": "", "username": "", "title": self.title, "path": self.path, "staff_only": self.staff_only}
        response = Response(templates.render(self.template, {**known, **values}), status, headers)
        response.headers["content-security-policy"] = SECURITY_POLICY
        response.headers["cache-control"] = "no-store"
        return response


async def leave(request: Request, session: Session, next: Form[str] = "") -> Any:
    """Sign out; a browser is led on, a program gets 204."""
    sign_out(session)
    return redirect(same_site_path(next, "/")) if wants(request) == "html" else Response(status=204)


def shown(user: Account | SignedIn) -> dict[str, Any]:
    """What a program that signs in is told."""
    return {name: getattr(user, name) for name in ("id", "username", "is_staff")}


def _slow(wait_s: float) -> str:
    seconds = ceil(wait_s)
    wait = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
    return f"Too many tries. Please wait {wait} and try again."
