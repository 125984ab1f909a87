"""SQLite as a server needs it."""

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import sennit.model
from sennit.errors import SennitError, ServiceUnavailable
from sennit.model import Engine, Mapped, Model, column
from sennit.model import sqlite as sqlite_module
from sennit.model import unit as unit_module


@pytest.fixture
def database_url():
    return "sqlite:///test.db"


class Counter(Model):
    n: Mapped[int] = column(default=0)


async def test_connections_lose_nothing_and_wait_for_each_other(engine):
    async with engine() as db:
        for pragma, value in {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}.items():
            assert (await db.execute(f"pragma {pragma}")).rows[0][0] == value


async def test_a_relative_path_starts_at_the_engines_root(tmp_path):
    (tmp_path / "data").mkdir()
    engine = Engine("sqlite:///data/app.db", root=tmp_path)
    await engine.start()
    await engine.dispose()
    assert (tmp_path / "data" / "app.db").is_file()


async def test_one_in_memory_is_shared_by_its_engine_and_gone_afterwards(tmp_path):
    engine = Engine("sqlite://", root=tmp_path)
    await engine.start()
    await engine.create_tables([Counter])
    async with engine() as db:
        db.add(Counter())
    assert await engine.reading().scalar(Counter.all().count()) == 1
    path = engine.backend.location.path
    await engine.dispose()
    assert not path.exists()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("not a url", "model.E013"),
        ("postgresql+asyncpg://localhost/x", "model.E014"),
        ("mysql://localhost/x", "model.E014"),
        ("sqlite:///a.db?mode=ro", "model.E014"),
        ("sqlite:///missing/a.db", "model.E012"),
    ],
)
async def test_other_urls_say_what_to_write(tmp_path, url, code):
    with pytest.raises(SennitError) as caught:
        await Engine(url, root=tmp_path).start()
    assert caught.value.code == code


async def test_a_password_in_a_url_is_not_shown(tmp_path):
    with pytest.raises(SennitError) as caught:
        await Engine("mysql://me:hush@localhost/x", root=tmp_path).start()
    assert "hush" not in str(caught.value)


def test_before_it_is_started_it_says_so(tmp_path):
    with pytest.raises(SennitError) as caught:
        Engine("sqlite://", root=tmp_path).reading()
    assert caught.value.code == "model.E021"


class TestTransactions:
    async def test_begin_with_the_first_write_not_with_a_read(self, engine):
        async with engine() as db:
            db.add(Counter())
        async with engine() as db:
            await db.all(Counter.all())
            async with engine() as other:  # a reader holds nothing that a writer waits for
                await other.execute(Counter.all().update(n=1))
            assert (await db.one(Counter.all().values(Counter.n))) == 1

    async def test_take_turns_instead_of_failing(self, engine):
        async with engine() as db:
            db.add(Counter())

        async def count():
            async with engine() as db, db.transaction():
                row = await db.get(Counter, 1)
                await asyncio.sleep(0)
                row.n += 1

        await asyncio.gather(*(count() for _ in range(30)))
        assert (await engine.reading().get(Counter, 1)).n == 30

    async def test_of_threads_and_the_loop_wait_for_each_other(self, engine):
        async with engine() as db:
            db.add(Counter())

        def in_thread():
            with engine.sync() as db, db.transaction():
                db.get(Counter, 1).n += 1

        async def on_loop():
            async with engine() as db:
                (await db.get(Counter, 1, lock=True)).n += 1

        await asyncio.gather(*(asyncio.to_thread(in_thread) for _ in range(5)), *(on_loop() for _ in range(5)))
        assert (await engine.reading().get(Counter, 1)).n == 10

    async def test_that_wait_too_long_are_a_503_that_says_when_to_come_back(self, engine, monkeypatch):
        monkeypatch.setattr(unit_module, "BUSY_S", 0.01)
        async with engine() as db:
            db.add(Counter())
            await db.flush()
            async with engine() as other:
                other.add(Counter())
                with pytest.raises(ServiceUnavailable) as caught:
                    await other.flush()
                await other.rollback()
        assert "retry-after" in caught.value.headers
        async with engine() as db:  # the turn was given back
            db.add(Counter())

    async def test_end_when_their_task_is_cancelled(self, engine):
        written = asyncio.Event()

        async def abandoned():
            async with engine() as db:
                db.add(Counter())
                await db.flush()
                written.set()
                await asyncio.Event().wait()

        task = asyncio.ensure_future(abandoned())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with engine() as db:
            db.add(Counter())
        assert await engine.reading().scalar(Counter.all().count()) == 1

    async def test_waiting_for_their_turn_can_be_cancelled(self, engine):
        async with engine() as db:
            db.add(Counter())
            await db.flush()
            async with engine() as other:
                other.add(Counter())
                task = asyncio.ensure_future(other.flush())
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await other.rollback()
        async with engine() as db:
            db.add(Counter())
        assert await engine.reading().scalar(Counter.all().count()) == 2

    async def test_beyond_the_pool_are_a_503(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sqlite_module, "CONNECTIONS", 1)
        monkeypatch.setattr(sqlite_module, "POOL_WAIT_S", 0.01)
        engine = Engine("sqlite://", root=tmp_path)
        await engine.start()
        await engine.create_tables([Counter])
        async with engine() as db:
            await db.all(Counter.all())
            async with engine() as other:
                with pytest.raises(ServiceUnavailable):
                    await other.all(Counter.all())
        await engine.dispose()


PROGRAM = """
import asyncio
from pathlib import Path
from sennit.model import Engine, Mapped, Model

class Todo(Model):
    text: Mapped[str]

async def main():
    engine = Engine("sqlite:///exit.db", root=Path({root!r}))
    await engine.start()
    await engine.create_tables()
    async with engine() as db:
        db.add(Todo(text="x"))
    print(len(await engine.reading().all(Todo.all())))
    {end}

asyncio.run(main())
"""


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(sennit.model.__file__).parents[2])}


@pytest.mark.parametrize("end", ["await engine.dispose()", "pass  # forgotten", "raise SystemExit(0)"])
def test_a_process_ends_whatever_became_of_its_engine(tmp_path, end):
    program = textwrap.dedent(PROGRAM).format(root=str(tmp_path), end=end)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False, env=ENVIRONMENT
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


async def test_disposing_ends_every_thread(tmp_path):
    before = set(threading.enumerate())
    engine = Engine("sqlite://", root=tmp_path)
    await engine.start()
    await engine.create_tables([Counter])
    async with engine() as db:
        db.add(Counter())
    await engine.reading().all(Counter.all())
    await engine.dispose()
    await engine.dispose()
    deadline = time.monotonic() + 5
    while _ours(set(threading.enumerate()) - before) and time.monotonic() < deadline:
        await asyncio.sleep(0)
    assert not _ours(set(threading.enumerate()) - before)


def _ours(threads):
    return [thread for thread in threads if not thread.name.startswith("asyncio")]
