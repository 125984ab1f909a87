"""What starts and stops, and the tree that starts and stops all of it."""

import asyncio
import logging
from typing import Protocol

log = logging.getLogger("sennit.net")


class Service(Protocol):
    """`start` may raise; `drain` asks for an end in good order, `drained` returns when it has come, `close` cuts."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None: ...

    def drain(self) -> None: ...

    async def drained(self) -> None: ...

    async def close(self) -> None: ...


class ServiceTree:
    """Services in the order in which they start; they stop in the reverse order."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self._running: list[Service] = []
        self._is_draining = False

    @property
    def running(self) -> list[Service]:
        """Those that have started and are not closed, in the order in which they started."""
        return list(self._running)

    def add(self, service: Service) -> None:
        self.services.append(service)

    async def start(self) -> None:
        """All of them, in order. When one fails, those that run are closed and its exception goes on."""
        for service in self.services:
            try:
                await service.start()
            except BaseException:
                await self._close_all()
                raise
            self._running.append(service)

    def drain(self) -> None:
        """Ask all of them, once, to end in good order."""
        if self._is_draining:
            return
        self._is_draining = True
        for service in reversed(self._running):
            try:
                service.drain()
            except Exception:
                log.exception("%s could not drain", service.name)

    async def stop(self, drain_s: float = 30) -> None:
        """Drain all, wait at most `drain_s` seconds until they have drained, close all. Never raises for a service."""
        self.drain()
        waiting = [asyncio.ensure_future(service.drained()) for service in self._running]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=drain_s)
            for future in late:
                future.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        await self._close_all()

    async def _close_all(self) -> None:
        while self._running:
            service = self._running.pop()
            try:
                await service.close()
            except Exception:
                log.exception("%s could not close", service.name)
