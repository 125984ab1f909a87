"""The database of GET handlers, views and rules."""

import asyncio
from contextlib import suppress

import pytest

from sennit.errors import NotFound, SennitError
from sennit.model import Mapped, Model, TableRead, column, relationship
from sennit.model.reads import EVERYTHING


class Shelf(Model):
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Model):
    shelf_id: Mapped[int | None] = column(references=Shelf.id)
    title: Mapped[str]
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")


class Seat(Model):
    row: Mapped[int] = column(primary_key=True)
    number: Mapped[str] = column(primary_key=True)


def is_postgres(engine):
    return engine.thread_engine.dialect.name == "postgresql"


@pytest.fixture
async def filled(engine):
    async with engine() as db:
        db.add(
            Shelf(name="a"),
            *(Book(title=f"t{n}", shelf_id=1 if n % 2 else None) for n in range(1000)),
            Seat(row=1, number="b"),
        )
    return engine


async def test_gets_by_key_or_raises_not_found(filled):
    db = filled.reading()
    assert (await db.get(Book, 1)).title == "t0"
    assert (await db.get(Seat, (1, "b"))).number == "b"
    assert await db.find(Book, 5000) is None
    for key in (5000, 10**10, 10**30, -1, None):
        with pytest.raises(NotFound):
            await db.get(Book, key)
    # SQLite compares a text with a number; PostgreSQL says that they are two kinds of thing.
    with pytest.raises(SennitError if is_postgres(filled) else NotFound):
        await db.get(Book, "x")
    with pytest.raises(SennitError) as caught:
        await db.get(Seat, 1)
    assert caught.value.code == "query.E011"


async def test_one_is_exactly_one(filled):
    db = filled.reading()
    assert (await db.one(Book.where(title="t3"))).id == 4
    with pytest.raises(NotFound):
        await db.one(Book.where(title="none"))
    with pytest.raises(SennitError) as caught:
        await db.one(Book.all())
    assert caught.value.code == "query.E009"


async def test_streams_all_rows_with_their_relations(filled):
    db = filled.reading()
    rows = [row async for row in db.stream(Book.all().order_by(Book.id).load(Book.shelf))]
    assert len(rows) == 1000
    assert (rows[1].shelf.name, rows[2].shelf) == ("a", None)


async def test_a_stream_that_is_left_early_gives_its_connection_back(filled):
    for _ in range(50):
        stream = filled.reading().stream(Book.all())
        async for _row in stream:
            break
        await stream.aclose()
    backend = filled.backend
    assert backend.slots.idle == backend.slots.used == 1 if is_postgres(filled) else len(backend._spare) == 1


async def test_a_stream_that_is_cancelled_leaves_its_connection_to_nobody_else(filled):
    async def read():
        return [row async for row in filled.reading().stream(Book.all())]

    for ticks in range(12):
        task = asyncio.ensure_future(read())
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert len(await read()) == 1000


async def test_tells_what_it_reads_before_it_reads(filled):
    told: list[TableRead] = []
    db = filled.reading(on_read=lambda reads: told.extend(reads))
    await db.all(Book.where(shelf_id=1).limit(1))
    await db.get(Shelf, 1)
    await db.scalar(Book.all().count())
    await db.page(Book.all(), 1, 5)
    [row async for row in db.stream(Seat.all())]
    await db.execute("select 1")
    assert [read.table for read in told] == ["book", "shelf", "book", "book", "seat", EVERYTHING]
    assert told[0].equals == {("shelf_id", 1)}


async def test_runs_text_that_reads(filled):
    outcome = await filled.reading().execute("select title, id from book where id <= :most order by id", most=2)
    assert outcome.rows == [("t0", 1), ("t1", 2)]
    assert outcome.rows[0].title == "t0"


async def test_changes_nothing_whatever_is_tried(filled):
    db = filled.reading()
    with pytest.raises(SennitError) as caught:
        await db.execute("delete from book")
    assert caught.value.code == "model.E010"
    for attempt in (
        lambda: db.add(Book(title="x")),
        lambda: db.transaction(),
        lambda: db.session,
    ):
        with pytest.raises(SennitError) as caught:
            attempt()
        assert caught.value.code == "model.E011"
    for attempt in (
        lambda: db.delete(Book(title="x")),
        lambda: db.execute(Book.all().delete()),
        lambda: db.get(Book, 1, lock=True),
        lambda: db.retry(None),
    ):
        with pytest.raises(SennitError) as caught:
            await attempt()
        assert caught.value.code == "model.E011"
    assert await db.scalar(Book.all().count()) == 1000


async def test_sees_what_was_committed_a_moment_ago(filled):
    async with filled() as db:
        db.add(Shelf(name="new"))
        await db.flush()
        assert await filled.reading().first(Shelf.where(name="new")) is None
    assert await filled.reading().first(Shelf.where(name="new")) is not None


async def test_many_reads_at_once_each_get_their_own_result(filled):
    db = filled.reading()
    found = await asyncio.gather(*(db.get(Book, n) for n in range(1, 301)))
    assert [row.id for row in found] == list(range(1, 301))


async def test_a_read_whose_caller_has_gone_harms_nobody(filled):
    db = filled.reading()
    tasks = [asyncio.ensure_future(db.all(Book.all())) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(len(rows) == 1000 for rows in results[1::2])
    assert is_postgres(filled) or filled.backend.readers._waiting == 0 or await db.scalar(Book.all().count()) == 1000


async def test_a_table_that_is_missing_says_what_to_do(filled):
    async with filled() as db:
        await db.execute("drop table seat")
    with pytest.raises(SennitError) as caught:
        await filled.reading().all(Seat.all())
    assert caught.value.code == "model.E009"


async def test_a_broken_text_is_an_answer_not_a_crash(filled):
    from sennit.errors import Unprocessable

    with pytest.raises(Unprocessable):
        await filled.reading().all(Book.where(title="\ud800"))
