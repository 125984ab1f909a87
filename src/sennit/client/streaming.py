"""An answer that is read inside an `async with`; at its end the connection is free again, whatever happened."""

from collections.abc import Awaitable, Callable

from .response import Response


class Streaming:
    def __init__(self, begin: Callable[[], Awaitable[Response]]) -> None:
        self._begin = begin
        self._response: Response | None = None

    async def __aenter__(self) -> Response:
        self._response = await self._begin()
        return self._response

    async def __aexit__(self, *failure: object) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.release()
