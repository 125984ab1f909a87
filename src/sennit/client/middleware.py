"""What stands between the program and the transport: a chain of functions, made once, empty unless asked for."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from .request import Request
from .response import Response

Next = Callable[[Request], Awaitable[Response]]


class Middleware(Protocol):
    """`async def f(request, next)`: may change the request, answer by itself, ask `next` several times, look at the answer.

    The body of what `next` returns has not been read: `await response.read()` does that, once for everybody.
    """

    def __call__(self, request: Request, next: Next, /) -> Awaitable[Response]: ...


def chained(layers: Sequence[Middleware], send: Next) -> Next:
    """The first of the layers stands outermost."""
    for layer in reversed(layers):
        send = partial(_called, layer, send)
    return send


def _called(layer: Middleware, next: Next, request: Request) -> Awaitable[Response]:
    return layer(request, next)
