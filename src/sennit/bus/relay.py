"""The middle of bus/unix: what one worker says goes to all others. It lives in the supervisor."""

import asyncio
import socket

from .frame import FAREWELL, GAP, frame
from .line import Line


class Relay:
    """Reads no message: frames go on as they came. A worker that does not read loses messages and is told so."""

    def __init__(self) -> None:
        self._lines: set[Line] = set()

    async def join(self, connected: socket.socket) -> None:
        """Take the other half of a worker's socket pair."""
        await asyncio.get_running_loop().create_unix_connection(lambda: _Member(self), sock=connected)

    def close(self) -> None:
        for line in tuple(self._lines):
            line.close()

    def pass_on(self, sender: Line, octets: bytes) -> None:
        for line in self._lines:
            if line is not sender:
                line.send(octets)

    def joined(self, member: Line) -> None:
        self._lines.add(member)

    def left(self, member: Line, *, said_farewell: bool) -> None:
        """Without a farewell its last commits may have gone untold: everybody looks at the truth."""
        self._lines.discard(member)
        if not said_farewell:
            self.pass_on(member, frame(GAP))


class _Member(Line):
    def __init__(self, relay: Relay) -> None:
        super().__init__(self._received, self._left)
        self._relay = relay
        self._said_farewell = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._relay.joined(self)

    def _received(self, kind: int, subject: str, payload: bytes) -> None:
        if kind == FAREWELL:
            self._said_farewell = True
        else:
            self._relay.pass_on(self, frame(kind, subject, payload))

    def _left(self) -> None:
        self._relay.left(self, said_farewell=self._said_farewell)
