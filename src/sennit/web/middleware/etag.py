"""Entity tags for answers that have none: the client sends them back, and what has not changed is not sent again."""

import hashlib
from collections.abc import Awaitable, Callable

from ..conditional import meet_conditions
from ..request import Request
from ..response import Response


class Etag:
    """`Etag()`: a whole answer to GET gets a tag made of its content, and a 304 when the client has it.

    The handler is called all the same: what is saved is the sending. `Response.set_etag` with a version that is known before
    wins over it. Streams have no tag: their content is not known when their head is sent.
    """

    __presets__ = ("next",)

    def __call__(self, request: Request, next: Callable[[Request], Awaitable[Response]]) -> Awaitable[Response]:
        request.before_sending(self._finish)
        return next(request)

    async def _finish(self, request: Request, response: Response) -> None:
        has_content = response.status == 200 and bool(response.body)
        if has_content and request.method in ("GET", "HEAD") and "etag" not in response.headers:
            response.set_etag(hashlib.blake2b(response.body, digest_size=12).hexdigest())
            meet_conditions(request, response)
