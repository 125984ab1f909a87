"""Applications below a path of this one: what a mounted App brings along, and adapters for those of other frameworks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import SennitError
from ..web.mount import Mounted
from ..web.router import Router

if TYPE_CHECKING:
    from .application import App

SHARED = {"database": "the database", "admin": "the console"}


def adapter_of(application: Any, where: str) -> Mounted:
    """Raises SennitError route.E018 for what is neither an ASGI nor a WSGI application."""
    from ..compat import mounted

    return mounted(application, where)


def apps_within(router: Router) -> Iterator["App"]:
    """Every App mounted in a router or below it, outermost first."""
    from .application import App

    for child in router.registrations.children:
        if isinstance(child, App):
            yield child
        yield from apps_within(child)


def check_shared(inner: "App", outer: "App") -> None:
    """A mounted App uses what the outer one has. Raises SennitError route.E022 when it wants its own."""
    own = [what for name, what in SHARED.items() if inner.arguments[name] not in (None, outer.arguments[name])]
    if inner.accounts_model not in (False, outer.accounts_model):
        own.append("accounts")
    if own:
        raise SennitError(
            code="route.E022",
            what=f"the mounted app {inner.title!r} has {' and '.join(own)} of its own, but shares those of {outer.title!r}",
            where=f"App({inner.title!r}) in {inner.module}",
            fix=f"give both the same, or take it away from the inner one; to keep them apart, serve {inner.title!r} by itself",
        )
