"""The list of a model: searched, narrowed, sorted and paged by the query string; its rows are a live region."""

import inspect
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..live import view
from ..web import Router
from .registration import PAGE_SIZE, Registration

if TYPE_CHECKING:
    from .console import Admin

MOST_PAGES = 10_000


def listing_view(router: Router, admin: "Admin", entry: Registration) -> None:
    """Declares `GET <prefix>/<model>/`. The filters are parameters by their own names, so they enter the page's key."""
    names = [field.name for field in entry.filter_fields()]

    def listing(**inputs: Any) -> dict[str, Any]:
        chosen = {name: str(inputs[name]) for name in names}
        return _values(admin, entry, str(inputs["q"]), str(inputs["sort"]), int(inputs["page"]), chosen)

    parameters = [_parameter("q", str, ""), _parameter("sort", str, ""), _parameter("page", int, 1)]
    parameters += [_parameter(name, str, "") for name in names]
    listing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    listing.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    listing.__name__ = f"{entry.path}_list"
    router.get(f"/{entry.path}/", name=f"{entry.path}.list")(view("admin/list.html", hz=2)(listing))


def _parameter(name: str, kind: type, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _values(
    admin: "Admin", entry: Registration, q: str, sort: str, page: int, chosen: dict[str, str]
) -> dict[str, Any]:
    number = min(max(page, 1), MOST_PAGES)
    query = entry.query(q, sort, chosen)
    kept = {"q": q, "sort": sort, **chosen}
    return {
        "admin": admin,
        "entry": entry,
        "rows": query.page(number, PAGE_SIZE),
        "base": f"{admin.prefix}/{entry.path}/",
        "q": q,
        "sort": sort,
        "chosen": chosen,
        "query": lambda **changed: "?" + urlencode({k: v for k, v in {**kept, **changed}.items() if v}),
    }
