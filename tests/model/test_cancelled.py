"""Work that is cancelled at any moment undoes itself and leaves nothing behind."""

import asyncio

import pytest

from sennit.model import Mapped, Model, column, relationship


class Bank(Model):
    total: Mapped[int] = column(default=0)
    notes: Mapped[list["Slip"]] = relationship(back_populates="bank")


class Slip(Model):
    bank_id: Mapped[int] = column(references=Bank.id)
    bank: Mapped[Bank] = relationship(back_populates="notes")


async def deposit(engine):
    async with engine() as db:
        bank = await db.get(Bank, 1, lock=True)
        bank.total += 1
        db.add(Slip(bank_id=1))
        await db.flush()
        async with db.transaction():
            await db.execute(Bank.where(id=1).update(total=Bank.total))
        assert await db.scalar(Slip.all().count()) == bank.total


@pytest.mark.parametrize("step", range(1, 8))
async def test_at_any_await_it_is_all_or_nothing(engine, told, step):
    async with engine() as db:
        db.add(Bank())
    told.clear()
    done = 0
    for ticks in range(step, 120, 7):
        task = asyncio.ensure_future(deposit(engine))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
            done += 1
        except asyncio.CancelledError:
            pass
    bank = await engine.reading().get(Bank, 1)
    # A task cancelled during its commit may have committed: then the slip and the total are both there.
    assert bank.total == await engine.reading().scalar(Slip.all().count()) >= done
    assert len(told) == bank.total
    await deposit(engine)
    assert engine.loop_engine.pool.checkedout() == 0
    assert engine.backend.turn is None or not engine.backend.turn._lock.locked()


async def test_of_many_at_once_the_others_go_on(engine):
    async with engine() as db:
        db.add(Bank())
    tasks = [asyncio.ensure_future(deposit(engine)) for _ in range(60)]
    for n, task in enumerate(tasks):
        if n % 3 == 0:
            await asyncio.sleep(0)
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = [r for r in results if r is not None and not isinstance(r, asyncio.CancelledError)]
    assert wrong == []
    assert (await engine.reading().get(Bank, 1)).total >= 40
    assert engine.loop_engine.pool.checkedout() == 0
