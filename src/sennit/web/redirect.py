"""Redirects that stay on this site (threat R32): another host only through `redirect.external`."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ..errors import SennitError
from .response import Response

Target = str | Callable[..., Any]


class Redirect(Response):
    """Its target becomes a `Location` when the site sends it, for only the site knows its routes."""

    def __init__(
        self,
        target: Target,
        status: int,
        params: dict[str, Any],
        *,
        is_external: bool = False,
    ) -> None:
        super().__init__(None, status)
        self.target = target
        self.params = params
        self.is_external = is_external


class _RedirectTo:
    def __call__(self, target: Target, status: int = 303, **params: Any) -> Redirect:
        """To a route function, a controller's method, a route's name, or a path on this site; `params` fill it in."""
        return Redirect(target, status, params)

    def external(self, url: str, status: int = 303) -> Redirect:
        """To another site. Raises SennitError route.E006 unless it is an http or https URL with a host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SennitError(
                code="route.E006",
                what=f"{url[:200]!r} is not a URL of another site",
                fix="give the whole URL, such as 'https://example.org/'",
            )
        return Redirect(url, status, {}, is_external=True)


redirect = _RedirectTo()


def back(status: int = 303) -> Redirect:
    """To the page of this site that the client came from, else to `/`."""
    return Redirect(BACK, status, {})


BACK = "\0back"


def is_local_path(path: str) -> bool:
    """A path on this site: one leading slash, no backslash, no control character, so that no browser reads a host in it."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
