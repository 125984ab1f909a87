"""How a request is answered when nothing stands around its handler; the compiled twin does it without a coroutine of its own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..http.exchange import Exchange
    from .answering import Answering
    from .context import Context
    from .plan import Plan


async def straight_answer(answering: "Answering", ctx: "Context", exchange: "Exchange", plan: "Plan") -> None:
    """Calls the handler, answers with what it returns, or for what it raises."""
    try:
        value = answering.call_at_once(ctx, exchange, plan)
    except Exception as error:
        await answering.answer_with(ctx, exchange, plan, None, error)
    else:
        await answering.answer_in_time(ctx, exchange, plan, value)
