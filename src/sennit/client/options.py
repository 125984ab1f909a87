"""What may be said of one request, beside method and URL."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from .auth.choosing import Auth
from .body import Content
from .multipart import Files
from .request import Headers
from .timeouts import Timeouts
from .url import Params


class Options(TypedDict, total=False):
    """Keywords of `client.get(url, ...)` and all like it. At most one of json, body, and form with or without files."""

    params: Params
    """Put behind the URL's `?`."""
    json: Any
    """Anything that msgspec writes as JSON."""
    form: Mapping[str, object] | Iterable[tuple[str, object]]
    files: Files
    body: Content
    headers: Headers
    """Beside the client's; the same name wins over it."""
    auth: Auth | None
    """Instead of the client's; None: no authentication."""
    timeout_s: float | Timeouts
    """Seconds in all, or each phase by itself."""
    follow_redirects: bool
    trace: bool
    """Have `response.trace` say where the time went."""
    on_upload: Callable[[int], None]
    """Called with the number of bytes of the body that have been sent so far."""
