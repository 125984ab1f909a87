"""Runs the handler of an exchange, and answers for it when it does not."""

import asyncio
import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any

from ..errors import Problem, SennitError
from ..http import Disconnected, Handler, WebSocketClosed
from ..protocols.http1.answer import STREAMING, WAITING
from .exchange import ServerExchange

log = logging.getLogger("sennit.server")

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)

Tasks = set["asyncio.Task[None]"]


def begin_handler(handler: Handler, exchange: ServerExchange, tasks: Tasks) -> None:
    """Call the handler. A coroutine that it returns goes on as a task, kept in `tasks` until it ends."""
    try:
        coroutine = handler(exchange)
        if coroutine is None:
            _check_answered(exchange)
    except Exception as error:
        _answer_for(exchange, error)
        return
    if coroutine is not None:
        exchange.coroutine = coroutine
        exchange.task = task = asyncio.get_running_loop().create_task(_run(exchange, coroutine, tasks))
        tasks.add(task)


def cancel_handler(exchange: ServerExchange, tasks: Tasks) -> None:
    """Cancel it. A task cancelled before its first step runs nothing of `_run`: that is made up for."""
    task, coroutine = exchange.task, exchange.coroutine
    if task is not None and coroutine is not None:
        task.cancel()
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: coroutine.close())


async def _run(exchange: ServerExchange, coroutine: Coroutine[Any, Any, None], tasks: Tasks) -> None:
    error: BaseException | None = None
    try:
        await coroutine
        _check_answered(exchange)
    except (asyncio.CancelledError, Disconnected, WebSocketClosed) as left:
        error = left
        if exchange.answer in (WAITING, STREAMING):
            exchange.abort()
    except Exception as failure:
        error = failure
        _answer_for(exchange, failure)
    finally:
        if exchange.task is not None:
            tasks.discard(exchange.task)
        if exchange.websocket is not None:
            exchange.websocket.handler_ended(error)


def _check_answered(exchange: ServerExchange) -> None:
    if exchange.answer in (WAITING, STREAMING):
        raise SennitError(
            code="server.E001",
            what=f"the handler ended without a whole answer: it is {exchange.answer}",
            where=f"{exchange.method} {exchange.raw_path[:80]}",
            fix="call respond(), or start() and finish(), before the handler returns",
        )


def _answer_for(exchange: ServerExchange, error: Exception) -> None:
    """What the web layer would have answered better: a Problem's status, else 500 and one entry in the log."""
    status = error.status if isinstance(error, Problem) else 500
    if status >= 500:
        log.error("%s %s failed", exchange.method, exchange.raw_path[:200], exc_info=error)
    if exchange.answer == WAITING:
        exchange.respond(status, TEXT, f"{status} {_phrase(status)}\n".encode())
    elif exchange.answer == STREAMING:
        exchange.abort()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
