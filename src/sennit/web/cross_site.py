"""Cross-site requests (threat R30): every unsafe method is checked, with or without credentials.

`Sec-Fetch-Site` must say `same-origin` or `none`; without it `Origin` must be this site's; a request with neither (scripts,
old clients) passes only if it carries no cookie. No tokens, so that rendered regions can be shared.
Origins that a route shares itself with (CORS) pass, too.
"""

from typing import Protocol
from urllib.parse import urlsplit

from ..errors import Forbidden
from ..http.exchange import Exchange

_UNCHECKED = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Sharing(Protocol):
    """Says which other origins may send unsafe requests to a route."""

    def allows(self, exchange: Exchange) -> bool: ...


class Origins(Protocol):
    """A list of other origins."""

    def lists(self, origin: str) -> bool: ...


def check_cross_site(exchange: Exchange, sharing: Sharing | None = None) -> None:
    """Raises Forbidden, saying which check failed."""
    if exchange.method in _UNCHECKED or (sharing is not None and sharing.allows(exchange)):
        return
    site = exchange.field("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise _refused(f"Sec-Fetch-Site says {site[:20]!r}")
        return
    origin = exchange.field("origin")
    if origin is not None:
        if not is_same_origin(exchange, origin):
            raise _refused(f"Origin {origin[:100]!r} is not this site")
    elif exchange.field("cookie") is not None:
        raise _refused("a request with cookies must send Origin or Sec-Fetch-Site")


def check_socket_origin(exchange: Exchange, sharing: Sharing | None = None, origins: Origins | None = None) -> None:
    """A WebSocket handshake from a page must come from this site, one that the route lists, or one that it is shared with
    (threat R24); programs send no Origin. Raises Forbidden."""
    origin = exchange.field("origin")
    if origin is None or is_same_origin(exchange, origin):
        return
    is_listed = origins is not None and origins.lists(origin)
    if not is_listed and not (sharing is not None and sharing.allows(exchange)):
        raise _refused(f"Origin {origin[:100]!r} is not this site")


def is_same_origin(exchange: Exchange, origin: str) -> bool:
    """Scheme, host and port equal to the request's own; `null` never is."""
    try:
        parts = urlsplit(origin)
        ours = urlsplit(f"{exchange.scheme}://{exchange.host}")
        same_host = (parts.hostname, _port(parts.scheme, parts.port)) == (
            ours.hostname,
            _port(ours.scheme, ours.port),
        )
        return parts.scheme == ours.scheme and same_host and parts.hostname is not None
    except ValueError:
        return False


def _port(scheme: str, port: int | None) -> int | None:
    return port if port is not None else {"http": 80, "https": 443}.get(scheme)


def _refused(why: str) -> Forbidden:
    return Forbidden(
        title="Cross-site request refused",
        detail=f"The request came from another site: {why}.",
    )
