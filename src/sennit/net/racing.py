"""A TCP connection to the first of several addresses that answers (RFC 8305: happy eyeballs), on any loop."""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Sequence

STAGGER_S = 0.25
"""An address has so long for itself before the next one is tried beside it (RFC 8305 §5)."""

SocketAddress = tuple[int, tuple[str, int] | tuple[str, int, int, int] | str]
"""A family and what `connect` takes for it."""


class NoneAnswered(OSError):
    """Several addresses, and no connection to any. `failures`: what each of them said, in the order in which they failed."""

    def __init__(self, failures: Sequence[tuple[SocketAddress, OSError]]) -> None:
        first = failures[0][1]
        super().__init__(first.errno, "; ".join(f"{_text(address)}: {_why(error)}" for address, error in failures))
        self.failures = tuple(failures)


async def open_first(addresses: Sequence[SocketAddress], *, stagger_s: float = STAGGER_S) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError: of the address, or NoneAnswered where there are several."""
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
        self._addresses: dict[asyncio.Task[socket.socket], SocketAddress] = {}
        self._failures: list[tuple[SocketAddress, OSError]] = []

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
            address = self._waiting.popleft()
            task = asyncio.create_task(open_socket(address))
            self._addresses[task] = address
            self._running.add(task)
        elif not self._running:
            raise NoneAnswered(self._failures) if self._failures else OSError("there is no address to connect to")

    def _winner_of(self, done: set[asyncio.Task[socket.socket]]) -> socket.socket | None:
        winner: socket.socket | None = None
        for task in done:
            error = task.exception()
            if isinstance(error, OSError):
                self._failures.append((self._addresses[task], error))
            elif error is not None:
                raise error
            elif winner is None:
                winner = task.result()
            else:
                task.result().close()
        return winner


def _text(address: SocketAddress) -> str:
    place = address[1]
    if isinstance(place, str):
        return place
    return f"[{place[0]}]:{place[1]}" if ":" in place[0] else f"{place[0]}:{place[1]}"


def _why(error: OSError) -> str:
    """The system's words: the loop's speak of the address in a form of their own."""
    return os.strerror(error.errno) if error.errno else str(error)


def _close_late(task: "asyncio.Task[socket.socket]") -> None:
    """It connected in the same moment as the winner."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
