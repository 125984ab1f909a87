"""The database of functions that run in a thread: the same calls without await."""

import asyncio

import pytest

from sennit.errors import Conflict, NotFound, SennitError
from sennit.model import Mapped, Model, column, relationship


class Box(Model):
    name: Mapped[str] = column(unique=True)
    n: Mapped[int] = column(default=0)
    things: Mapped[list["Thing"]] = relationship(back_populates="box")


class Thing(Model):
    box_id: Mapped[int] = column(references=Box.id)
    box: Mapped[Box] = relationship(back_populates="things")


async def test_works_like_the_other_one(engine):
    def work():
        with engine.sync() as db:
            box = Box(name="a")
            db.add(box)
            db.flush()
            db.add(Thing(box_id=box.id))
            assert db.scalar(Box.all().count()) == 1
            assert db.get(Box, box.id, load=[Box.things]).things[0].box_id == box.id
            assert db.first(Box.where(name="none")) is None
            assert db.one(Box.all()) is box
            assert db.find(Box, 99) is None
            assert db.page(Box.all(), 1, 10).total == 1
            assert db.resolve(Box.all().exists()) is True
            assert [b.name for b in db.stream(Box.all())] == ["a"]
            assert db.execute(Box.where(name="a").update(n=Box.n + 1)).rowcount == 1
            assert (box.n, db.get(Box, 1, lock=True).n) == (1, 1)
            with pytest.raises(NotFound):
                db.get(Box, 99)
            with pytest.raises(Conflict), db.transaction():
                db.add(Box(name="a"))
            db.retry(lambda: db.add(Box(name="b")))
            with pytest.raises(SennitError, match="load="):
                _ = db.one(Thing.all()).box

    await asyncio.to_thread(work)
    assert await engine.reading().all(Box.all().order_by("id").values(Box.name)) == ["a", "b"]


async def test_tells_its_changes_on_the_loop(engine, told):
    def work():
        with engine.sync() as db:
            db.add(Box(name="a"))

    await asyncio.to_thread(work)
    await asyncio.sleep(0)
    assert [(change.table, change.op) for change in told[0]] == [("box", "insert")]


async def test_is_undone_without_commit_and_may_change_threads(engine, told):
    db = engine.begin_sync()
    await asyncio.to_thread(lambda: db.add(Box(name="a")))
    await asyncio.to_thread(db.flush)
    await asyncio.to_thread(db.close)
    assert await engine.reading().scalar(Box.all().count()) == 0
    assert told == []
    db = engine.begin_sync()
    await asyncio.to_thread(lambda: db.add(Box(name="a")))
    await asyncio.to_thread(db.rollback)
    await asyncio.to_thread(lambda: db.add(Box(name="b")))
    await asyncio.to_thread(db.commit)
    await asyncio.to_thread(db.close)
    assert await engine.reading().all(Box.all().values(Box.name)) == ["b"]


async def test_that_only_reads_gives_read_only_rows(engine):
    async with engine() as db:
        db.add(Box(name="a"))

    def work():
        db = engine.reading_sync()
        box = db.get(Box, 1, load=[Box.things])
        assert (box.name, box.things) == ("a", [])
        assert db.all(Box.all()) == [box]
        assert db.first(Box.all()) == db.one(Box.all()) == db.find(Box, 1) == box
        assert db.scalar(Box.all().count()) == db.page(Box.all()).total == 1
        assert db.resolve(Box.all().exists()) is True
        assert list(db.stream(Box.all())) == [box]
        assert db.execute("select name from box").rows[0].name == "a"
        with pytest.raises(NotFound):
            db.get(Box, 99)
        with pytest.raises(SennitError) as caught:
            box.name = "b"
        assert caught.value.code == "model.E007"
        for attempt in (
            lambda: db.add(Box(name="b")),
            lambda: db.delete(box),
            lambda: db.transaction(),
            lambda: db.session,
            lambda: db.retry(lambda: None),
            lambda: db.get(Box, 1, lock=True),
            lambda: db.execute(Box.all().delete()),
        ):
            with pytest.raises(SennitError) as caught:
                attempt()
            assert caught.value.code == "model.E011"
        db.flush()
        db.commit()
        db.rollback()
        db.close()

    await asyncio.to_thread(work)
