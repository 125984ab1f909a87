"""One end of the line between a worker and the relay: whole frames, a bounded queue, loss that is told."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from .frame import GAP, FrameError, FrameReader, frame

log = logging.getLogger("sennit.bus")

MOST_WAITING = 1024 * 1024
"""Octets that wait for an end which does not read; above it messages are dropped, and a gap is told once there is room."""


class Line(asyncio.Protocol):
    """`on_frame(kind, subject, payload)` for each frame; `on_end` once, when the other end has gone."""

    def __init__(self, on_frame: Callable[[int, str, bytes], None], on_end: Callable[[], None]) -> None:
        self._on_frame = on_frame
        self._on_end = on_end
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._is_behind = self._has_lost = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, octets: bytes) -> None:
        """One frame. Never waits, never raises: what there is no room for is lost, and that will be told."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._is_behind:
            self._has_lost = True
        else:
            self._transport.write(octets)

    def close(self) -> None:
        """After what waits has been sent."""
        if self._transport is not None:
            self._transport.close()

    # ── what the loop calls ──────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MOST_WAITING)

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._reader.feed(data)
        except FrameError as error:
            log.error("the line between the workers is broken (%s); it is closed", error)
            self.close()
            return
        for kind, subject, payload in frames:
            self._on_frame(kind, subject, payload)

    def pause_writing(self) -> None:
        self._is_behind = True

    def resume_writing(self) -> None:
        self._is_behind = False
        if self._has_lost:
            self._has_lost = False
            self.send(frame(GAP))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._on_end()
