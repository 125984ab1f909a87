"""Security fields beyond the defaults (threat R38): a content security policy with nonces, HSTS, the cache of signed-in pages."""

from collections.abc import Awaitable, Callable, Mapping

from ...errors import SennitError
from ...http.fields import MutableFields, check_value
from ..page_fields import PAGE_FIELDS
from ..request import Request
from ..response import Response

GOOD_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce'; style-src 'self' 'nonce'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""Everything from this site only, and inline scripts and styles that bear the request's nonce."""

NONCE = "'nonce'"

_DEFAULTS = dict(PAGE_FIELDS)


class Security:
    """`Security(csp=True, hsts_s=31_536_000)`, on an app, router, controller or route; the innermost one decides.

    csp: a policy, or True for `GOOD_POLICY`; in it `'nonce'` stands for the request's own nonce, which is `csp_nonce` in
    templates and `request.csp_nonce` in handlers. csp_report_only: the same, told to the browser as a trial. hsts_s: seconds
    for which browsers use https only; sent under TLS alone. hsts_subdomains: for every name below this one, too.
    signed_in: the Cache-Control of answers that have looked at a session. fields: in the place of the defaults of pages, or
    beside them; None takes one away. A field that the handler has set stays as it is.

    Raises SennitError web.E035 for a policy that cannot be sent.
    """

    __presets__ = ("next",)

    def __init__(
        self,
        *,
        csp: str | bool = False,
        csp_report_only: str | bool = False,
        hsts_s: int = 0,
        hsts_subdomains: bool = False,
        signed_in: str = "",
        fields: Mapping[str, str | None] | None = None,
    ) -> None:
        self._policies = {
            name: _checked(GOOD_POLICY if policy is True else policy)
            for name, policy in (
                ("content-security-policy", csp),
                ("content-security-policy-report-only", csp_report_only),
            )
            if policy
        }
        self._hsts = f"max-age={hsts_s}{'; includeSubDomains' if hsts_subdomains else ''}" if hsts_s else ""
        self._signed_in = signed_in
        self._fields = {name.lower(): value for name, value in (fields or {}).items()}

    def __call__(self, request: Request, next: Callable[[Request], Awaitable[Response]]) -> Awaitable[Response]:
        request.before_sending(self._finish)
        return next(request)

    async def _finish(self, request: Request, response: Response) -> None:
        headers = response.headers
        if self._hsts and request.scheme == "https":
            headers.setdefault("strict-transport-security", self._hsts)
        if self._signed_in and request.has_session and headers.get("cache-control") == "private, no-cache":
            headers["cache-control"] = self._signed_in
        # A 304 renews the fields of the page that the client has kept, whose nonce is another one.
        if (response.media_type or "").startswith("text/html") and response.status != 304:
            for name, policy in self._policies.items():
                if name not in headers:
                    headers[name] = policy.replace(f" {NONCE}", self._nonce(request))
            self._replace_defaults(headers)

    def _replace_defaults(self, headers: MutableFields) -> None:
        for name, value in self._fields.items():
            if headers.get(name) != _DEFAULTS.get(name):
                continue  # the handler's own, or that of a Security nearer to it
            if value is not None:
                headers[name] = value
            elif name in headers:
                del headers[name]

    def _nonce(self, request: Request) -> str:
        """Nothing where the page did not ask for it: then no inline script of it is meant to run."""
        return f" 'nonce-{request.csp_nonce}'" if request.has_csp_nonce else ""


def _checked(policy: str) -> str:
    try:
        return check_value("content-security-policy", policy)
    except SennitError as error:
        raise SennitError(
            code="web.E035",
            what=f"the content security policy cannot be sent: {error.what}",
            where="Security(csp=…)",
            fix="write it in one line of ASCII, directives separated by semicolons; True gives a good one",
        ) from error
