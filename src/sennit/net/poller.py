"""Connected sockets are given to protocols: here by the loop's own transports, on Linux by the compiled twin.

Whatever gives them, a protocol gets asyncio's transport contract, so nothing above knows which one it is.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Protocol, cast

log = logging.getLogger("sennit.net")


class Attached(Protocol):
    """asyncio's protocol contract, structurally: what is compiled has no Python base class."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def data_received(self, data: bytes) -> None: ...
    def eof_received(self) -> bool: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def connection_lost(self, error: Exception | None) -> None: ...


class Poller:
    """Made once a listener or client."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._joining: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Inside the running loop. Raises OSError when there is no descriptor left."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """When every connection has ended."""

    def attach(self, protocol: Attached, opened: socket.socket, failed: Callable[[], None]) -> None:
        """Serve a connected, non-blocking socket, which is ours from here on: `protocol.connection_made` follows, or
        `failed()` when the peer has gone before that. Raises OSError."""
        assert self._loop is not None
        task = self._loop.create_task(self._join(protocol, opened, failed))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, protocol: Attached, opened: socket.socket, failed: Callable[[], None]) -> None:
        """Never cancelled: under uvloop 0.23 that leaves a transport which is never lost."""
        assert self._loop is not None
        try:
            await self._loop.connect_accepted_socket(lambda: cast(asyncio.BaseProtocol, protocol), opened)
        except OSError:
            opened.close()
            failed()
        except Exception:
            log.exception("a connection could not be set up")
            opened.close()
            failed()
