"""A TCP connection to the first of several addresses that answers (RFC 8305: happy eyeballs), on any loop."""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence

STAGGER_S = 0.25
"""An address has so long for itself before the next one is tried beside it (RFC 8305 §5)."""

SocketAddress = tuple[int, tuple[str, int] | tuple[str, int, int, int] | str]
"""A family and what `connect` takes for it."""


async def open_first(addresses: Sequence[SocketAddress], *, stagger_s: float = STAGGER_S) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError: the one of the first address, when all have failed."""
    if len(addresses) == 1:
        return await open_socket(addresses[0])
    return await _Race(interleaved(addresses), stagger_s).run()


async def open_socket(address: SocketAddress) -> socket.socket:
    """Connect to one address; cancelled, it leaves no descriptor open. Raises OSError."""
    family, place = address
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, place)
    except BaseException:
        opened.close()
        raise
    return opened


def interleaved(addresses: Sequence[SocketAddress]) -> list[SocketAddress]:
    """The families in turn, each in its order, the family of the first address in front (RFC 8305 §4)."""
    first = [each for each in addresses if each[0] == addresses[0][0]]
    others = [each for each in addresses if each[0] != addresses[0][0]]
    mixed: list[SocketAddress] = []
    for number in range(max(len(first), len(others))):
        mixed += first[number : number + 1] + others[number : number + 1]
    return mixed


class _Race:
    def __init__(self, addresses: Sequence[SocketAddress], stagger_s: float) -> None:
        self._waiting = deque(addresses)
        self._stagger_s = stagger_s
        self._running: set[asyncio.Task[socket.socket]] = set()
        self._failure: BaseException | None = None

    async def run(self) -> socket.socket:
        try:
            while True:
                self._start_next()
                done, self._running = await asyncio.wait(
                    self._running,
                    timeout=self._stagger_s if self._waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if (winner := self._winner_of(done)) is not None:
                    return winner
        finally:
            for task in self._running:
                task.cancel()
                task.add_done_callback(_close_late)

    def _start_next(self) -> None:
        if self._waiting:
            self._running.add(asyncio.create_task(open_socket(self._waiting.popleft())))
        elif not self._running:
            raise self._failure or OSError("there is no address to connect to")

    def _winner_of(self, done: set[asyncio.Task[socket.socket]]) -> socket.socket | None:
        winner: socket.socket | None = None
        for task in done:
            error = task.exception()
            if error is not None:
                self._failure = self._failure or error
            elif winner is None:
                winner = task.result()
            else:
                task.result().close()
        return winner


def _close_late(task: "asyncio.Task[socket.socket]") -> None:
    """It connected in the same moment as the winner."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
