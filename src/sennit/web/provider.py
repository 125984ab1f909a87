"""Providers of the framework's own strands: they look at the whole context instead of asking for parameters."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


class FromContext:
    """A provider made of a function of the context: how `request`, `session` and `db` are given.

    is_immediate: `give` never returns an awaitable, so a handler that needs nothing else is called at once.
    in_thread: what a plain handler itself gets, which runs in a thread; its rules and providers stay on the loop.
    """

    def __init__(
        self,
        give: Callable[["Context"], Any | Awaitable[Any]],
        *,
        in_thread: Callable[["Context"], Any | Awaitable[Any]] | None = None,
        is_immediate: bool = False,
    ) -> None:
        self.give = give
        self.is_immediate = is_immediate
        self.in_thread = in_thread

    def __call__(self) -> Any:
        raise TypeError("called by the context only")


def basic_providers() -> dict[str, Callable[..., Any]]:
    """`request`, `session` and `csp_nonce`: what every site has."""
    return {
        "request": FromContext(lambda ctx: ctx.request, is_immediate=True),
        "session": FromContext(lambda ctx: ctx.request.session, is_immediate=True),
        "csp_nonce": FromContext(lambda ctx: ctx.request.csp_nonce, is_immediate=True),
    }
