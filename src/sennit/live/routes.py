"""The two addresses of live pages: the socket and the script."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ServiceUnavailable
from ..web import Response, Router, WebSocket
from .script import static_file

if TYPE_CHECKING:
    from .hub import Hub


def live_router(hub: "Callable[[], Hub | None]") -> Router:
    """Routes below `/-/sennit/`; `hub` is asked at each request, for it is made after the routes."""
    router = Router("/-/sennit", name="sennit")

    @router.websocket("/live", name="live")
    async def live(ws: WebSocket[str]) -> None:
        found = hub()
        if found is None:
            raise ServiceUnavailable
        await found.serve(ws)

    @router.get("/static/{name}", name="static", inline=True)
    def static(name: str) -> Response:
        return static_file(name)

    return router
