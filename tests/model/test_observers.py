"""`Model.on(…)`: functions that run after a commit."""

import asyncio
import logging

from sennit.model import Change, Mapped, Model

SEEN: list[tuple[str, str]] = []


class Base(Model, abstract=True):
    pass


class Ship(Base):
    name: Mapped[str]


@Ship.on("insert", "delete")
def synchronous(change: Change) -> None:
    SEEN.append(("def", change.op))


@Ship.on()
async def asynchronous(change: Change) -> None:
    await asyncio.sleep(0)
    SEEN.append(("async", change.op))


@Base.on("update")
def of_the_base(change: Change) -> None:
    SEEN.append(("base", change.op))


@Ship.on("insert")
def broken(change: Change) -> None:
    raise ZeroDivisionError


@Ship.on("insert")
async def broken_later(change: Change) -> None:
    raise ZeroDivisionError


async def test_run_after_the_commit_for_what_they_asked_for(engine, caplog):
    SEEN.clear()
    with caplog.at_level(logging.CRITICAL, "sennit.model"):
        async with engine() as db:
            db.add(Ship(name="a"))
            await db.flush()
            assert SEEN == []
        async with engine() as db:
            (await db.get(Ship, 1)).name = "b"
        async with engine() as db:
            await db.execute("update ship set name = 'c'")
        await engine._observers.finished()
    assert SEEN[0] == ("def", "insert")
    assert ("async", "insert") in SEEN
    assert ("base", "update") in SEEN
    assert ("def", "any") in SEEN
    assert ("async", "any") in SEEN


async def test_are_waited_for_when_the_engine_is_disposed(tmp_path):
    from sennit.model import Engine

    SEEN.clear()
    engine = Engine("sqlite://", root=tmp_path)
    await engine.start()
    await engine.create_tables([Ship])
    async with engine() as db:
        db.add(Ship(name="a"))
    await engine.dispose()
    assert ("async", "insert") in SEEN
