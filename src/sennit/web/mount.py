"""Whole applications below a path: declared by `Router.mount`, answered by an adapter that `sennit.compat` or a test brings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from .path import PathPattern
from .request import Request
from .response import Response
from .rule import Rule
from .websocket import WebSocket


@runtime_checkable
class Mounted(Protocol):
    """A foreign application. `root` is the part of the raw path that led to it, such as `/shop`, empty for everything."""

    async def answer(self, request: Request, root: str) -> Response: ...

    async def connect(self, ws: WebSocket[Any], root: str) -> None:
        """Raises NotFound where it takes no WebSockets."""
        ...

    async def start(self) -> None:
        """Before the first request. Raises SennitError when it cannot."""
        ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Mount:
    """`router.mount(path, application)`; where: the file and line of the call."""

    pattern: PathPattern
    application: object
    access: Rule | None
    name: str
    where: str


Adapt = Callable[[object, str], Mounted]
"""Makes the adapter of an application; raises SennitError for what is none. The second argument says where it was mounted."""


def request_handler(mounted: Mounted, depth: int) -> Callable[..., Any]:
    """depth: segments of the path that lead to the application."""

    async def answer(request: Request) -> Response:
        return await mounted.answer(request, root_of(request, depth))

    return answer


def socket_handler(mounted: Mounted, depth: int) -> Callable[..., Any]:
    async def connect(ws: WebSocket) -> None:
        await mounted.connect(ws, root_of(ws.request, depth))

    return connect


def root_of(request: Request, depth: int) -> str:
    return "/".join(request.exchange.raw_path.split("/")[: depth + 1])
