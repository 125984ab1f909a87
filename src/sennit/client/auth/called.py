"""A function of the program's that signs requests, and may look at a 401 and have the request sent again."""

import inspect
from collections.abc import Awaitable, Callable

from ..middleware import Next
from ..request import Request
from ..response import Response
from ..unread import leave

Signer = Callable[[Request, Response | None], bool | Awaitable[bool | None] | None]
"""Called with the request and None before it is sent; with a 401 once more: True sends the request again."""


class Called:
    def __init__(self, sign: Signer) -> None:
        self._sign = sign

    async def __call__(self, request: Request, next: Next) -> Response:
        if not request.is_at_home:
            return await next(request)
        await self._ask(request, None)
        response = await next(request)
        if response.status == 401 and await self._ask(request, response):
            await leave(response)
            return await next(request)
        return response

    async def _ask(self, request: Request, response: Response | None) -> bool:
        said = self._sign(request, response)
        return bool(await said if inspect.isawaitable(said) else said)
