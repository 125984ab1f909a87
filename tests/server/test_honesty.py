"""Asyncio inside handlers: whatever a plain Task can do, a handler can.

Written against the promise and not against how it is kept: a handler may run in an `asyncio.Task` or in a lighter
object. `isinstance(task, asyncio.Task)` is the one thing that is not promised; `asyncio_task=True` promises it.
"""

import asyncio
import contextvars
import gc
import logging
import weakref

import pytest

from sennit import App, EventStream
from sennit.server import HttpServer
from sennit.web.route import RouteOptions

REAL = [{}, *([{"asyncio_task": True}] if "asyncio_task" in RouteOptions.__dataclass_fields__ else [])]


class Site:
    """An app behind a real server, asked over raw connections."""

    def __init__(self, app, dial, clock_at=None):
        self.app, self._dial, self.now = app, dial, 1000.0

    async def start(self, **limits):
        self.runtime = self.app.build(self.app.settings("test", {}, {"limits": limits}), "test")
        self.server = HttpServer("tcp:0", self.runtime.site, limits=self.runtime.limits, clock=lambda: self.now)
        await self.server.start()

    async def ask(self, method="GET", path="/", client=None):
        client = client or await self._dial(self)
        return await client.ask(f"{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode(), method)

    async def leave_after(self, method, path, condition, until):
        """Ask, and be gone once `condition()` holds."""
        client = await self._dial(self)
        client.send(f"{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        await until(condition)
        client.writer.transport.abort()


@pytest.fixture
async def site_of(dial):
    """`site = await site_of(app)`"""
    started = []

    async def start(app, **limits):
        site = Site(app, dial)
        await site.start(**limits)
        started.append(site)
        return site

    yield start
    for site in started:
        await site.server.close()
        site.runtime.site.close()


@pytest.fixture(params=REAL, ids=["as it comes", "asyncio_task"][: len(REAL)])
def options(request):
    """Of the route under test."""
    return request.param


@pytest.fixture
def inside(site_of, options, caplog):
    """`await inside(check)` runs `check()` in a GET handler; what it raises is raised, and the loop had nothing to say."""

    async def run(check, method="GET"):
        outcome = []
        said = []
        app = App()

        @app.route("/", methods=(method,), **options)
        async def handler():
            try:
                outcome.append(await check())
            except BaseException as error:
                outcome.append(error)
            return "done"

        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        answer = await (await site_of(app)).ask(method)
        assert outcome, "the handler did not run to its end"
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        assert (answer.status, answer.body) == (200, b"done")
        gc.collect()
        assert said == []
        return outcome[0]

    return run


class TestCurrentTask:
    async def test_there_is_one_and_it_stays_the_same(self, inside):
        async def deeper():
            await asyncio.sleep(0)
            return asyncio.current_task()

        async def check():
            before = asyncio.current_task()
            assert before is not None
            await asyncio.sleep(0)
            assert asyncio.current_task() is before
            assert await deeper() is before
            await asyncio.sleep(0.001)
            assert asyncio.current_task() is before
            assert asyncio.current_task(asyncio.get_running_loop()) is before

        await inside(check)

    async def test_it_is_not_that_of_whoever_called_the_server(self, inside):
        mine = asyncio.current_task()

        async def check():
            assert asyncio.current_task() is not mine

        await inside(check)
        assert asyncio.current_task() is mine

    async def test_a_real_one_is_promised_on_request_only(self, inside, options):
        async def check():
            return isinstance(asyncio.current_task(), asyncio.Task)

        assert await inside(check) or not options

    async def test_it_can_be_hashed_referred_to_weakly_and_shown(self, inside):
        async def check():
            task = asyncio.current_task()
            assert weakref.ref(task)() is task
            assert {task: 1}[task] == 1
            assert repr(task)
            return repr(task)

        await inside(check)

    async def test_it_has_a_name_that_can_be_changed(self, inside):
        async def check():
            task = asyncio.current_task()
            assert isinstance(task.get_name(), str) and task.get_name()
            task.set_name("mine")
            await asyncio.sleep(0)
            assert task.get_name() == "mine"

        await inside(check)

    async def test_it_tells_its_state(self, inside):
        async def check():
            task = asyncio.current_task()
            assert not task.done() and not task.cancelled() and task.cancelling() == 0
            assert asyncio.iscoroutine(task.get_coro()) or task.get_coro() is not None
            assert task.get_loop() is asyncio.get_running_loop()
            with pytest.raises(asyncio.InvalidStateError):
                task.result()
            with pytest.raises(asyncio.InvalidStateError):
                task.exception()

        await inside(check)

    async def test_all_tasks_lists_it_from_its_first_suspension_on_and_no_longer_than_it_runs(self, inside):
        kept = []

        async def check():
            kept.append(asyncio.current_task())
            await asyncio.sleep(0)
            assert asyncio.current_task() in asyncio.all_tasks()

        await inside(check)
        await asyncio.sleep(0)
        assert kept[0] not in asyncio.all_tasks()
        assert kept[0].done()

    async def test_another_task_can_wait_for_it(self, inside):
        waiters = []

        async def check():
            task = asyncio.current_task()
            seen = []
            task.add_done_callback(seen.append)
            waiters.append((asyncio.create_task(asyncio.wait({task})), task, seen))
            await asyncio.sleep(0)

        await inside(check)
        waiter, task, seen = waiters[0]
        done, _ = await asyncio.wait_for(waiter, 5)
        assert done == {task} and task.done() and task.exception() is None
        await asyncio.sleep(0)
        assert seen == [task]

    async def test_each_request_has_its_own(self, site_of, options):
        app, tasks = App(), []

        @app.get("/", **options)
        async def handler():
            await asyncio.sleep(0)
            tasks.append(asyncio.current_task())
            return "done"

        site = await site_of(app)
        client = await site._dial(site)
        for _ in range(3):
            await site.ask(client=client)
        assert len(set(tasks)) == 3


class TestTime:
    async def test_a_timeout_that_expires(self, inside):
        async def check():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await asyncio.sleep(30)
            assert asyncio.current_task().cancelling() == 0
            await asyncio.sleep(0)

        await inside(check)

    async def test_a_timeout_that_has_expired_already(self, inside):
        async def check():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await asyncio.sleep(0)
                    await asyncio.sleep(30)

        await inside(check)

    async def test_a_timeout_that_does_not_expire(self, inside):
        async def check():
            async with asyncio.timeout(30) as scope:
                await asyncio.sleep(0)
            assert not scope.expired()
            async with asyncio.timeout(30):
                pass  # never suspended

        await inside(check)

    async def test_nested_timeouts(self, inside):
        async def check():
            async with asyncio.timeout(30):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await asyncio.sleep(30)
                await asyncio.sleep(0)

        await inside(check)

    async def test_wait_for(self, inside):
        async def check():
            assert await asyncio.wait_for(asyncio.sleep(0, "value"), 5) == "value"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.001)

        await inside(check)


class TestGroups:
    async def test_a_task_group_gives_the_results(self, inside):
        async def check():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(asyncio.sleep(0, n)) for n in range(5)]
            return [task.result() for task in tasks]

        assert await inside(check) == [0, 1, 2, 3, 4]

    async def test_a_failing_child_ends_its_siblings_and_the_handler_goes_on(self, inside):
        async def check():
            cancelled = []

            async def fails():
                await asyncio.sleep(0)
                raise ValueError("child")

            async def waits():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled.append(True)
                    raise

            with pytest.raises(ExceptionGroup) as caught:
                async with asyncio.TaskGroup() as group:
                    group.create_task(waits())
                    group.create_task(fails())
                    await asyncio.Event().wait()
            assert [str(error) for error in caught.value.exceptions] == ["child"]
            assert cancelled == [True]
            assert asyncio.current_task().cancelling() == 0
            await asyncio.sleep(0)

        await inside(check)

    async def test_a_failing_body(self, inside):
        async def check():
            with pytest.raises(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.Event().wait())
                    raise ValueError("body")

        await inside(check)

    async def test_gather(self, inside):
        async def check():
            async def fails():
                raise ValueError("child")

            assert await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2)) == [1, 2]
            one, two = await asyncio.gather(asyncio.sleep(0, 1), fails(), return_exceptions=True)
            assert one == 1 and str(two) == "child"
            with pytest.raises(ValueError, match="child"):
                await asyncio.gather(asyncio.sleep(0), fails())

        await inside(check)

    async def test_wait_and_as_completed(self, inside):
        async def check():
            tasks = [asyncio.create_task(asyncio.sleep(0, n)) for n in range(3)]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            assert done
            assert sorted([await each for each in asyncio.as_completed(tasks)]) == [0, 1, 2]
            assert not [task for task in pending if not task.done()]

        await inside(check)


class TestSynchronizing:
    async def test_locks_events_queues_semaphores_conditions_barriers(self, inside):
        async def check():
            lock, event, queue = asyncio.Lock(), asyncio.Event(), asyncio.Queue(1)
            semaphore, condition, barrier = asyncio.Semaphore(1), asyncio.Condition(), asyncio.Barrier(2)

            async def other():
                async with lock, semaphore:
                    await queue.put("item")
                event.set()
                async with condition:
                    condition.notify_all()
                await barrier.wait()

            async with condition:
                task = asyncio.create_task(other())
                async with lock:
                    await asyncio.sleep(0)
                assert await queue.get() == "item"
                await event.wait()
                await condition.wait()
            await barrier.wait()
            await task

        await inside(check)

    async def test_handlers_wait_for_each_other(self, site_of, options):
        app, lock, order = App(), asyncio.Lock(), []

        @app.get("/{name}", **options)
        async def handler(name: str):
            async with lock:
                order.append(f"{name} in")
                await asyncio.sleep(0.002)
                order.append(f"{name} out")
            return name

        site = await site_of(app)
        answers = await asyncio.gather(*(site.ask(path=f"/{n}") for n in range(4)))
        assert sorted(answer.body for answer in answers) == [b"0", b"1", b"2", b"3"]
        assert [line.split()[1] for line in order] == ["in", "out"] * 4

    async def test_to_thread_carries_context_variables(self, inside):
        variable = contextvars.ContextVar("variable")

        async def check():
            variable.set("mine")
            return await asyncio.to_thread(variable.get)

        assert await inside(check) == "mine"

    async def test_from_a_thread_back_to_the_loop(self, inside):
        async def check():
            loop = asyncio.get_running_loop()
            return await asyncio.to_thread(
                lambda: asyncio.run_coroutine_threadsafe(asyncio.sleep(0, 7), loop).result(5)
            )

        assert await inside(check) == 7

    async def test_child_tasks_and_callbacks_inherit_the_context(self, inside):
        variable = contextvars.ContextVar("variable", default="unset")

        async def check():
            variable.set("mine")

            async def child():
                return variable.get()

            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(lambda: future.set_result(variable.get()))
            assert await asyncio.create_task(child()) == "mine"
            assert await future == "mine"

        await inside(check)

    async def test_async_generators_and_context_managers(self, inside):
        async def check():
            ended = []

            async def numbers():
                try:
                    for n in range(3):
                        yield n
                        await asyncio.sleep(0)
                finally:
                    await asyncio.sleep(0)
                    ended.append(True)

            assert [n async for n in numbers()] == [0, 1, 2]
            assert ended == [True]

        await inside(check)


class TestContextVariables:
    async def test_nothing_leaks_from_one_request_to_the_next(self, site_of, options):
        variable = contextvars.ContextVar("variable", default="unset")
        app = App()

        @app.get("/{value}", **options)
        async def handler(value: str):
            before = variable.get()
            variable.set(value)
            await asyncio.sleep(0)
            return f"{before} {variable.get()}"

        @app.get("/", **options)
        async def never_suspends():
            before = variable.get()
            variable.set("at once")
            return before

        site = await site_of(app)
        client = await site._dial(site)
        for value in ("a", "b"):
            assert (await site.ask(path=f"/{value}", client=client)).body == f"unset {value}".encode()
            assert (await site.ask(client=client)).body == b"unset"
        answers = await asyncio.gather(*(site.ask(path=f"/{n}") for n in range(20)))
        assert [answer.body for answer in answers] == [f"unset {n}".encode() for n in range(20)]
        assert variable.get() == "unset"

    async def test_pipelined_requests_are_apart_too(self, site_of, options):
        variable = contextvars.ContextVar("variable", default="unset")
        app = App()

        @app.get("/", **options)
        async def handler():
            before = variable.get()
            variable.set("set")
            await asyncio.sleep(0)
            return before

        site = await site_of(app)
        client = await site._dial(site)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n" * 5)
        assert [(await client.answer()).body for _ in range(5)] == [b"unset"] * 5

    async def test_middleware_provider_and_handler_share_one_context(self, site_of, options):
        variable = contextvars.ContextVar("variable", default=())
        app = App()

        @app.middleware
        async def first(request, next):
            variable.set((*variable.get(), "middleware"))
            return await next(request)

        @app.provide
        async def second():
            variable.set((*variable.get(), "provider"))
            return 1

        @app.get("/", **options)
        async def handler(second):
            return " ".join(variable.get())

        assert (await (await site_of(app)).ask()).body == b"middleware provider"


class TestCancelling:
    """A client that goes: safe methods are cancelled, others finish, `cancel=` says otherwise."""

    @pytest.mark.parametrize(
        ("method", "cancel", "is_cancelled"),
        [
            ("GET", None, True),
            ("GET", False, False),
            ("POST", None, False),
            ("POST", True, True),
            ("DELETE", None, False),
        ],
    )
    async def test_r22_when_the_client_goes(self, site_of, until, options, method, cancel, is_cancelled):
        app, state, go_on = App(), [], asyncio.Event()

        @app.route("/", methods=(method,), cancel=cancel, **options)
        async def handler():
            state.append("began")
            try:
                await go_on.wait()
                state.append("finished")
            except asyncio.CancelledError:
                state.append("cancelled")
                raise
            finally:
                await asyncio.sleep(0)  # clean-up may wait
                state.append("cleaned up")
            return "done"

        site = await site_of(app)
        await site.leave_after(method, "/", lambda: state, until)
        await until(lambda: all(connection.has_eof for connection in site.server.listener.connections))
        if not is_cancelled:
            assert state == ["began"]
            go_on.set()
        await until(lambda: len(state) == 3)
        assert state == ["began", "cancelled" if is_cancelled else "finished", "cleaned up"]
        await until(lambda: not site.server.tasks)

    async def test_clean_up_that_waits_is_not_cancelled_again(self, site_of, until, options):
        """The end of input and the end of the connection are two events."""
        app, state, go_on = App(), [], asyncio.Event()

        @app.get("/", **options)
        async def handler():
            state.append("began")
            try:
                await asyncio.Event().wait()
            finally:
                await go_on.wait()
                state.append("cleaned up")

        site = await site_of(app)
        client = await site._dial(site)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        await until(lambda: state)
        client.writer.write_eof()
        await until(lambda: all(connection.has_eof for connection in site.server.listener.connections))
        client.writer.transport.abort()
        for connection in tuple(site.server.listener.connections):
            connection.abort()
        await until(lambda: not site.server.listener.connections)
        go_on.set()
        await until(lambda: len(state) == 2)

    async def test_cancelling_is_counted_and_can_be_taken_back(self, site_of, until, options):
        app, state = App(), []

        @app.get("/", **options)
        async def handler():
            task = asyncio.current_task()
            state.append(task.cancelling())
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                state.append(task.cancelling())
                state.append(task.uncancel())
            await asyncio.sleep(0)
            state.append("goes on")
            return "nobody reads this"

        site = await site_of(app)
        await site.leave_after("GET", "/", lambda: state, until)
        await until(lambda: len(state) == 4)
        assert state == [0, 1, 0, "goes on"]

    async def test_a_disconnect_inside_a_timeout_is_no_timeout(self, site_of, until, options):
        app, state = App(), []

        @app.get("/", **options)
        async def handler():
            state.append("began")
            try:
                async with asyncio.timeout(30):
                    await asyncio.Event().wait()
            except BaseException as error:
                state.append(type(error))
                raise

        site = await site_of(app)
        await site.leave_after("GET", "/", lambda: state, until)
        await until(lambda: len(state) == 2)
        assert state[1] is asyncio.CancelledError

    async def test_a_disconnect_inside_a_group_ends_the_children(self, site_of, until, options):
        app, state = App(), []

        async def child():
            try:
                await asyncio.Event().wait()
            finally:
                state.append("child ended")

        @app.get("/", **options)
        async def handler():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(child())
                    await asyncio.sleep(0)
                    state.append("began")
            finally:
                state.append("handler ended")

        site = await site_of(app)
        await site.leave_after("GET", "/", lambda: state, until)
        await until(lambda: len(state) == 3)
        assert state == ["began", "child ended", "handler ended"]

    async def test_what_is_shielded_goes_on(self, site_of, until, options):
        app, state, go_on = App(), [], asyncio.Event()

        async def work():
            await go_on.wait()
            state.append("worked")

        @app.get("/", **options)
        async def handler():
            state.append("began")
            try:
                await asyncio.shield(work())
            except asyncio.CancelledError:
                state.append("cancelled")
                raise

        site = await site_of(app)
        await site.leave_after("GET", "/", lambda: state, until)
        await until(lambda: "cancelled" in state)
        go_on.set()
        await until(lambda: "worked" in state)

    async def test_a_stream_is_closed_and_its_finally_runs(self, site_of, until):
        app, state = App(), []

        @app.get("/")
        async def handler():
            async def events():
                try:
                    while True:
                        yield "x" * 10_000
                finally:
                    await asyncio.sleep(0)
                    state.append("closed")

            return EventStream(events())

        site = await site_of(app)
        client = await site._dial(site)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        await client.reader.readuntil(b"\r\n\r\n")
        client.writer.transport.abort()
        await until(lambda: state)
        await until(lambda: not site.server.tasks)

    async def test_a_handler_can_be_cancelled_by_another(self, site_of, until, options):
        app, running, state = App(), [], []

        @app.get("/wait", **options)
        async def wait():
            running.append(asyncio.current_task())
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                state.append(error.args)
                raise

        @app.get("/cancel", **options)
        async def cancel():
            return str(running[0].cancel("enough"))

        site = await site_of(app)
        waiter = await site._dial(site)
        waiter.send(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n")
        await until(lambda: running)
        assert (await site.ask(path="/cancel")).body == b"True"
        await until(lambda: state)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await waiter.answer()  # there is no answer: the connection is cut
        assert (await site.ask(path="/cancel")).body == b"False"  # it has ended
        assert state == [("enough",)]

    async def test_a_cancelled_await_of_a_handler_that_awaits_a_task(self, site_of, until, options):
        """Cancelling goes through to what is awaited, as in a Task."""
        app, state = App(), []

        async def inner():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                state.append("inner")
                raise

        @app.get("/", **options)
        async def handler():
            task = asyncio.create_task(inner())
            await asyncio.sleep(0)
            state.append("began")
            try:
                await task
            finally:
                state.append(task.cancelled())

        site = await site_of(app)
        await site.leave_after("GET", "/", lambda: state, until)
        await until(lambda: len(state) == 3)
        assert state == ["began", "inner", True]

    async def test_closing_the_server_cancels_what_waits(self, site_of, until, options):
        app, state = App(), []

        @app.post("/", **options)
        async def handler():
            state.append("began")
            try:
                await asyncio.Event().wait()
            finally:
                state.append("ended")

        site = await site_of(app)
        client = await site._dial(site)
        client.send(b"POST / HTTP/1.1\r\nHost: test\r\n\r\n")
        await until(lambda: state)
        await site.server.close()
        assert state == ["began", "ended"]


class TestMistakes:
    async def test_an_exception_is_a_500_and_not_one_that_nobody_retrieved(self, site_of, options, caplog):
        app, said = App(), []

        @app.get("/now", **options)
        async def now():
            raise ValueError("a mistake")

        @app.get("/later", **options)
        async def later():
            await asyncio.sleep(0)
            raise ValueError("a mistake")

        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        site = await site_of(app)
        with caplog.at_level(logging.ERROR):
            assert [(await site.ask(path=path)).status for path in ("/now", "/later")] == [500, 500]
        gc.collect()
        assert said == []
        assert len([record for record in caplog.records if record.exc_info]) == 2

    @pytest.mark.parametrize("awaited", [3, None, "text", object()], ids=["int", "None yielded", "str", "object"])
    async def test_awaiting_what_is_no_future_is_the_error_that_a_task_raises(self, inside, awaited):
        class Odd:
            def __await__(self):
                yield awaited

        async def check():
            if awaited is None:
                return await Odd()  # a bare yield gives the loop a turn
            with pytest.raises(RuntimeError):
                await Odd()
            return None

        await inside(check)

    async def test_awaiting_itself_is_refused(self, inside):
        async def check():
            with pytest.raises(RuntimeError):
                await asyncio.current_task()

        await inside(check)

    async def test_the_loop_of_a_debugger_is_served_too(self, inside):
        asyncio.get_running_loop().set_debug(True)

        async def check():
            async with asyncio.timeout(5):
                await asyncio.to_thread(str)

        await inside(check)
