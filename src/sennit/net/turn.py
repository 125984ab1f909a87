"""What is written in a turn of the loop and by no read leaves at its end: one callback of the loop for all connections.

A broadcast to ten thousand peers would else be as many callbacks, each with its handle and context.
Compiled where that is possible, from this very file.
"""

import asyncio
import logging
from typing import Protocol

log = logging.getLogger("sennit.net")


class Written(Protocol):
    """Has something to send."""

    def flush_turn(self) -> None: ...


class Turn:
    """Those that have been written to since the turn began."""

    __slots__ = ("_written",)

    def __init__(self) -> None:
        self._written: list[Written] = []

    def add(self, connection: Written, loop: asyncio.AbstractEventLoop) -> None:
        if not self._written:
            loop.call_soon(self._end)
        self._written.append(connection)

    def _end(self) -> None:
        written, self._written = self._written, []
        for connection in written:
            try:
                connection.flush_turn()
            except Exception:
                log.exception("a connection could not send; the others do")
