"""Deleting a row, after its page has said what goes with it."""

from typing import TYPE_CHECKING, Any

from ..auth import Account
from ..errors import Conflict
from ..model import Database
from ..view import Templates
from ..web import Request, Response, Router, redirect
from .consequences import consequences_of
from .registration import Registration
from .row_key import key_value
from .wording import label_of

if TYPE_CHECKING:
    from .console import Admin

OWN = "This is the account that you are signed in with."


class Deleting:
    """The two answers of one model."""

    def __init__(self, admin: "Admin", entry: Registration) -> None:
        self.admin = admin
        self.entry = entry

    async def ask(self, request: Request, db: Database, templates: Templates, user: Account, key: str) -> Response:
        row = await db.get(self.entry.model, key_value(self.entry.model, key))
        return await self._page(request, db, templates, user, row, key)

    async def delete(self, request: Request, db: Database, templates: Templates, user: Account, key: str) -> Any:
        """409 when rows that refer to it forbid it, or when it is one's own account."""
        row = await db.get(self.entry.model, key_value(self.entry.model, key))
        if _is_own(row, user):
            return await self._page(request, db, templates, user, row, key, 409)
        label = label_of(row)
        found = await consequences_of(db, row, self.admin.models)
        try:
            async with db.transaction():
                await db.delete(row)
        except Conflict as conflict:
            values = {
                "label": label,
                "found": found,
                "refused": conflict.detail,
                "key": key,
                "user": user,
                "request": request,
            }
            return self._render(templates, values, 409)
        return redirect(self.admin.address(self.entry))

    async def _page(
        self, request: Request, db: Database, templates: Templates, user: Account, row: Any, key: str, status: int = 200
    ) -> Response:
        found = await consequences_of(db, row, self.admin.models)
        refused = OWN if _is_own(row, user) else ""
        values = {
            "label": label_of(row),
            "found": found,
            "refused": refused,
            "key": key,
            "user": user,
            "request": request,
        }
        return self._render(templates, values, status)

    def _render(self, templates: Templates, values: dict[str, Any], status: int) -> Response:
        return Response(templates.render("admin/delete.html", {"entry": self.entry, **values}), status)


def declare_deleting(router: Router, admin: "Admin", entry: Registration) -> None:
    """The page that asks and the form that does."""
    deleting = Deleting(admin, entry)
    router.get("/{key}/delete", name="delete")(deleting.ask)
    router.post("/{key}/delete", name="delete.do")(deleting.delete)


def _is_own(row: Any, user: Account) -> bool:
    return isinstance(row, Account) and row.id == user.id and isinstance(user, type(row))
