"""The short way to a static file that has just been answered the long way: no context, no coroutine, one lookup.

Only where nothing but the file decides the answer; every doubt takes the long way, which says all there is to say.
"""

import os
import time
from collections.abc import Callable
from typing import cast

from ..http.conditions import CONDITIONAL
from ..http.exchange import Exchange, FileExchange, Lines
from ..http.prepared_lines import PreparedLines
from .open_file import OPEN_FLAGS
from .static import SIBLINGS_S, StaticResponse
from .stored_file import StoredFile, identity_of

MOST_SHORTCUTS = 4096


class Shortcut:
    """Made from an answer, good for a second: then the long way looks for packed siblings again."""

    __slots__ = ("_file", "_good_until", "_lines", "_path")

    def __init__(self, path: str, file: StoredFile, lines: Lines, good_until: float) -> None:
        self._path = path
        self._file = file
        self._lines = lines
        self._good_until = good_until

    def answer(self, exchange: Exchange, now: float) -> bool:
        """False, and nothing answered, when the long way has to be taken."""
        if now > self._good_until or exchange.method != "GET" or _has_conditions(exchange):
            return False
        if not getattr(exchange, "can_send_files", False):
            return False
        if self._file.content is not None:
            return self._send_content(exchange)
        return self._send_file(cast(FileExchange, exchange))

    def _send_content(self, exchange: Exchange) -> bool:
        try:
            is_same = identity_of(os.stat(self._path)) == self._file.identity
        except OSError:
            return False
        if is_same:
            exchange.respond(200, self._lines, self._file.content or b"")
        return is_same

    def _send_file(self, exchange: FileExchange) -> bool:
        try:
            fd = os.open(self._path, OPEN_FLAGS)
        except OSError:
            return False
        if identity_of(os.fstat(fd)) != self._file.identity:
            os.close(fd)
            return False
        exchange.respond_file(200, self._lines, fd, self._file.size)
        return True


def _has_conditions(exchange: Exchange) -> bool:
    fields = exchange.fields
    return any(name in fields for name in CONDITIONAL)


class Shortcuts:
    """By raw path. Bounded: the oldest goes first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.by_path: dict[str, Shortcut] = {}
        self._clock = clock

    def answer(self, exchange: Exchange) -> bool:
        shortcut = self.by_path.get(exchange.raw_path)
        return shortcut is not None and shortcut.answer(exchange, self._clock())

    def remember(self, exchange: Exchange, response: StaticResponse) -> None:
        """After an answer the long way, when nothing but its file decided it."""
        file = response.settled_file
        if (
            file is None
            or not response.is_for_everybody
            or response.status != 200
            or exchange.method != "GET"
            or "%" in exchange.raw_path
        ):
            return
        if "vary" in response.headers or "set-cookie" in response.headers:
            return
        lines = PreparedLines(response.wire_lines())
        self.by_path.pop(exchange.raw_path, None)
        self.by_path[exchange.raw_path] = Shortcut(file.path, file, lines, self._clock() + SIBLINGS_S)
        if len(self.by_path) > MOST_SHORTCUTS:
            del self.by_path[next(iter(self.by_path))]
