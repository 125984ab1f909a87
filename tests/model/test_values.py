"""Values on their way into the database and out to JSON."""

import enum
from uuid import UUID, uuid4

import msgspec
import pytest

from sennit.errors import SennitError, Unprocessable
from sennit.model import Mapped, Model, column, relationship


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Crate(Model):
    key: Mapped[UUID] = column(primary_key=True, default=uuid4)
    size: Mapped[Size] = column(default=Size.SMALL)
    tags: Mapped[list[str]] = column(default=list)
    facts: Mapped[dict[str, int]] = column(default=dict)
    apples: Mapped[list["Apple"]] = relationship(back_populates="crate")


class Apple(Model):
    crate_key: Mapped[UUID] = column(references=Crate.key)
    crate: Mapped[Crate] = relationship(back_populates="apples")


async def test_a_list_or_dict_that_is_changed_in_place_is_stored(engine):
    async with engine() as db:
        crate = Crate(tags=["a"])
        db.add(crate)
        await db.flush()
        crate.tags.append("b")
        crate.facts["n"] = 1
    row = await engine.reading().get(Crate, crate.key)
    assert (row.tags, row.facts) == (["a", "b"], {"n": 1})


@pytest.mark.parametrize("kind", ["reading", "begin"])
async def test_a_value_that_does_not_fit_is_told(engine, kind):
    db = getattr(engine, kind)()
    with pytest.raises(SennitError) as caught:
        await db.all(Crate.where(key="nonsense"))
    assert caught.value.code == "query.E012"
    with pytest.raises(Unprocessable):
        await db.all(Crate.where(size="huge"))
    assert await db.all(Crate.where(size="s")) == []
    with pytest.raises(SennitError) as caught:
        await db.all(Crate.where(Crate.key.in_(["nonsense"])))
    assert caught.value.code == "query.E012"
    if kind == "begin":
        await db.close()


async def test_json_of_related_objects_does_not_go_round_in_circles(engine):
    def encode(value):
        return msgspec.json.decode(msgspec.json.encode(value, enc_hook=lambda row: row.__json__()))

    async with engine() as db:
        db.add(Crate(apples=[Apple(), Apple()], tags=["x"]))
    async with engine() as db:
        crate = await db.one(Crate.all().load(Crate.apples, Apple.crate))
        shown = encode(crate)
        assert [apple["id"] for apple in shown["apples"]] == [1, 2]
        assert "crate" not in shown["apples"][0]
        assert encode(crate.apples[0])["crate"]["tags"] == ["x"]
    rows = await engine.reading().all(Crate.all().load(Crate.apples, Apple.crate))
    assert encode(rows)[0]["apples"][0]["crate"]["size"] == "s"
