"""The database is made to fit the models: created and extended, never cut."""

import asyncio
import sys
import textwrap
from types import ModuleType

import pytest

from sennit.errors import SennitError
from sennit.model import Engine, models_of


def models(name: str, source: str):
    module = ModuleType(name)
    module.__file__ = f"{name}.py"
    sys.modules[name] = module
    header = "from datetime import datetime\nfrom sennit.model import *\n"
    exec(header + textwrap.dedent(source), module.__dict__)
    return models_of([name])


@pytest.fixture(autouse=True)
def _forget():
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("tables_"):
            del sys.modules[name]


@pytest.fixture
async def engine(tmp_path):
    engine = Engine("sqlite:///t.db", root=tmp_path)
    await engine.start()
    yield engine
    await engine.dispose()


OLD = """
class Story(Model):
    title: Mapped[str]
    gone: Mapped[str]
"""
NEW = """
class Section(Model):
    name: Mapped[str]

class Story(Model):
    title: Mapped[str] = column(index=True)
    note: Mapped[str | None] = column(unique=True)
    hits: Mapped[int] = column(default=3)
    ok: Mapped[bool] = column(default=True)
    quote: Mapped[str] = column(default="it's")
    at: Mapped[datetime] = column(default=utcnow)
    section_id: Mapped[int | None] = column(references=Section.id, on_delete="set null")
    tags: Mapped[list[str]] = column(default=list)
    ranked: Mapped[int] = column(server_default="7")
"""


async def test_are_created_once_and_the_second_time_there_is_nothing_to_say(engine):
    found = models("tables_a", OLD)
    assert await engine.create_tables(found) == ["created story"]
    assert await engine.create_tables(found) == []


async def test_gain_new_columns_and_indexes_and_keep_what_is_no_longer_declared(engine):
    (old,) = models("tables_a", OLD)
    await engine.create_tables([old])
    async with engine() as db:
        db.add(old(title="x", gone="y"))
    section, new = models("tables_b", NEW)
    lines = await engine.create_tables([section, new])
    assert lines[0] == "created section"
    assert {f"added story.{n}" for n in ("note", "hits", "ok", "quote", "at", "section_id", "tags", "ranked")} <= set(
        lines
    )
    assert "added index ix_story_title" in lines
    assert any("story.gone" in line and "kept" in line for line in lines)
    row = await engine.reading().get(new, 1)
    assert (row.title, row.note, row.hits, row.ok, row.quote, row.tags, row.ranked) == (
        "x",
        None,
        3,
        True,
        "it's",
        [],
        7,
    )
    assert row.at.tzinfo is not None
    assert await engine.create_tables([section, new]) == [line for line in lines if "story.gone" in line]


async def test_gain_columns_that_the_database_computes(engine):
    (old,) = models("tables_a", "class Item(Model):\n    price: Mapped[int]\n")
    await engine.create_tables([old])
    async with engine() as db:
        db.add(old(price=4))
    (new,) = models(
        "tables_b",
        'class Item(Model):\n    price: Mapped[int]\n    twice: Mapped[int] = column(computed="price * 2")\n',
    )
    assert await engine.create_tables([new]) == ["added item.twice"]
    assert (await engine.reading().one(new.all())).twice == 8
    assert await engine.create_tables([new]) == []


async def test_cannot_gain_a_column_that_rows_have_no_value_for(engine):
    await engine.create_tables(models("tables_a", OLD))
    with pytest.raises(SennitError) as caught:
        await engine.create_tables(
            models("tables_b", "class Story(Model):\n    title: Mapped[str]\n    must: Mapped[int]\n")
        )
    assert caught.value.code == "model.E020"
    assert "story.must" in caught.value.what


async def test_of_models_that_are_referred_to_come_along_and_no_others(engine):
    user, _ = models(
        "tables_users", "class User(Model):\n    name: Mapped[str]\nclass Other(Model):\n    name: Mapped[str]\n"
    )
    module = sys.modules["tables_users"]
    module.__dict__["User"] = user
    notes = models(
        "tables_notes",
        """
        from tables_users import User
        class Note(Model):
            user_id: Mapped[int] = column(references=User.id)
            user: Mapped[User] = relationship()
        """,
    )
    assert await engine.create_tables(notes) == ["created user, note"]
    async with engine() as db:
        db.add(notes[0](user=user(name="ann")))
    note = await engine.reading().one(notes[0].all().load(notes[0].user))
    assert note.user.name == "ann"


async def test_of_the_same_name_are_refused(engine):
    one, two = models("tables_a", OLD), models("tables_b", NEW)
    with pytest.raises(SennitError) as caught:
        await engine.create_tables([*one, *two])
    assert caught.value.code == "model.E019"


async def test_are_made_by_one_of_several_processes(tmp_path):
    found = models("tables_a", OLD)
    engines = [Engine("sqlite:///t.db", root=tmp_path) for _ in range(4)]
    for engine in engines:
        await engine.start()
    lines = await asyncio.gather(*(engine.create_tables(found) for engine in engines))
    assert sorted(lines) == [[], [], [], ["created story"]]
    for engine in engines:
        await engine.dispose()
