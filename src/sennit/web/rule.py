"""Access rules: functions of providers and path parameters that return whether a request may pass."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import Forbidden

if TYPE_CHECKING:
    from .context import Context

Rule = Callable[..., Any]


async def authorize(ctx: "Context", rules: tuple[Rule, ...]) -> None:
    """All rules from the outermost inwards must hold. Raises Forbidden for the first that does not, or what a rule raises."""
    for rule in rules:
        if not await holds(ctx, rule):
            raise Forbidden(detail="you may not see or do this")


async def holds(ctx: "Context", rule: Rule) -> bool:
    answer = ctx.route.binder_for(rule).invoke(ctx)
    if type(answer) is bool:
        return answer
    return bool(await answer if inspect.isawaitable(answer) else answer)
