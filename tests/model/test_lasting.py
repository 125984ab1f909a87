"""The database of handlers that live as long as a connection."""

import asyncio

import pytest

from sennit.errors import NotFound, SennitError
from sennit.model import Mapped, Model, column


class Line(Model):
    text: Mapped[str] = column(unique=True)


async def test_reads_without_holding_a_connection(engine):
    db = engine.lasting()
    assert await db.all(Line.all()) == []
    assert await db.scalar(Line.all().count()) == 0
    assert (await db.page(Line.all())).total == 0
    assert await db.first(Line.all()) is None
    assert await db.resolve(Line.all().exists()) is False
    assert [row async for row in db.stream(Line.all())] == []
    assert await db.find(Line, 1) is None
    for call in (db.get(Line, 1), db.one(Line.all())):
        with pytest.raises(NotFound):
            await call
    assert engine.loop_engine.pool.checkedout() == 0


async def test_writes_in_transactions_which_commit_at_their_end(engine, told):
    db = engine.lasting()
    async with db.transaction():
        db.add(Line(text="a"))
        await db.flush()
        line = await db.one(Line.all())
        line.text = "b"
        async with db.transaction():
            await db.execute(Line.all().update(text="c"))
        assert (await db.get(Line, 1, lock=True)).text == "c"
    assert engine.loop_engine.pool.checkedout() == 0
    assert len(told) == 1
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.delete(await db.get(Line, 1))
            raise ZeroDivisionError
    assert (await db.get(Line, 1)).text == "c"


async def test_refuses_to_write_outside_one(engine):
    db = engine.lasting()
    for attempt in (lambda: db.add(Line(text="x")), lambda: db.session):
        with pytest.raises(SennitError) as caught:
            attempt()
        assert caught.value.code == "model.E018"
    for call in (db.delete(Line(text="x")), db.execute("delete from line"), db.get(Line, 1, lock=True)):
        with pytest.raises(SennitError) as caught:
            await call
        assert caught.value.code == "model.E018"


async def test_has_a_transaction_for_each_task(engine):
    db = engine.lasting()

    async def write(n):
        async with db.transaction():
            db.add(Line(text=str(n)))
            await asyncio.sleep(0)
            await db.flush()

    await asyncio.gather(*(write(n) for n in range(5)))
    assert await db.scalar(Line.all().count()) == 5


async def test_retries(engine):
    db, tries = engine.lasting(), []

    async def work():
        tries.append(1)
        db.add(Line(text="same" if len(tries) < 2 else "other"))
        await db.flush()
        return "done"

    async with db.transaction():
        db.add(Line(text="same"))
    assert await db.retry(work) == "done"
    assert len(tries) == 2
