"""The lifespan of an ASGI application: told when the server starts and when it stops."""

import asyncio
import logging
from typing import Any

from ..errors import SennitError
from .asgi_call import Application, Message
from .asgi_scope import VERSIONS

log = logging.getLogger("sennit.compat")

STARTUP_S = 60
"""For the application to say that it has started."""
SHUTDOWN_S = 10


class Lifespan:
    """`state`: what the application keeps for its requests. One that raises on `lifespan` does not take part, as ASGI has it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.state: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises SennitError compat.E001 when the application says that it cannot start, compat.E002 when it says nothing."""
        self.state = {}
        self._stopping = asyncio.Event()
        self._started: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._stopped = asyncio.Event()
        self._is_told = False
        self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(STARTUP_S):
                failure = await asyncio.shield(self._started)
        except TimeoutError:
            self._task.cancel()
            raise _failed(
                code="compat.E002",
                what=f"said nothing for {STARTUP_S} s after lifespan.startup",
                application=self._application,
            ) from None
        if failure is not None:
            raise _failed(
                code="compat.E001",
                what=f"could not start: {failure or 'it does not say why'}",
                application=self._application,
            )

    async def _run(self) -> None:
        try:
            await self._application(
                {"type": "lifespan", "asgi": dict(VERSIONS), "state": self.state}, self._receive, self._send
            )
        except Exception as error:
            log.info("%r takes no part in lifespan: %r", self._application, error)
        finally:
            self._settle(None)
            self._stopped.set()

    async def _receive(self) -> Message:
        if not self._is_told:
            self._is_told = True
            return {"type": "lifespan.startup"}
        await self._stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._settle(None)
        elif kind == "lifespan.startup.failed":
            self._settle(str(message.get("message", "")))
        elif kind == "lifespan.shutdown.failed":
            log.error("%r could not shut down: %s", self._application, message.get("message", ""))
        if kind.startswith("lifespan.shutdown."):
            self._stopped.set()

    def _settle(self, failure: str | None) -> None:
        if not self._started.done():
            self._started.set_result(failure)

    async def stop(self) -> None:
        """Waits 10 s at most."""
        if self._task is None:
            return
        self._stopping.set()
        try:
            async with asyncio.timeout(SHUTDOWN_S):
                await self._stopped.wait()
                await asyncio.wait({self._task})
        except TimeoutError:
            log.warning("%r did not shut down in %g s", self._application, SHUTDOWN_S)
        self._task.cancel()


def _failed(*, code: str, what: str, application: object) -> SennitError:
    return SennitError(
        code=code,
        what=f"a mounted ASGI application {what}",
        where=repr(application),
        fix="see its log for the cause; it must answer lifespan.startup with lifespan.startup.complete",
    )
