"""Cross-origin resource sharing (Fetch standard §3.2): which other origins' scripts may call, and read the answers."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from ...errors import SennitError
from ...http.exchange import Exchange
from ...http.fields import MutableFields, check_name
from ...http.vary import add_vary
from ..request import Request
from ..response import Response

ANY = "*"
MOST_HEADERS = 50
"""Names of one Access-Control-Request-Headers that are looked at."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Cors:
    """`Cors(origins=["https://app.example"])`, on an app, router, controller or route; the innermost one decides.

    origins: `https://app.example`, `https://*.example` for all its subdomains, or `["*"]` for everybody. methods: those that
    scripts may use; None means all that the address answers. headers: request fields beyond the harmless ones; `["*"]` for
    any. credentials: whether cookies come along. max_age_s: how long a browser remembers. expose: answer fields to read.

    Unsafe requests of these origins pass the cross-site check; with cookies only if `credentials` says so.
    Raises SennitError web.E030 for `*` with credentials, web.E031 for what is no origin.
    """

    __presets__ = ("next",)

    def __init__(
        self,
        origins: Sequence[str],
        *,
        methods: Sequence[str] | None = None,
        headers: Sequence[str] = ("content-type",),
        credentials: bool = False,
        max_age_s: int = 600,
        expose: Sequence[str] = (),
    ) -> None:
        self.is_open = ANY in origins
        if self.is_open and credentials:
            raise SennitError(
                code="web.E030",
                what="Cors(origins=['*'], credentials=True) would let every site act as its visitors",
                where="Cors",
                fix="list the origins, or leave credentials=True out",
            )
        checked = [_checked(origin) for origin in origins if origin != ANY]
        self._origins = frozenset(origin for origin in checked if "*" not in origin)
        self._subdomains = tuple(tuple(origin.split("*", 1)) for origin in checked if "*" in origin)
        self._methods = None if methods is None else [method.upper() for method in methods]
        self._takes_any_header = ANY in headers
        self._headers = [check_name(name) for name in headers if name != ANY]
        self._expose = ", ".join(check_name(name) for name in expose)
        self._max_age = str(int(max_age_s))
        self.credentials = credentials

    def __call__(self, request: Request, next: Callable[[Request], Awaitable[Response]]) -> Awaitable[Response]:
        request.before_sending(self._finish)
        return next(request)

    # -- the cross-site check (cross_site.Sharing) -----------------------------------------------------------------

    def allows(self, exchange: Exchange) -> bool:
        """Whether an unsafe request of another origin may pass. Only scripts are meant: no forms, no embedding."""
        fields = exchange.fields
        if not self.lists(fields.get("origin", "")) or fields.get("sec-fetch-mode", "cors") not in _MODES:
            return False
        basic = fields.get("authorization", "")[:6].lower() == "basic "
        return self.credentials or not ("cookie" in fields or basic)

    def preflight(self, exchange: Exchange, methods: Iterable[str]) -> Mapping[str, str]:
        """The fields of the answer to a preflight request, at an address that answers `methods`."""
        answer = MutableFields()
        self._share(exchange, answer)
        if "access-control-allow-origin" not in answer:
            return answer
        fields = exchange.fields
        allowed = self._methods if self._methods is not None else sorted(methods)
        if fields.get("access-control-request-method") in allowed:
            answer["access-control-allow-methods"] = ", ".join(allowed)
        headers = self._allowed_headers(fields.get("access-control-request-headers", ""))
        if headers:
            answer["access-control-allow-headers"] = ", ".join(headers)
        answer["access-control-max-age"] = self._max_age
        for name in ("access-control-request-method", "access-control-request-headers"):
            add_vary(answer, name)
        return answer

    # -- fields ----------------------------------------------------------------------------------------------------

    async def _finish(self, request: Request, response: Response) -> None:
        if request.context.route.sharing is not self:
            return
        if is_preflight(request.exchange):
            for name, value in self.preflight(request.exchange, request.context.route.methods).items():
                response.headers[name] = value
            return
        self._share(request.exchange, response.headers)
        if self._expose and "access-control-allow-origin" in response.headers:
            response.headers["access-control-expose-headers"] = self._expose

    def _share(self, exchange: Exchange, answer: MutableFields) -> None:
        if self.is_open:
            answer["access-control-allow-origin"] = ANY
            return
        add_vary(answer, "origin")
        origin = exchange.fields.get("origin", "")
        if self.lists(origin):
            answer["access-control-allow-origin"] = origin
            if self.credentials:
                answer["access-control-allow-credentials"] = "true"

    def lists(self, origin: str) -> bool:
        """`null` (sandboxed pages, files) is nobody's origin and never listed, not by `*` either: it has no R30 owner."""
        if not origin or origin == "null":
            return False
        return self.is_open or origin in self._origins or any(_below(origin, *pair) for pair in self._subdomains)

    def _allowed_headers(self, asked: str) -> list[str]:
        if not self._takes_any_header:
            return self._headers
        names = [name.strip().lower() for name in asked.split(",")[:MOST_HEADERS]]
        return [name for name in names if name and name.isascii() and name.replace("-", "").replace("_", "").isalnum()]


_MODES = ("cors", "websocket")


def is_preflight(exchange: Exchange) -> bool:
    return exchange.method == "OPTIONS" and {"origin", "access-control-request-method"} <= {*exchange.fields}


def _below(origin: str, start: str, end: str) -> bool:
    """`https://a.example.org` is below (`https://`, `.example.org`); what the star stands for holds host characters only."""
    middle = origin[len(start) : len(origin) - len(end)]
    is_between = origin.startswith(start) and origin.endswith(end) and len(origin) > len(start) + len(end)
    return is_between and middle.replace(".", "").replace("-", "").isalnum()


def _checked(origin: str) -> str:
    """As browsers send it: lower case, without the scheme's own port."""
    try:
        parts = urlsplit(origin.replace("://*.", "://star--.", 1))
        port = parts.port
    except ValueError:
        raise _no_origin(origin) from None
    rest = parts.path or parts.query or parts.fragment or parts.username
    if not parts.scheme or not parts.hostname or rest or "*" in parts.netloc or origin.endswith("/"):
        raise _no_origin(origin)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{shown}".replace("://star--.", "://*.", 1)


def _no_origin(origin: str) -> SennitError:
    return SennitError(
        code="web.E031",
        what=f"{origin!r} is not an origin that can be listed",
        where="Cors(origins=…)",
        fix="write scheme, host and port only: 'https://app.example', 'https://*.example'; 'null' is never allowed",
    )
