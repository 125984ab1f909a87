"""A worker: one process that serves the app under a supervisor, which owns its sockets and tells it when to end."""

import asyncio
import faulthandler
import logging
import os
import resource
import select
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bus import UnixBus
from ..errors import SennitError
from ..http.limits import limit_value
from ..net import Endpoint, Listener
from ..supervisor import (
    Beat,
    Channel,
    ChannelClosed,
    Drain,
    Plan,
    Ready,
    Refused,
    Released,
    Sockets,
    is_shared,
    usable_cores,
    worker_end,
)
from .runtime import listeners_of
from .serving import loop_factory, settle_memory

if TYPE_CHECKING:
    from ..supervisor.messages import ToWorker
    from .application import App
    from .runtime import Runtime

log = logging.getLogger("sennit.app")

BEAT_S = 1.0
ANSWER_S = 30.0
"""For the supervisor to answer where to listen."""


def serve_supervised(app: "App", overrides: Mapping[str, Any], control: int, bus: int) -> None:
    """Build, start, serve until told to end, and drain. control, bus: the descriptors that the supervisor has given.

    Raises SennitError, or an ExceptionGroup of several, when the app cannot start.
    """
    faulthandler.register(signal.SIGQUIT, all_threads=True)  # written in C: it works while the loop stands still
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = app.settings("serve", os.environ, overrides)
    runtime = app.build(settings, "serve", UnixBus(socket.socket(fileno=bus)))
    channel = worker_end(socket.socket(fileno=control))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(SupervisedWorker(runtime, channel).run())


class SupervisedWorker:
    """What the supervisor says is done here; what it must know is told from here."""

    def __init__(self, runtime: "Runtime", channel: "Channel[ToWorker]") -> None:
        self._runtime = runtime
        self._channel = channel
        self._ending = asyncio.Event()
        self._hands_over = False
        self._has_single = False
        self._starting_single: asyncio.Task[None] | None = None

    async def run(self) -> None:
        self._signals()
        self._runtime.prepare()
        self._agree()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._channel.fileno(), self._receive)
        await self._runtime.start(single=self._has_single)
        self._tell(Ready(self._runtime.addresses))
        settle_memory()
        self._beat()
        await self._ending.wait()
        await self._end()

    # ── starting ─────────────────────────────────────────────────────────────

    def _agree(self) -> None:
        """Tell what is needed and wait for the sockets; nothing runs yet that could be held up by waiting."""
        self._tell(self._plan())
        messages: list[ToWorker] = []
        while not messages:
            if not select.select([self._channel], [], [], ANSWER_S)[0]:
                raise _no_supervisor(f"the supervisor has not answered for {ANSWER_S:g} s")
            try:
                messages = self._channel.receive()
            except ChannelClosed as error:
                raise _no_supervisor(str(error)) from error
        for message in messages:
            self._obey(message)

    def _plan(self) -> Plan:
        settings = self._runtime.settings
        memory = settings.max_memory
        return Plan(
            title=self._runtime.app.title,
            endpoints=[place_of(listener) for listener in listeners_of(self._runtime.services)],
            single=[place_of(listener) for listener in listeners_of(self._runtime.single)],
            has_services=bool(self._runtime.single.services),
            workers=usable_cores() if settings.workers is None else settings.workers,
            drain_s=settings.drain_s,
            hang_s=settings.hang_s,
            max_requests=settings.max_requests,
            max_memory=None if memory is None else int(limit_value("max_memory", memory)),
            pid_file=None if settings.pid_file is None else os.path.abspath(settings.pid_file),
        )

    # ── listening to the supervisor ──────────────────────────────────────────

    def _receive(self) -> None:
        try:
            for message in self._channel.receive():
                self._obey(message)
        except ChannelClosed:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            log.error("the supervisor has gone: this worker ends")
            self._ending.set()

    def _obey(self, message: "ToWorker") -> None:
        if isinstance(message, Refused):
            raise SennitError(code=message.code, what=message.what, where=message.where, fix=message.fix)
        if isinstance(message, Drain):
            if self._ending.is_set() and not message.hands_over:
                self._runtime.hurry()
            self._hands_over = message.hands_over
            self._ending.set()
        else:
            self._listen(message)

    def _listen(self, message: Sockets) -> None:
        self._adopt(listeners_of(self._runtime.services), message.each)
        if message.single is None:
            return
        self._adopt(listeners_of(self._runtime.single), message.single)
        if not self._has_single:
            self._has_single = True
            if self._starting_single is None and self._beats:
                self._starting_single = asyncio.get_running_loop().create_task(self._start_single())

    def _adopt(self, listeners: list[Listener], counts: dict[str, int]) -> None:
        taken = {text: self._channel.take_sockets(count) for text, count in counts.items()}
        for listener in listeners:
            sockets = taken[place_of(listener)]
            listener.adopt([each.dup() for each in sockets], **({"at_once": 1} if is_shared(listener.endpoint) else {}))
        for sockets in taken.values():
            for each in sockets:
                each.close()

    async def _start_single(self) -> None:
        """The services are this worker's now. When they cannot start, it serves on without."""
        log.info("the services run in this worker now")
        try:
            await self._runtime.start_single()
        except Exception:
            log.exception("the services could not start")
            self._has_single = False
            self._tell(Released(has_failed=True))
        self._starting_single = None

    # ── telling the supervisor ───────────────────────────────────────────────

    _beats = False

    def _beat(self) -> None:
        self._beats = True
        requests = sum(server.requests for server in self._runtime.http)
        self._tell(Beat(requests, resident_memory()))
        asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _tell(self, message: Plan | Ready | Beat | Released) -> None:
        try:
            self._channel.send(message)
        except ChannelClosed:
            self._ending.set()

    # ── ending ───────────────────────────────────────────────────────────────

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._terminate)

    def _terminate(self) -> None:
        if self._ending.is_set():
            os._exit(128 + signal.SIGTERM)
        self._ending.set()

    async def _end(self) -> None:
        if self._hands_over:
            self._runtime.hand_over()
        self._runtime.services.drain()
        log.info("draining: %s", "others serve on" if self._hands_over else "the server stops")
        if self._starting_single is not None:
            await self._starting_single
        releasing = asyncio.get_running_loop().create_task(self._release())
        await self._runtime.stop()
        await releasing

    async def _release(self) -> None:
        if self._has_single:
            await self._runtime.release_single()
            self._tell(Released())


def place_of(listener: Listener) -> str:
    """Where a listener's sockets are bound, as text for the supervisor: what rides on them is not its concern."""
    endpoint = listener.endpoint
    if endpoint.scheme == "tls":
        return Endpoint(scheme="tcp", host=endpoint.host, port=endpoint.port, backlog=endpoint.backlog).describe()
    return endpoint.describe()


def resident_memory() -> int:
    """Octets of memory that this process holds now; where the system does not say, the most that it ever held."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _no_supervisor(what: str) -> SennitError:
    return SennitError(
        code="serve.E006",
        what=f"a worker cannot be started: {what}",
        fix="start it with `sennit serve`; `sennit worker` is for the supervisor alone",
    )
