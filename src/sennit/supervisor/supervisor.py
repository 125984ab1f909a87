"""The process above the workers: starts them, watches them, replaces them, and never imports the program itself.

It owns the listening sockets and the relay of bus/unix. A reload brings a whole new generation of workers up before the old one
drains; whatever is wrong with the new code, the old workers go on.
"""

import asyncio
import logging
import random
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

from ..bus import Relay
from ..errors import SennitError
from .back_off import BackOff
from .listening import ListeningSockets, shares
from .messages import Beat, FromWorker, Plan, Ready, Refused, Released, Sockets
from .notify import Notifier
from .pid_file import PidFile
from .privileges import Privileges
from .recycling import Recycling
from .spawning import Spawn
from .watching import DUMP_S, fault, is_late
from .worker import Worker, ending

log = logging.getLogger("sennit.supervisor")

LOOK_S = 1.0
MARGIN_S = 5.0
"""Beyond the drain time, for `on_stop` functions and closing, before a worker is killed."""
MOST_DRAINING = 3
"""Generations that may be draining at a time; an older one is ended."""
RECYCLE_AGAIN_S = 30.0
"""After a replacement that did not come up."""


class Supervisor:
    """`await run()` gives the exit status. SIGHUP reloads, SIGTERM and SIGINT stop, SIGTTIN and SIGTTOU add and take a worker.

    spawn: starts a worker process. privileges: assumed for good once the first workers are up.
    """

    def __init__(
        self,
        spawn: Spawn,
        *,
        privileges: Privileges | None = None,
        notifier: Notifier | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workers: list[Worker] = []
        self.generation = 0
        self.sockets = ListeningSockets()
        self.relay = Relay()
        self._spawn_process = spawn
        self._privileges = privileges
        self._notifier = notifier or Notifier({})
        self._clock = clock
        self._plan: Plan | None = None
        """Of the generation that serves; `_next_plan` of the one that comes up, which may never serve."""
        self._next_plan: Plan | None = None
        self._pid_file: PidFile | None = None
        self._more = 0
        self._back_off = BackOff()
        self._services_back_off = BackOff()
        self._is_stopping = self._wants_reload = self._is_recycling = False
        self._reloading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._recycle_after = self._services_after = 0.0
        self._failed_status = 1
        self._ended = asyncio.Event()

    # ── life ─────────────────────────────────────────────────────────────────

    async def run(self) -> int:
        """Until stopped; or the status of the first worker when that cannot start. Raises SennitError serve.E007."""
        self._loop = asyncio.get_running_loop()
        self._signals()
        self._look()
        try:
            if await self._bring_up(1):
                self._settle(1)
                if self._privileges is not None:
                    self._privileges.assume()
                self._notifier.ready(self._status())
            elif not self._is_stopping:
                return self._failed_status
            await self._ended.wait()
            return 0
        finally:
            self.relay.close()
            self.sockets.close()
            if self._pid_file is not None:
                self._pid_file.release()

    def _signals(self) -> None:
        for number, act in (
            (signal.SIGCHLD, self._reap),
            (signal.SIGHUP, self.reload),
            (signal.SIGTERM, self.stop),
            (signal.SIGINT, self.stop),
            (signal.SIGQUIT, self.stop_now),
            (signal.SIGTTIN, lambda: self._scale(1)),
            (signal.SIGTTOU, lambda: self._scale(-1)),
        ):
            self._loop.add_signal_handler(number, act)

    def stop(self) -> None:
        """Every worker drains; the second time they are killed."""
        if self._is_stopping:
            self.stop_now()
            return
        self._is_stopping = True
        self._notifier.stopping()
        log.info("stopping: %g s at most for what is in hand", self._drain_s)
        for worker in self.workers:
            worker.drain(self._clock() + self._drain_s + MARGIN_S, hands_over=False)
        self.sockets.close()
        self._check_ended()

    def stop_now(self) -> None:
        self._is_stopping = True
        log.warning("stopping at once: what is in hand is lost")
        for worker in self.workers:
            worker.kill("the supervisor was told to stop at once")
        self._check_ended()

    # ── generations ──────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Bring up new workers, then let the old ones drain. Asked for while one is under way: once more, after it."""
        if self._is_stopping or not self.generation:
            return
        self._wants_reload = True
        if self._reloading is None:
            self._reloading = self._loop.create_task(self._reload())

    async def _reload(self) -> None:
        self._notifier.reloading()
        try:
            while self._wants_reload and not self._is_stopping:
                self._wants_reload = False
                await self._reload_once(self.generation + 1)
        finally:
            self._reloading = None
        if not self._is_stopping:
            self._notifier.ready(self._status())

    async def _reload_once(self, generation: int) -> None:
        log.info("reloading: new workers start, the old ones serve on")
        try:
            is_up = await self._bring_up(generation)
        except SennitError as error:
            log.error("%s", error)
            is_up = False
        if is_up:
            self._settle(generation)
        elif not self._is_stopping:
            log.error("the reload failed, see the error above: the old workers serve on")

    async def _bring_up(self, generation: int) -> bool:
        """One worker first: what is wrong with the program is said once, and nobody creates tables at the same time."""
        first = self._spawn(0, generation)
        if not await first.is_up:
            return False
        self._next_plan = first.plan
        others = [self._spawn(slot, generation) for slot in range(1, self._count_of(first.plan))]
        await asyncio.gather(*(worker.is_up for worker in others))
        return not self._is_stopping

    def _settle(self, generation: int) -> None:
        """This generation serves from now on; those before it drain."""
        self.generation = generation
        self._plan = plan = self._next_plan
        old = [worker for worker in self.workers if worker.generation < generation]
        for worker in old:
            if not worker.is_draining:
                self._retire(worker)
            elif worker.generation < generation - MOST_DRAINING:
                worker.end_now()
        if plan is not None:
            self.sockets.keep_only([*plan.endpoints, *plan.single])
        log.info(self._status())
        self._top_up()
        self._share()

    def _retire(self, worker: Worker) -> None:
        """Others have its work: it finishes what is in hand."""
        worker.drain(self._clock() + self._drain_s + MARGIN_S, hands_over=True)

    @property
    def _count(self) -> int:
        return self._count_of(self._plan)

    def _count_of(self, plan: Plan | None) -> int:
        return max(1, (1 if plan is None else plan.workers) + self._more)

    @property
    def _drain_s(self) -> float:
        return 30.0 if self._plan is None else self._plan.drain_s

    def _status(self) -> str:
        pids = ", ".join(str(worker.pid) for worker in self.workers if worker.is_serving)
        return f"serving with {self._count} worker{'s' if self._count > 1 else ''}: {pids}"

    # ── starting and replacing ───────────────────────────────────────────────

    def _spawn(self, slot: int, generation: int) -> Worker:
        spawned = self._spawn_process()
        worker = Worker(spawned, slot, generation, self._clock())
        self.workers.append(worker)
        worker.listen(self._said)
        self._in_background(self.relay.join(spawned.bus))
        return worker

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _top_up(self) -> None:
        """Start what is missing in the generation that serves."""
        if self._is_stopping or not self.generation:
            return
        there = {w.slot for w in self.workers if w.generation == self.generation and not w.is_draining}
        try:
            for slot in range(self._count):
                if slot not in there:
                    self._spawn(slot, self.generation)
        except SennitError as error:
            wait_s = self._back_off.after(0)
            log.error("%s\nit is tried again in %g s", error, wait_s)
            self._loop.call_later(wait_s, self._top_up)

    def _scale(self, by: int) -> None:
        if self._is_stopping or not self.generation or self._count + by < 1:
            return
        self._more += by
        log.info("one worker %s: %d", "more" if by > 0 else "fewer", self._count)
        for worker in self.workers:
            if worker.generation == self.generation and worker.slot >= self._count and not worker.is_draining:
                self._retire(worker)
        self._top_up()
        self._share()

    def _reap(self) -> None:
        for worker in list(self.workers):
            status = worker.has_ended()
            if status is not None:
                self._buried(worker, status)

    def _buried(self, worker: Worker, status: int) -> None:
        self.workers.remove(worker)
        worker.let_go()
        was_wanted = worker.generation == self.generation and not worker.is_draining and not self._is_stopping
        if worker.generation > self.generation:
            self._failed_status = status if status > 0 else 1
        if was_wanted:
            self._replace(worker, status)
        elif status and not self._is_stopping:
            log.error("worker %d %s%s", worker.pid, ending(status), _because(worker))
        else:
            log.info("worker %d has ended", worker.pid)
        self._share()
        self._check_ended()

    def _replace(self, worker: Worker, status: int) -> None:
        lived_s = worker.lived_s(self._clock())
        wait_s = self._back_off.after(lived_s)
        lived = f"after {lived_s:.0f} s" if worker.ready_at is not None else "before it was ready"
        when = f"another one starts in {wait_s:g} s" if wait_s else "another one starts"
        log.error("worker %d %s %s%s; %s", worker.pid, ending(status), lived, _because(worker), when)
        self._loop.call_later(wait_s, self._top_up)

    def _check_ended(self) -> None:
        if self._is_stopping and not self.workers:
            self._ended.set()

    # ── what workers say ─────────────────────────────────────────────────────

    def _said(self, worker: Worker, message: FromWorker) -> None:
        worker.heard_at = self._clock()
        if isinstance(message, Beat):
            self._check_recycling(worker, message)
        elif isinstance(message, Plan):
            self._admit(worker, message)
        elif isinstance(message, Ready):
            self._ready(worker, message)
        else:
            self._released(worker, message)

    def _admit(self, worker: Worker, plan: Plan) -> None:
        """Give it the sockets that it needs, or say why they cannot be had."""
        worker.plan = plan
        try:
            self._take_pid_file(plan)
            for endpoint in plan.endpoints:
                self.sockets.open(endpoint, worker.slot)
            for endpoint in plan.single:
                self.sockets.open(endpoint, 0)
        except SennitError as error:
            worker.tell(Refused(error.code, error.what, error.where, error.fix))
            return
        worker.recycling = Recycling(plan, random.random)
        # The very first worker starts the services too, so that their mistakes end the start as all others do.
        worker.has_services = plan.has_services and not self.generation and self._services_worker() is None
        self._send_sockets(worker)
        self._share()

    def _take_pid_file(self, plan: Plan) -> None:
        if plan.pid_file is not None and self._pid_file is None:
            file = PidFile(plan.pid_file)
            file.take()
            self._pid_file = file

    def _ready(self, worker: Worker, message: Ready) -> None:
        worker.ready_at = self._clock()
        log.info("worker %d is ready", worker.pid)
        if not self.generation and worker.slot == 0 and worker.plan is not None:
            for address in message.addresses:
                log.info("%s is at %s", worker.plan.title, address)
        worker.is_up.set_result(True)
        self._share()

    def _released(self, worker: Worker, message: Released) -> None:
        worker.has_services = False
        if not message.has_failed:
            self._share()
            return
        wait_s = self._services_back_off.after(0)
        self._services_after = self._clock() + wait_s
        log.error("worker %d could not start the services, see above; they are tried again in %g s", worker.pid, wait_s)

    # ── who listens where, who has the services ──────────────────────────────

    def _share(self) -> None:
        """Every socket has a worker that answers, and the services have one; tell those for whom something changes."""
        if self._is_stopping:
            return
        now = self._clock()
        able = [w for w in self.workers if w.is_serving and not is_late(w, now)]
        dealt = shares(self.sockets.slots(), (worker.slot for worker in able))
        heir = self._heir(able)
        for worker in able:
            if worker.listens_on != dealt[worker.slot] or worker is heir:
                worker.listens_on = dealt[worker.slot]
                worker.has_services = worker.has_services or worker is heir
                self._send_sockets(worker)

    def _heir(self, able: list[Worker]) -> Worker | None:
        """Who takes the services, when nobody has them."""
        if self._plan is None or not self._plan.has_services or self._services_worker() is not None:
            return None
        if self._clock() < self._services_after:
            return None
        ours = [worker for worker in able if worker.generation == self.generation]
        return min(ours, key=lambda worker: worker.slot, default=None)

    def _services_worker(self) -> Worker | None:
        return next((worker for worker in self.workers if worker.has_services), None)

    def _send_sockets(self, worker: Worker) -> None:
        plan = worker.plan
        if plan is None:
            return
        each = {text: self.sockets.of(text, worker.listens_on) for text in plan.endpoints}
        single = {text: self.sockets.of(text, (0,)) for text in plan.single} if worker.has_services else {}
        message = Sockets(
            {text: len(opened) for text, opened in each.items()},
            {text: len(opened) for text, opened in single.items()} if worker.has_services else None,
        )
        descriptors = [opened.fileno() for group in (each, single) for sockets in group.values() for opened in sockets]
        worker.tell(message, descriptors)

    # ── by the clock ─────────────────────────────────────────────────────────

    def _look(self) -> None:
        self._loop.call_later(min(LOOK_S, self._notifier.watchdog_s / 2 or LOOK_S), self._look)
        now = self._clock()
        for worker in self.workers:
            why = fault(worker, now)
            if why and not worker.killed_for:
                worker.killed_for = why
                worker.dump()
                self._loop.call_later(DUMP_S, worker.kill, why)
        self._share()
        if self._notifier.watchdog_s and any(w.is_serving and not is_late(w, now) for w in self.workers):
            self._notifier.alive()

    def _check_recycling(self, worker: Worker, beat: Beat) -> None:
        why = worker.recycling.reason(beat) if worker.recycling is not None else ""
        is_free = not self._is_recycling and self._reloading is None and self._clock() >= self._recycle_after
        if why and is_free and worker.is_serving and worker.generation == self.generation and not self._is_stopping:
            self._is_recycling = True
            log.info("worker %d is replaced: %s", worker.pid, why)
            self._in_background(self._recycle(worker))

    async def _recycle(self, worker: Worker) -> None:
        """One at a time, the new one first."""
        try:
            is_up = await self._spawn(worker.slot, worker.generation).is_up
        except SennitError as error:
            log.error("%s", error)
            is_up = False
        finally:
            self._is_recycling = False
        if is_up and not worker.is_draining:
            self._retire(worker)
        elif not is_up:
            self._recycle_after = self._clock() + RECYCLE_AGAIN_S
        self._share()


def _because(worker: Worker) -> str:
    return f" ({worker.killed_for})" if worker.killed_for else ""
