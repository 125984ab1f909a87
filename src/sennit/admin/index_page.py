"""The first page: every model with its number of rows, kept up to date."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ..live import view
from ..model import Database
from ..web import Router

if TYPE_CHECKING:
    from .console import Admin
    from .registration import Registration


class Tile(NamedTuple):
    entry: "Registration"
    rows: int


def declare_index(router: Router, admin: "Admin") -> None:
    """The page at the console's prefix."""

    @router.get("/", name="index")
    @view("admin/index.html", hz=2)
    async def index(db: Database) -> dict[str, Any]:
        tiles = [
            Tile(entry, await db.scalar(entry.model.all().count())) for _, group in admin.groups for entry in group
        ]
        return {"tiles": tiles, "page": "index"}
