"""Every answer bears the id of its request, not only errors."""

from collections.abc import Awaitable, Callable

from ..request import Request
from ..request_id import FIELD
from ..response import Response


class RequestId:
    """`RequestId()`: sends `x-request-id` with every answer; so every line of the access log has one, too."""

    __presets__ = ("next",)

    def __call__(self, request: Request, next: Callable[[Request], Awaitable[Response]]) -> Awaitable[Response]:
        request.before_sending(self._finish)
        return next(request)

    async def _finish(self, request: Request, response: Response) -> None:
        response.headers[FIELD] = request.id
