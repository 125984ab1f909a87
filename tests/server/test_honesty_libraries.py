"""Libraries that look closely at the task they run in: anyio, asyncpg, psycopg, SQLAlchemy, httpx2, all inside handlers."""

import asyncio
import contextlib
from collections.abc import Iterator

import anyio
import anyio.from_thread
import anyio.to_thread
import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from postgresql import USER, PostgreSQL
from sennit import App
from sennit.server import HttpServer
from sennit.web.route import RouteOptions

REAL = [{}, *([{"asyncio_task": True}] if "asyncio_task" in RouteOptions.__dataclass_fields__ else [])]


@pytest.fixture(params=REAL, ids=["as it comes", "asyncio_task"][: len(REAL)])
async def inside(request, dial):
    """`await inside(check)` gives what `check(address)` returns inside a handler, or raises what it raises."""

    @contextlib.asynccontextmanager
    async def served(app):
        runtime = app.build(app.settings("test", {}), "test")
        server = HttpServer("tcp:0", runtime.site)
        await server.start()
        try:
            yield server
        finally:
            await server.close()
            runtime.site.close()

    async def run(check):
        outcome, app = [], App()

        @app.get("/", **request.param)
        async def handler():
            try:
                outcome.append(await check(f"http://127.0.0.1:{server.addresses[0].port}/other"))
            except BaseException as error:
                outcome.append(error)

            return "done"

        @app.get("/other", **request.param)
        async def other():
            await asyncio.sleep(0)
            return "other"

        async with served(app) as server:
            running = type("Running", (), {"server": server})
            client = await dial(running)
            answer = await client.ask(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        assert answer.status == 200
        return outcome[0]

    return run


class TestAnyio:
    async def test_deadlines(self, inside):
        async def check(_):
            with pytest.raises(TimeoutError), anyio.fail_after(0.001):
                await anyio.sleep(30)
            with anyio.move_on_after(0.001) as scope:
                await anyio.sleep(30)
            assert scope.cancelled_caught
            with anyio.fail_after(30):
                await anyio.sleep(0)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await anyio.sleep(30)
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0)
            await anyio.lowlevel.checkpoint()

        await inside(check)

    async def test_task_groups(self, inside):
        async def check(_):
            found = []

            async def child(n):
                await anyio.sleep(0)
                found.append(n)

            async with anyio.create_task_group() as group:
                for n in range(3):
                    group.start_soon(child, n)
            assert sorted(found) == [0, 1, 2]

            async def fails():
                raise ValueError("child")

            with pytest.raises(ExceptionGroup):
                async with anyio.create_task_group() as group:
                    group.start_soon(anyio.sleep, 30)
                    group.start_soon(fails)
            await anyio.sleep(0)

        await inside(check)

    async def test_threads_both_ways(self, inside):
        async def check(_):
            return await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(_double, 21))

        async def _double(n):
            await anyio.sleep(0)
            return 2 * n

        assert await inside(check) == 42

    async def test_streams_locks_events(self, inside):
        async def check(_):
            send, receive = anyio.create_memory_object_stream(1)
            lock, event = anyio.Lock(), anyio.Event()

            async def child():
                async with lock, send:
                    await send.send("item")
                event.set()

            async with anyio.create_task_group() as group, receive:
                group.start_soon(child)
                assert await receive.receive() == "item"
                await event.wait()
            assert anyio.get_current_task().id

        await inside(check)


class TestHttpx2:
    async def test_a_handler_asks_its_own_server(self, inside):
        async def check(address):
            async with httpx2.AsyncClient(trust_env=False) as client:
                answers = await asyncio.gather(*(client.get(address, headers={"host": "test"}) for _ in range(3)))
            return {answer.text for answer in answers}

        assert await inside(check) == {"other"}

    async def test_its_time_out_is_raised_and_not_that_of_the_handler(self, inside):
        async def check(address):
            async with httpx2.AsyncClient(trust_env=False, timeout=0.02) as client:
                with pytest.raises(httpx2.TimeoutException):
                    await client.get(address.replace("/other", "/"), headers={"host": "test"})

        blocked = asyncio.Event()

        async def first_only(address):
            if blocked.is_set():
                await asyncio.sleep(30)
            blocked.set()
            return await check(address)

        await inside(first_only)


class TestSqlite:
    async def test_sqlalchemy_over_aiosqlite(self, inside, tmp_path):
        async def check(_):
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db")
            try:
                async with AsyncSession(engine) as session, session.begin():
                    await session.execute(text("create table t (n integer)"))
                    await session.execute(text("insert into t values (1), (2)"))
                async with engine.connect() as connection:
                    return (await connection.execute(text("select sum(n) from t"))).scalar()
            finally:
                await engine.dispose()

        assert await inside(check) == 3


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.mark.needs("postgresql")
@pytest.mark.xdist_group("postgresql")
class TestPostgreSQL:
    async def test_asyncpg(self, inside, postgresql):
        import asyncpg

        async def check(_):
            connection = await asyncpg.connect(host=postgresql.folder, user=USER, database="postgres")
            try:
                async with connection.transaction():
                    assert await connection.fetchval("select 1 + $1::int", 2) == 3
                with pytest.raises(TimeoutError):
                    await connection.fetchval("select pg_sleep(30)", timeout=0.05)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await connection.fetchval("select pg_sleep(30)")
                return await connection.fetchval("select 'still there'")
            finally:
                await connection.close()

        assert await inside(check) == "still there"

    async def test_psycopg(self, inside, postgresql):
        import psycopg

        async def check(_):
            async with await psycopg.AsyncConnection.connect(
                host=postgresql.folder, user=USER, dbname="postgres"
            ) as connection:
                async with connection.transaction(), connection.cursor() as cursor:
                    await cursor.execute("select 1 + %s::int", (2,))
                    assert await cursor.fetchone() == (3,)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await connection.execute("select pg_sleep(30)")
                await connection.rollback()
                return (await (await connection.execute("select 'still there'")).fetchone())[0]

        assert await inside(check) == "still there"

    @pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
    async def test_sqlalchemy(self, inside, postgresql, driver):
        async def check(_):
            engine = create_async_engine(f"postgresql+{driver}://{USER}@/postgres?host={postgresql.folder}")
            try:
                async with AsyncSession(engine) as session, session.begin():
                    assert (await session.execute(text("select 1 + 2"))).scalar() == 3
                results = await asyncio.gather(*(_select(engine, n) for n in range(4)))
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05), engine.connect() as connection:
                        await connection.execute(text("select pg_sleep(30)"))
                return results, await _select(engine, 4)
            finally:
                await engine.dispose()

        assert await inside(check) == ([0, 1, 2, 3], 4)


async def _select(engine, n):
    async with engine.connect() as connection:
        return (await connection.execute(text(f"select {n}"))).scalar()
