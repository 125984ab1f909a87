"""The other end of a WebSocket: what tests ask of another library, whichever it is and whichever side it plays."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from sennit.protocols.websocket import Deflate

MOST = 16 * 1024 * 1024
"""Octets of a message, for every library alike."""

Closing = tuple[int, str]
"""The code and the reason that have come; 1005 for a close without a code, 1006 for none at all."""


class End:
    """What has come, as a pump or a callback of the library tells it. Subclasses send.

    The library's own answers (pongs, close frames) are given while nobody receives here, as in a program that always reads.
    """

    subprotocol: str | None = None

    def __init__(self) -> None:
        self._inbox: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()

    # ── what the library tells ───────────────────────────────────────────────

    def has_come(self, message: str | bytes) -> None:
        self._inbox.put_nowait(message)

    def has_ponged(self, payload: bytes) -> None:
        self._pongs.put_nowait(payload)

    def has_ended(self, code: int | None, reason: str | None = "") -> None:
        if not self.ended.done():
            self.ended.set_result((1006 if code is None else code, reason or ""))

    # ── what tests use ───────────────────────────────────────────────────────

    async def recv(self) -> str | bytes:
        return await self._inbox.get()

    async def closed(self) -> Closing:
        return await asyncio.shield(self.ended)

    async def ping(self, payload: bytes) -> bytes:
        """The payload of the pong that comes."""
        await self.send_ping(payload)
        return await self._pongs.get()

    async def send(self, message: str | bytes) -> None:
        raise NotImplementedError

    async def send_fragments(self, pieces: Sequence[str] | Sequence[bytes]) -> None:
        raise NotImplementedError

    async def send_ping(self, payload: bytes) -> None:
        raise NotImplementedError

    async def close(self, code: int, reason: str) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise NotImplementedError


Meet = Callable[[End], Any]


@dataclass(frozen=True)
class Library:
    """connect(url, subprotocols=, deflate=) gives an End. listen(met, subprotocols=, deflate=) gives a URL, and `met` each End
    that comes there. deflate: the parameters that the library is to ask for or to insist on, None for no compression."""

    connect: Callable[..., AbstractAsyncContextManager[End]]
    listen: Callable[..., AbstractAsyncContextManager[str]]
    fragments: bool = True
    """It can send a message in fragments."""
    packs: bool = True
    """It has permessage-deflate."""
    parameters: bool = False
    """It lets a program choose all four parameters."""
    tells_answer: bool = True
    """Who closes there is told the code of the answer."""


ANY = Deflate(server_max_window_bits=15, client_max_window_bits=15)
"""Compression as large as it goes."""
