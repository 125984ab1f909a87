"""The listening sockets: bound once by the supervisor, lent to the workers, closed only when nobody serves their endpoint.

One socket per worker (SO_REUSEPORT) or one for all? Measured on 2026-11-25, two workers on two cores, 64 keep-alive
connections: a shared socket gave them 65:0 when a worker takes up to 64 connections at a time and 46:19, 9:56 when it takes one;
a socket for each gave 32:33 every time. Keep-alive connections and WebSockets stay where they were accepted, so it is a socket
for each. Its price, that a queue belongs to a worker which may be dead, hung or still starting, is paid by lending: the
supervisor keeps every socket open and gives those without a worker that answers to one that does (`shares`).
Only Linux spreads connections over such sockets; elsewhere, and for Unix sockets and inherited ones, one is shared.
"""

import os
import socket
import sys
from collections.abc import Iterable
from dataclasses import replace

from ..errors import SennitError
from ..net import Endpoint
from ..net.sockets import open_sockets

Sockets = list[socket.socket]


def is_shared(endpoint: Endpoint) -> bool:
    """One socket for all workers: then each takes one connection at a time, so that others get some too."""
    return sys.platform != "linux" or endpoint.scheme not in ("tcp", "tls")


class ListeningSockets:
    """By endpoint: a set of sockets (one for each address of the host) for each slot, or one set for all slots."""

    def __init__(self) -> None:
        self._sets: dict[str, list[Sockets]] = {}

    def open(self, text: str, slot: int) -> None:
        """Have sockets for this slot. Raises SennitError when the endpoint cannot be had."""
        endpoint = Endpoint.parse(text)
        if _key(text) not in self._sets:
            self._sets[_key(text)] = [_first(endpoint)]
        sets = self._sets[_key(text)]
        if is_shared(endpoint):
            return
        while len(sets) <= slot:
            try:
                sets.append(_own(endpoint, _port(sets[0])))
            except SennitError:
                return  # a port below 1024 after privileges were given up: the slot shares another one's

    def slots(self) -> int:
        return max((len(sets) for sets in self._sets.values()), default=0)

    def of(self, text: str, slots: Iterable[int]) -> Sockets:
        """The sockets of an endpoint for these slots."""
        sets = self._sets[_key(text)]
        return [opened for number in sorted({slot % len(sets) for slot in slots}) for opened in sets[number]]

    def keep_only(self, texts: Iterable[str]) -> None:
        """New code may listen elsewhere: close what it does not name."""
        for gone in self._sets.keys() - {_key(text) for text in texts}:
            _close(self._sets.pop(gone))

    def close(self) -> None:
        self.keep_only(())


def shares(slots: int, owners: Iterable[int]) -> dict[int, set[int]]:
    """By owner's slot: the slots whose sockets it listens on. Those of nobody are dealt out among the owners."""
    able = sorted(set(owners))
    dealt: dict[int, set[int]] = {owner: {owner} for owner in able}
    if able:
        for number, orphan in enumerate(sorted(set(range(slots)) - dealt.keys())):
            dealt[able[number % len(able)]].add(orphan)
    return dealt


def _key(text: str) -> str:
    """The address without its options: a changed backlog or certificate must not bind it twice."""
    return text.partition("?")[0]


def _first(endpoint: Endpoint) -> Sockets:
    """Bound without SO_REUSEPORT first: with it, a second server on the same port would go unnoticed."""
    opened = open_sockets(endpoint)
    if is_shared(endpoint):
        return opened
    port = _port(opened)
    _close([opened])
    return _own(endpoint, port)


def _own(endpoint: Endpoint, port: int) -> Sockets:
    return open_sockets(replace(endpoint, port=port, reuse_port=True))


def _port(opened: Sockets) -> int:
    """The one that the system chose, where port 0 asked for any."""
    return int(opened[0].getsockname()[1])


def _close(sets: Iterable[Sockets]) -> None:
    for opened in sets:
        for each in opened:
            _remove_file(each)
            each.close()


def _remove_file(opened: socket.socket) -> None:
    """Of a Unix socket: the workers leave it to the one who made it."""
    if opened.family == socket.AF_UNIX and (path := opened.getsockname()):
        try:
            os.unlink(path)
        except OSError:
            pass  # the folder is not writable any more; the next start takes the file over
