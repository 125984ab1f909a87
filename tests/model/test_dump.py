"""`sennit db dump` and `load`: every row as a line of text, and back into empty tables, whole or not at all."""

import enum
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from sennit.errors import SennitError
from sennit.model import Engine, Mapped, Model, column, models_of, relationship
from sennit.model.dump import dump
from sennit.model.load import load


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Author(Model):
    name: Mapped[str] = column(unique=True)
    mentor_id: Mapped[int | None] = column(references="Author.id")


class Book(Model):
    author_id: Mapped[int] = column(references=Author.id)
    price: Mapped[Decimal | None]
    at: Mapped[datetime | None]
    length: Mapped[timedelta | None]
    cover: Mapped[bytes | None]
    color: Mapped[Color | None]
    tags: Mapped[list[str] | None]
    weight: Mapped[float | None]
    code: Mapped[UUID | None]
    is_sold: Mapped[bool] = column(default=False)
    author: Mapped[Author] = relationship()


FULL = {
    "price": Decimal("12.500000"),
    "at": datetime(2026, 1, 2, 3, 4, 5, 678, UTC),
    "length": timedelta(days=1, seconds=2),
    "cover": b"\x00\xff",
    "color": Color.RED,
    "tags": ["a", "\N{SNOWMAN}"],
    "weight": 1.25,
    "code": UUID(int=7),
    "is_sold": True,
}


@pytest.fixture
async def other(tmp_path):
    """A second, empty database of the same models."""
    engine = Engine("sqlite:///other.db", root=tmp_path)
    await engine.start()
    await engine.create_tables(models_of([__name__]))
    yield engine
    await engine.dispose()


async def fill(engine):
    async with engine.tracked() as db:
        db.add(Author(id=2, name="Byron"))
        await db.flush()
        db.add(Author(id=1, name="Ada", mentor_id=2))  # refers to one that comes later in a dump
        await db.flush()
        db.add(Book(author_id=1, **FULL), Book(author_id=2))


def dumped(engine, on_table=None):
    with engine.thread_engine.connect() as connection:
        return list(dump(connection, engine.tables(), on_table))


def loaded(engine, lines):
    with engine.thread_engine.connect() as connection:
        count = load(connection, engine.tables(), lines)
        connection.commit()
    return count


async def test_it_is_lines_of_json_parents_first(engine):
    await fill(engine)
    lines = [json.loads(line) for line in dumped(engine)]
    assert lines[0] == {"sennit": "dump", "version": 1, "tables": ["author", "book"]}
    assert lines[1:4] == [
        {"table": "author", "columns": ["id", "name", "mentor_id"]},
        [1, "Ada", 2],
        [2, "Byron", None],
    ]
    assert lines[5][:6] == [1, 1, "12.500000", "2026-01-02T03:04:05.000678Z", "P1DT2S", "AP8="]
    assert lines[-1] == {"rows": 4}


async def test_what_was_dumped_is_loaded_as_it_was(engine, other):
    await fill(engine)
    assert loaded(other, dumped(engine)) == 4
    db = other.reading()
    first, second = await db.all(Book.all().order_by(Book.id))
    assert {name: getattr(first, name) for name in FULL} == FULL
    assert (second.price, second.tags, second.is_sold) == (None, None, False)
    assert dumped(other) == dumped(engine)


async def test_the_next_row_gets_a_new_key(engine, other):
    await fill(engine)
    loaded(other, dumped(engine))
    async with other.tracked() as db:
        db.add(added := Author(name="Cleo"))
        await db.flush()
        assert added.id == 3


async def test_it_tells_how_far_it_is(engine):
    await fill(engine)
    told = []
    dumped(engine, lambda name, count: told.append((name, count)))
    assert told == [("author", 2), ("book", 2)]


async def test_a_number_that_is_none_stays_so(engine, other):
    async with engine.tracked() as db:
        db.add(author := Author(name="Ada"))
        await db.flush()
        db.add(Book(author_id=author.id, weight=float("inf")))
    loaded(other, dumped(engine))
    assert (await other.reading().first(Book.all())).weight == float("inf")


async def test_tables_with_rows_are_left_alone(engine, other):
    await fill(engine)
    await fill(other)
    with pytest.raises(SennitError, match=r"model\.E030"):
        loaded(other, dumped(engine))


HEAD = b'{"sennit": "dump", "version": 1, "tables": []}\n'
AUTHOR = b'{"table": "author", "columns": ["id", "name"]}\n'


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "first line"),
        ([b"[]\n"], "first line"),
        ([b'{"sennit": "dump", "version": 9}\n'], "version 9"),
        ([HEAD], "last line is missing"),
        ([HEAD, AUTHOR, b'[1, "A"]\n'], "last line is missing"),
        ([HEAD, b"[1]\n"], "before the name"),
        ([HEAD, b"{nonsense\n"], "not JSON"),
        ([HEAD, b'{"table": "autor", "columns": []}\n'], "author"),
        ([HEAD, b'{"table": "author", "columns": ["nam"]}\n'], "name"),
        ([HEAD, AUTHOR, b"[1]\n", b'{"rows": 1}\n'], "1 values for 2"),
        ([HEAD, AUTHOR, b'["x", "A"]\n', b'{"rows": 1}\n'], "does not fit"),
        ([HEAD, AUTHOR, b'[1, "A"]\n', b'{"rows": 2}\n'], "says 2 rows"),
    ],
)
async def test_half_a_dump_and_other_lines_load_nothing(engine, lines, why):
    with pytest.raises(SennitError, match=r"model\.E031") as raised:
        loaded(engine, lines)
    assert why in str(raised.value)
    assert await engine.reading().scalar(Author.all().count()) == 0


async def test_memory_does_not_grow_with_the_rows(engine, other):
    async with engine.tracked() as db:
        db.add(*(Author(name=f"author {number}") for number in range(2000)))
    with engine.thread_engine.connect() as connection, other.thread_engine.connect() as target:
        # From one to the other, no list of all lines between them.
        assert load(target, other.tables(), dump(connection, engine.tables())) == 2000
        target.commit()
