"""Cookies on their way: what the jar holds for a URL goes with a request, what an answer sets goes into the jar."""

from .cookie_jar import CookieJar
from .middleware import Next
from .request import Request, merged
from .response import Response


class Cookies:
    """Innermost, so that each hop of a redirect gets its own."""

    def __init__(self, jar: CookieJar) -> None:
        self._jar = jar

    async def __call__(self, request: Request, next: Next) -> Response:
        if self._jar:
            self._add(request)
        response = await next(request)
        for line in response.headers.get_all("set-cookie"):
            self._jar.store(request.url, line)
        return response

    def _add(self, request: Request) -> None:
        """A Cookie of the program's own stands before those of the jar."""
        value = self._jar.header_for(request.url)
        if not value:
            return
        request.settle()
        own = [line[1] for line in request.lines if line[0] == b"cookie"]
        request.lines = merged(request.lines, [(b"cookie", b"; ".join([*own, value.encode("utf-8")]))])
