"""A request body that is sent piece by piece while the answer may already come; the one place that needs a task."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from ..net.connection import Connection
from ..protocols.http1 import LocalProtocolError
from ..protocols.http1.response import LAST_CHUNK, serialize_chunk
from .transport import Call

CONTINUE_S = 1.0
"""Longer than that nobody waits for a 100: many servers never send one (RFC 9110 §10.1.1)."""
PIECE = 64 * 1024


class Line(Protocol):
    @property
    def connection(self) -> Connection | None: ...
    async def wait_for_room(self) -> None: ...
    def upload_failed(self, error: BaseException) -> None: ...


class Upload:
    """Starts at once. `is_done`: the whole body has been written."""

    def __init__(self, line: Line, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        assert line.connection is not None
        self.is_done = self._has_failed = False
        self._line = line
        self._connection = line.connection
        self._call = call
        self._sent = 0
        self._may_go_on: asyncio.Future[None] | None = loop.create_future() if call.expects_continue else None
        self._task = loop.create_task(self._run())

    def go_on(self) -> None:
        """The server has said 100."""
        if self._may_go_on is not None and not self._may_go_on.done():
            self._may_go_on.set_result(None)

    def cancel(self) -> None:
        if not (self.is_done or self._has_failed):
            self._task.cancel()

    async def _run(self) -> None:
        pieces = _pieces_of(self._call.body)
        try:
            if self._may_go_on is not None:
                await asyncio.wait((self._may_go_on,), timeout=CONTINUE_S)
            async for piece in pieces:
                await self._send(piece)
            self._finish()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._has_failed = True
            self._line.upload_failed(error)
            if not isinstance(error, Exception):
                raise
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()

    async def _send(self, piece: bytes) -> None:
        if not piece:
            return
        self._sent += len(piece)
        length = self._call.length
        if length is not None and self._sent > length:
            raise wrong_length("more", length)
        self._connection.write(serialize_chunk(piece) if length is None else piece)
        self._connection.flush()
        await self._line.wait_for_room()
        if self._call.on_upload is not None:
            self._call.on_upload(self._sent)

    def _finish(self) -> None:
        length = self._call.length
        if length is None:
            self._connection.write(LAST_CHUNK)
            self._connection.flush()
        elif self._sent < length:
            raise wrong_length("fewer", length)
        self.is_done = True


async def _pieces_of_bytes(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def _pieces_of(body: bytes | AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    return _pieces_of_bytes(body or b"") if body is None or isinstance(body, bytes) else aiter(body)


def wrong_length(which: str, length: int) -> LocalProtocolError:
    return LocalProtocolError(
        code="http.E015",
        what=f"the pieces of the request's body have {which} octets than the {length} that were announced",
        fix="announce the length that is sent, or none",
    )
