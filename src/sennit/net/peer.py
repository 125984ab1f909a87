"""One message to many peers, whatever carries them."""

from collections.abc import AsyncIterator, Iterable
from typing import Literal, Protocol, TypeVar

M = TypeVar("M")


class Peer(Protocol[M]):
    """`net.Conn` and `sennit.WebSocket` both are peers."""

    @property
    def wire(self) -> object:
        """Peers of equal `wire` take the same prepared bytes; None prepares for each by itself."""
        ...

    def __aiter__(self) -> AsyncIterator[M]: ...

    async def send(self, message: M, /) -> None: ...

    def offer(self, message: M, /) -> bool: ...

    def prepare(self, message: M, /) -> bytes: ...

    def offer_prepared(self, data: bytes, /) -> bool: ...

    def evict(self, limit: str, /) -> None: ...

    async def close(self) -> None: ...


def broadcast(peers: Iterable[Peer[M]], message: M, slow: Literal["drop", "close"] = "drop") -> int:
    """Offer a message to every peer, encoded once for all of one kind; returns how many took it.

    A peer that is behind misses the message (`drop`) or is cut as well (`close`).
    """
    prepared: dict[object, bytes] = {}
    taken = 0
    for peer in tuple(peers):
        wire = peer.wire
        data = prepared.get(wire) if wire is not None else None
        if data is None:
            data = peer.prepare(message)
            prepared[wire] = data
        if peer.offer_prepared(data):
            taken += 1
        elif slow == "close":
            peer.evict("write_buffer")
    return taken
