"""Long results come over in pieces and lose nothing."""

import pytest

from sennit.model import Mapped, Model
from sennit.model.hops import FIRST_ROWS, HoppingConnection


@pytest.fixture
def database_url():
    return "sqlite:///test.db"


class Grain(Model):
    n: Mapped[int]


async def test_results_of_any_length_are_complete(engine):
    async with engine() as db:
        db.add(*(Grain(n=n) for n in range(3 * FIRST_ROWS + 1)))
    for most in (0, 1, FIRST_ROWS - 1, FIRST_ROWS, FIRST_ROWS + 1, 2 * FIRST_ROWS, 3 * FIRST_ROWS + 1):
        async with engine() as db:
            query = Grain.all().order_by(Grain.id).limit(most)
            assert [row.n for row in await db.all(query)] == list(range(most))
            assert [row.n async for row in db.stream(query)] == list(range(most))


async def test_a_stream_left_early_leaves_the_connection_usable(engine):
    async with engine() as db:
        db.add(*(Grain(n=n) for n in range(3 * FIRST_ROWS)))
    async with engine() as db:
        stream = db.stream(Grain.all())
        async for _row in stream:
            break
        await stream.aclose()
        await db.execute(Grain.all().update(n=0))
    assert await engine.reading().scalar(Grain.all().max(Grain.n)) == 0


async def test_a_row_is_added_in_two_trips_to_the_thread(engine, monkeypatch):
    """One that begins the transaction and inserts, one that commits."""
    async with engine() as db:
        db.add(Grain(n=0))  # the connection is open
    trips, hop = [], HoppingConnection._execute

    async def counted(self, function, *arguments):
        trips.append(function)
        return await hop(self, function, *arguments)

    monkeypatch.setattr(HoppingConnection, "_execute", counted)
    async with engine() as db:
        db.add(Grain(n=1))
    assert len(trips) == 2
    assert await engine.reading().scalar(Grain.all().count()) == 2


async def test_a_transaction_that_never_had_a_statement_leaves_nothing(engine):
    async with engine() as db, db.transaction():
        pass
    async with engine() as db:
        db.add(Grain(n=1))
    assert await engine.reading().scalar(Grain.all().count()) == 1
