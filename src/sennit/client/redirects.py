"""Redirects followed (RFC 9110 §15.4), and what must not go with them."""

import re
from urllib.parse import quote

from .errors import ClientError, ConnectFailed, ProtocolFailed, TooManyRedirects
from .middleware import Next
from .request import Request
from .response import Response
from .unread import leave
from .url import URL

STATUSES = frozenset((301, 302, 303, 307, 308))

_SECRET = re.compile(
    rb"authorization|proxy-authorization|cookie2?|www-authenticate|.*(?:api-?key|token|secret|auth|session|csrf|xsrf|passw|signature|credential).*"
)


class Redirects:
    """Follows at most `most` of one request."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def __call__(self, request: Request, next: Next) -> Response:
        history: list[Response] = []
        while True:
            response = await next(request)
            location = _location(response) if response.status in STATUSES else None
            if location is None:
                response.history = tuple(history)
                return response
            history.append(response)
            following = self._following(request, response, location, len(history))
            await leave(response)
            request = following

    def _following(self, request: Request, response: Response, location: str, count: int) -> Request:
        try:
            if count > self._most:
                raise TooManyRedirects(f"more than {self._most} redirects", url=request.url, phase="redirect")
            return next_request(request, response.status, location)
        except ClientError:
            response.release()
            raise


def _location(response: Response) -> str | None:
    """Two that differ lead nowhere: whoever added one of them wants us elsewhere than the server does."""
    places = set(response.headers.get_all("location"))
    if len(places) > 1:
        response.release()
        raise ProtocolFailed(f"the redirect leads to {len(places)} places at once", url=response.url, phase="redirect")
    return next(iter(places), None)


def next_request(request: Request, status: int, location: str) -> Request:
    """Raises ConnectFailed for a target that is no web address or less safe, ClientError for a body that is gone."""
    url = target_of(request.url, location)
    following = request.again(method_of(request.method, status), url)
    if following.method != request.method:
        following.without_body()
    if url.origin != request.url.origin:
        following.drop(frozenset(name for name, _ in following.lines if is_secret(name)))
    return following


def target_of(url: URL, location: str) -> URL:
    """Octets beyond ASCII are percent-encoded as they came; a fragment stays unless there is a new one (§10.2.2)."""
    try:
        target = url.join(quote(location.encode("latin-1"), safe="%/:=&?~#+!$,;'@()*[]|<>\\^`{}\" \t\r\n\0"))
    except ClientError as error:
        raise ProtocolFailed(f"the redirect leads nowhere: {error.what}", url=url, phase="redirect") from None
    if target.scheme not in ("http", "https") or target.unix != url.unix:
        raise refused(url, f"to {target.scheme!r} is not followed")
    if url.scheme == "https" and target.scheme != "https":
        raise refused(url, "from https to http is not followed: everybody on the way could read and change the rest")
    fragment = target.fragment or url.fragment
    return (
        target.without_credentials()
        if fragment == target.fragment
        else target.without_credentials().with_fragment(fragment)
    )


def refused(url: URL, why: str) -> ConnectFailed:
    return ConnectFailed(
        f"a redirect {why}",
        url=url,
        phase="redirect",
        fix="look at response.headers['location'], and ask there if it is right",
    )


def method_of(method: str, status: int) -> str:
    """303: GET, or HEAD for HEAD. 301 and 302: GET for a POST, as everybody does (§15.4.2 note). 307 and 308: the same."""
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        return "GET"
    return method


def is_secret(name: bytes) -> bool:
    """A field that says who asks, by its name: it is not for another origin."""
    return _SECRET.fullmatch(name) is not None
