"""The short forms of App(...) as middleware: what `App(compress=True, cors=[…])` puts around everything."""

from collections.abc import Callable
from typing import Any

from ..web.middleware import Compress, Cors, Etag, RequestId, Security
from .settings import Settings

_YES = ("true", "yes", "on", "1")


def stock_middleware(settings: Settings) -> tuple[Callable[..., Any], ...]:
    """From the outside in: compression sees what all others have made of the answer."""
    chosen: list[Callable[..., Any]] = []
    policy = _policy(settings.csp)
    if policy or settings.hsts_s:
        chosen.append(Security(csp=policy, hsts_s=settings.hsts_s))
    if settings.request_id:
        chosen.append(RequestId())
    if settings.compress:
        chosen.append(Compress())
    if settings.etag:
        chosen.append(Etag())
    if settings.cors:
        chosen.append(Cors(settings.cors))
    return tuple(chosen)


def _policy(csp: bool | str) -> bool | str:
    """A policy, or `true` as the environment spells it."""
    if isinstance(csp, str):
        return True if csp.lower() in _YES else "" if csp.lower() in ("false", "no", "off", "0") else csp
    return csp
