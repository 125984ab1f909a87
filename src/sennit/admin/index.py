"""The console's first page: every model with how many rows it has, kept current."""

from typing import TYPE_CHECKING, Any

from ..live import view
from ..web import Router

if TYPE_CHECKING:
    from .console import Admin


def index_view(router: Router, admin: "Admin") -> None:
    @router.get("/", name="index")
    @view("admin/index.html", hz=2)
    def index() -> dict[str, Any]:
        registrations = list(admin.registrations.values())

        return {"admin": admin, "entries": registrations}
