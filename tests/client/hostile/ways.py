"""What a hostile server does with a connection once it has said its piece."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import repeat
from types import SimpleNamespace

from client.wire.scripted import Peer

Say = bytes | Callable[[], Iterable[bytes]]
Ending = Callable[[Peer], Awaitable[None]]


async def held(peer: Peer) -> None:
    """Stays open, silent, until the client goes."""
    await peer.gone()


async def closed(peer: Peer) -> None:
    """Closes in order."""


async def reset(peer: Peer) -> None:
    """RST."""
    sock: socket.socket = peer.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.reset()


def dripping(piece: bytes) -> Ending:
    """An octet now and then, for ever."""

    async def drip(peer: Peer) -> None:
        while True:
            await peer.say(piece)
            await asyncio.sleep(0.005)

    return drip


END = SimpleNamespace(held=held, closed=closed, reset=reset)


def endless(first: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    """`first`, then `piece` without an end."""

    def say() -> Iterator[bytes]:
        yield first
        yield from repeat(piece)

    return say
