"""Runs the handler of an exchange, and answers for it when it does not."""

import asyncio
import logging
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..errors import Problem, SennitError
from ..http import Disconnected, Handler, WebSocketClosed
from ..protocols.http1.answer import STREAMING, WAITING
from . import light_task

if TYPE_CHECKING:
    from .exchange import ServerExchange
    from .light_task import run_handler
else:
    try:
        from ._light_task import run_handler
    except ImportError:
        from .light_task import run_handler

log = logging.getLogger("sennit.server")

IS_LIGHT = sys.version_info < (3, 14)
"""The slot of the current task has changed in 3.14: plain tasks there, until it is tested."""

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)

Tasks = set["asyncio.Future[None]"]


def begin_handler(handler: Handler, exchange: "ServerExchange", tasks: Tasks, loop: asyncio.AbstractEventLoop) -> None:
    """Call the handler and run the coroutine that it returns; one that waits is kept in `tasks` until it ends."""
    try:
        coroutine = handler(exchange)
        if coroutine is None:
            check_answered(exchange)
            return
    except Exception as error:
        answer_for(exchange, error)
        return
    exchange.tasks = tasks
    if IS_LIGHT and not exchange.asyncio_task:
        task = run_handler(coroutine, exchange, loop)
    else:
        task = light_task.run_handler(coroutine, exchange, loop)
    if task is not None:
        exchange.task = task
        tasks.add(task)


def handler_ended(exchange: "ServerExchange", error: BaseException | None) -> None:
    """What is left to do for an answer when its handler has returned (None) or raised."""
    try:
        if error is None:
            check_answered(exchange)
        elif isinstance(error, asyncio.CancelledError | Disconnected | WebSocketClosed):
            if exchange.answer in (WAITING, STREAMING):
                exchange.abort()
        elif isinstance(error, Exception):
            answer_for(exchange, error)
    except Exception as failure:
        error = failure
        answer_for(exchange, failure)
    finally:
        if exchange.websocket is not None:
            exchange.websocket.handler_ended(error)


def check_answered(exchange: "ServerExchange") -> None:
    if exchange.answer in (WAITING, STREAMING):
        raise SennitError(
            code="server.E001",
            what=f"the handler ended without a whole answer: it is {exchange.answer}",
            where=f"{exchange.method} {exchange.raw_path[:80]}",
            fix="call respond(), or start() and finish(), before the handler returns",
        )


def answer_for(exchange: "ServerExchange", error: Exception) -> None:
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
