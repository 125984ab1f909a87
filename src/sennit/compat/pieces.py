"""The body of an answer on its way from a foreign application to the wire, one piece ahead at most."""

import asyncio
from collections.abc import AsyncIterator


class Pieces:
    """`put` waits until the piece before has been taken: who writes faster than the client reads is held back."""

    def __init__(self) -> None:
        self._piece: bytes | None = None
        self._changed = asyncio.Event()
        self._error: BaseException | None = None
        self._is_ended = self._is_discarding = self.is_closed = False

    async def put(self, piece: bytes) -> None:
        """Raises OSError when nobody takes pieces any more: the client has gone."""
        while self._piece is not None and not self.is_closed:
            await self._wait()
        if self.is_closed:
            raise BrokenPipeError("the client has gone")
        if self._is_discarding:
            await asyncio.sleep(0)
            return
        self._piece = piece
        self._changed.set()

    def discard(self) -> None:
        """Take every piece and drop it: an answer to HEAD has no body."""
        self._is_discarding, self._piece = True, None
        self._changed.set()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing follows; with an error what was sent is not whole."""
        self._is_ended, self._error = True, error
        self._changed.set()

    def close(self) -> None:
        """Nobody takes pieces any more."""
        self.is_closed, self._piece = True, None
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises the error with which the application ended."""
        while True:
            while self._piece is None and not self._is_ended:
                await self._wait()
            piece, self._piece = self._piece, None
            self._changed.set()
            if piece is not None:
                yield piece
            elif self._error is not None:
                raise self._error
            else:
                return

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
