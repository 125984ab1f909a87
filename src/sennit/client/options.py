"""What may be said of one request, beside method and URL."""

from collections.abc import Callable
from typing import Any, TypedDict

from .auth.choosing import Auth
from .body import Content
from .multipart import Files
from .pairs import Pairs
from .request import Headers
from .timeouts import Timeouts
from .url import Params


class Options(TypedDict, total=False):
    """Keywords of `client.get(url, ...)` and all like it. At most one of json, body, and form with or without files."""

    params: Params
    """Put behind the URL's `?`."""
    json: Any
    """Anything that msgspec writes as JSON."""
    form: Pairs
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
    expect_continue: bool
    """Send the head, and the body once the server wants it (100) or has said nothing for a second: a large body is not sent to a
    server that refuses it."""
