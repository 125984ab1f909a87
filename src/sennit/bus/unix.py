"""The bus between the workers of one machine: each holds one end of a socket pair, the supervisor passes messages on."""

import asyncio
import logging
import socket

from .bus import OnGap, OnMessage
from .frame import FAREWELL, GAP, MESSAGE, frame, message_frame
from .line import Line

log = logging.getLogger("sennit.bus")

CLOSE_S = 2.0
"""For what waits to be sent, when a worker ends."""


class UnixBus:
    """A worker's end. connected: its half of the socket pair whose other half the `Relay` has."""

    name = "bus/unix"
    is_alone = False

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._on_message: OnMessage = lambda subject, payload: None
        self._on_gap: OnGap = lambda: None
        self._line = Line(self._received, self._ended)
        self._has_ended = asyncio.Event()

    def listen(self, on_message: OnMessage, on_gap: OnGap) -> None:
        self._on_message = on_message
        self._on_gap = on_gap

    def publish(self, subject: str, payload: bytes) -> None:
        """A payload beyond 256 KiB, or one that there is no room for, arrives as a gap."""
        self._line.send(message_frame(subject, payload))

    async def start(self) -> None:
        await asyncio.get_running_loop().create_unix_connection(lambda: self._line, sock=self._socket)

    def drain(self) -> None:
        """Nothing to end: messages come and go until `close`."""

    async def drained(self) -> None: ...

    async def close(self) -> None:
        """Say farewell, so that nobody takes the end for a crash."""
        if not self._line.is_open:
            self._socket.close()
            return
        self._line.send(frame(FAREWELL))
        self._line.close()
        await asyncio.wait({asyncio.ensure_future(self._has_ended.wait())}, timeout=CLOSE_S)

    def _received(self, kind: int, subject: str, payload: bytes) -> None:
        try:
            if kind == MESSAGE:
                self._on_message(subject, payload)
            elif kind == GAP:
                self._on_gap()
        except Exception:
            log.exception("a message on %r could not be handled", subject)

    def _ended(self) -> None:
        """The supervisor has gone. Nobody else can be reached, so nothing will be told any more."""
        self._has_ended.set()
        self._on_gap()
