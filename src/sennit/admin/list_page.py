"""The list of a model: searched, filtered, sorted, paged, and kept up to date while somebody looks at it."""

import inspect
from typing import TYPE_CHECKING, Any

from ..live import view
from ..model import Database
from ..web import Router
from .listing import Listing
from .registration import Registration
from .row_key import key_text

if TYPE_CHECKING:
    from .console import Admin


def declare_list(router: Router, admin: "Admin", entry: Registration) -> None:
    """The page at the model's address. It has a parameter for each filter, and no other can be asked for."""

    async def rows(db: Database, **given: str) -> dict[str, Any]:
        listing = Listing(entry, given)
        return {
            "entry": entry,
            "listing": listing,
            "filters": await listing.shown_filters(db),
            "rows": listing.rows(),
            "key_text": key_text,
        }

    names = ["q", "sort", "page", *entry.filters]
    given = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default="", annotation=str) for name in names]
    db = inspect.Parameter("db", inspect.Parameter.KEYWORD_ONLY, annotation=Database)
    rows.__signature__ = inspect.Signature([db, *given])  # type: ignore[attr-defined]
    rows.__annotations__ = {"db": Database, **dict.fromkeys(names, str)}
    router.get("/", name="list")(view("admin/list.html", hz=2)(rows))
