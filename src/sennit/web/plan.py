"""What is decided at start about how a route is answered. Compiled where that is possible (`plan.pxd` gives the types)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .binder import Binder


class Plan:
    """`is_straight`: nothing stands around the handler. `is_safe`: its methods change nothing (RFC 9110 §9.2.1)."""

    def __init__(
        self,
        *,
        handler: Callable[..., Any],
        binder: "Binder",
        rules: tuple[Callable[..., Any], ...],
        is_straight: bool,
        is_safe: bool,
        is_coroutine: bool,
        runs_in_thread: bool,
        is_cancelled_on_disconnect: bool,
        asyncio_task: bool,
    ) -> None:
        self.handler = handler
        self.binder = binder
        self.rules = rules
        self.is_straight = is_straight
        self.is_safe = is_safe
        self.is_coroutine = is_coroutine
        self.runs_in_thread = runs_in_thread
        self.is_cancelled_on_disconnect = is_cancelled_on_disconnect
        self.asyncio_task = asyncio_task
