"""PostgreSQL as a server needs it: one plain pool, connections that are replaced, time-outs on everything."""

import asyncio
import time

import pytest

from sennit.errors import Conflict, SennitError, ServiceUnavailable
from sennit.model import Engine, Mapped, Model, column, models_of, relationship
from sennit.model import postgres as postgres_module

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]

KILL = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


class Team(Model):
    name: Mapped[str] = column(unique=True)
    players: Mapped[list["Player"]] = relationship(back_populates="team")


class Player(Model):
    team_id: Mapped[int] = column(references=Team.id)
    age: Mapped[int] = column(default=20, check="age > 0")
    team: Mapped[Team] = relationship(back_populates="players")


async def kill_all(url):
    """End every connection to the database, as a restart of the server does."""
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.fetch(KILL)
    await connection.close()


async def test_many_slow_reads_go_beside_each_other(engine):
    db = engine.reading()

    async def all_of_them():
        await asyncio.gather(*(db.execute("select pg_sleep(0.1)") for _ in range(50)))

    await all_of_them()  # opens the connections
    start = time.monotonic()
    await all_of_them()
    assert time.monotonic() - start < 5 * 0.1 / 2  # ten times less than one after the other; two rounds of 0.1 s
    assert engine.backend.slots.used == postgres_module.READING


async def test_a_read_is_one_statement_and_several_are_one_snapshot(engine):
    async with engine() as db:
        db.add(Team(name="a"))
    db, asked = engine.reading(), []
    connection = await engine.backend.slots.take()
    connection.add_query_logger(lambda record: asked.append(record.query.split()[0]))
    engine.backend.slots.give_back(connection)
    await db.get(Team, 1)
    await asyncio.sleep(0)  # asyncpg tells its loggers in the next turn of the loop
    assert asked == ["SELECT"]
    asked.clear()
    await db.page(Team.all().load(Team.players), 1, 10)
    await asyncio.sleep(0)
    assert asked == ["BEGIN", "SELECT", "SELECT", "SELECT", "COMMIT;"]


class TestConnections:
    async def test_that_died_while_idle_are_replaced(self, engine, database_url):
        async with engine() as db:
            db.add(Team(name="a"))
        for _ in range(3):
            await asyncio.gather(*(engine.reading().get(Team, 1) for _ in range(5)))
            await kill_all(database_url)
            assert (await engine.reading().get(Team, 1)).name == "a"
            assert (await asyncio.to_thread(engine.reading_sync().get, Team, 1)).name == "a"
            async with engine() as db:
                (await db.get(Team, 1)).name = "a"

    async def test_that_die_under_a_unit_of_work_are_a_503_and_the_next_one_works(self, engine, database_url):
        with pytest.raises(ServiceUnavailable) as caught:
            async with engine() as db:
                db.add(Team(name="lost"))
                await db.flush()
                await kill_all(database_url)
                db.add(Team(name="lost too"))
                await db.flush()
        assert "retry-after" in caught.value.headers
        async with engine() as db:
            db.add(Team(name="kept"))
        assert await engine.reading().all(Team.all().values(Team.name)) == ["kept"]

    async def test_of_reads_that_were_cancelled_are_closed(self, engine):
        for _ in range(3):
            task = asyncio.ensure_future(engine.reading().execute("select pg_sleep(60)"))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        while engine.backend.slots._ending:
            await asyncio.wait(set(engine.backend.slots._ending))
        assert engine.backend.slots.used == 0
        assert (await engine.reading().execute("select 1")).rows == [(1,)]

    async def test_beyond_the_pool_are_a_503(self, tmp_path, database_url, monkeypatch):
        monkeypatch.setattr(postgres_module, "READING", 1)
        monkeypatch.setattr(postgres_module, "POOL_WAIT_S", 0.05)
        engine = Engine(database_url, root=tmp_path)
        await engine.start()
        slow = asyncio.ensure_future(engine.reading().execute("select pg_sleep(0.5)"))
        await asyncio.sleep(0)
        with pytest.raises(ServiceUnavailable, match="in use") as caught:
            await engine.reading().execute("select 1")
        assert "retry-after" in caught.value.headers
        await slow
        await engine.dispose()


async def test_a_statement_that_takes_too_long_is_a_503(tmp_path, database_url, monkeypatch):
    monkeypatch.setattr(postgres_module, "STATEMENT_S", 0.1)
    engine = Engine(database_url, root=tmp_path)
    await engine.start()
    await engine.create_tables(models_of([__name__]))
    for run in (
        lambda: engine.reading().execute("select pg_sleep(60)"),
        lambda: asyncio.to_thread(engine.reading_sync().execute, "select pg_sleep(60)"),
    ):
        with pytest.raises(ServiceUnavailable, match="too long"):
            await run()
    with pytest.raises(ServiceUnavailable, match="too long"):
        async with engine() as db:
            await db.execute("select pg_sleep(60)")
    assert (await engine.reading().execute("select 1")).rows == [(1,)]
    await engine.dispose()


class TestRefusals:
    async def test_name_the_fields(self, engine):
        async with engine() as db:
            db.add(Team(name="a"))
        for row, field, word in (
            (Team(name="a"), "name", "taken"),
            (Player(team_id=9), "team_id", "not there"),
        ):
            with pytest.raises(Conflict, match=word) as caught:
                async with engine() as db:
                    db.add(row)
            assert [error["field"] for error in caught.value.errors] == [field]

    async def test_of_writing_where_is_only_read(self, engine):
        for run in (engine.reading().execute, lambda text: asyncio.to_thread(engine.reading_sync().execute, text)):
            with pytest.raises(SennitError) as caught:
                await run("delete from team")
            assert caught.value.code == "model.E010"

    async def test_of_a_deadlock_is_a_conflict_that_a_retry_mends(self, engine):
        async with engine() as db:
            db.add(Team(name="a"), Team(name="b"))
        met = asyncio.Barrier(2)
        tries = []

        async def both(first, second):
            async with engine() as db:

                async def change():
                    tries.append(first)
                    (await db.get(Team, first, lock=True)).name += "x"
                    await db.flush()
                    if len(tries) <= 2:
                        await met.wait()
                    (await db.get(Team, second, lock=True)).name += "x"
                    await db.flush()

                await db.retry(change)

        await asyncio.gather(both(1, 2), both(2, 1))
        assert len(tries) == 3
        assert await engine.reading().all(Team.all().order_by(Team.id).values(Team.name)) == ["axx", "bxx"]


class TestOpening:
    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("postgresql://sennit@127.0.0.1:1/none", "cannot be opened"),
            ("postgres://sennit@/none?host=/nowhere", "opened"),
        ],
    )
    async def test_says_why_it_cannot(self, tmp_path, database_url, url, word):
        with pytest.raises(SennitError, match=word) as caught:
            await Engine(url, root=tmp_path).start()
        assert caught.value.code == "model.E051"

    async def test_a_database_that_is_not_there_is_named(self, tmp_path, database_url):
        base, _, rest = database_url.partition("/test_")
        with pytest.raises(SennitError, match='"missing" does not exist') as caught:
            await Engine(f"{base}/missing?{rest.partition('?')[2]}", root=tmp_path).start()
        assert "createdb" in caught.value.fix

    async def test_shows_no_password(self, tmp_path, database_url):
        with pytest.raises(SennitError) as caught:
            await Engine("postgresql://me:hush@127.0.0.1:1/none", root=tmp_path).start()
        assert "hush" not in str(caught.value)


async def test_streams_in_a_thread_and_on_the_loop_see_all_rows(engine):
    async with engine() as db:
        db.add(Team(name="a"), *(Player(team_id=1) for _ in range(500)))
    query = Player.all().load(Player.team)
    rows = [row async for row in engine.reading().stream(query)]
    assert len(rows) == 500 and rows[7].team.name == "a"
    rows = await asyncio.to_thread(lambda: list(engine.reading_sync().stream(query)))
    assert len(rows) == 500 and rows[7].team.name == "a"
    page = await engine.reading().page(query, 2, 10)
    assert page.total == 500 and page.items[0].team.name == "a"
    assert await engine.reading().find(Player, 10**12) is None
    assert await asyncio.to_thread(engine.reading_sync().find, Player, 10**30) is None


async def test_tables_are_created_by_one_of_several_processes(tmp_path, database_url):
    engines = [Engine(database_url, root=tmp_path) for _ in range(3)]
    for engine in engines:
        await engine.start()
    models = models_of([__name__])
    lines = await asyncio.gather(*(engine.create_tables(models) for engine in engines))
    assert sorted(lines) == [[], [], ["created team, player"]]
    for engine in engines:
        await engine.dispose()
