"""How a class becomes a model."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import mapped_column

from sennit.errors import SennitError
from sennit.model import Mapped, Model, column, relationship, utcnow


class Section(enum.Enum):
    HOME = "home"
    WORLD = "world"


class Rank(enum.Enum):
    LOW = 1
    HIGH = 2


class OrderLine(Model):
    text: Mapped[str] = column(length=20)
    secret: Mapped[str] = column(default="x", private=True)
    section: Mapped[Section] = column(default=Section.HOME, index=True)
    rank: Mapped[Rank] = column(default=Rank.LOW)
    price: Mapped[Decimal] = column(default=Decimal("1.50"))
    at: Mapped[datetime] = column(default=utcnow)
    tags: Mapped[list[str]] = column(default=list)
    note: Mapped[str | None]
    parent_id: Mapped[int | None] = column(references="OrderLine.id", on_delete="set null")
    amount: Mapped[int] = column(default=1, check="amount > 0")
    children: Mapped[list["OrderLine"]] = relationship(back_populates="parent")
    parent: Mapped["OrderLine | None"] = relationship(back_populates="children", remote_side="OrderLine.id")


class Stamped(Model, abstract=True):
    made_at: Mapped[datetime] = column(default=utcnow)


class Letter(Stamped, table="letters", order_by="-made_at"):
    key: Mapped[UUID] = column(primary_key=True, default=uuid4)


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


class TestTable:
    def test_is_named_after_the_class_in_snake_case(self):
        assert OrderLine.__table__.name == "order_line"
        assert Letter.__table__.name == "letters"

    def test_has_an_id_that_is_never_used_twice_unless_a_key_is_declared(self):
        assert [c.name for c in OrderLine.__table__.primary_key] == ["id"]
        assert OrderLine.__table__.dialect_options["sqlite"]["autoincrement"] is True
        assert [c.name for c in Letter.__table__.primary_key] == ["key"]

    def test_takes_a_key_shared_by_annotation(self):
        Key = Annotated[str, mapped_column(primary_key=True)]

        class Coin(Model):
            name: Mapped[Key]

        assert [c.name for c in Coin.__table__.primary_key] == ["name"]

    def test_names_every_constraint(self):
        assert all(constraint.name for constraint in OrderLine.__table__.constraints)
        assert {index.name for index in OrderLine.__table__.indexes} == {
            "ix_order_line_section",
            "ix_order_line_parent_id",
        }

    def test_inherits_columns_from_an_abstract_base(self):
        assert "made_at" in Letter.__table__.columns

    def test_cannot_inherit_from_a_table(self):
        def statement():
            class Express(Letter):
                pass

        assert code_of(statement) == "model.E006"

    def test_refuses_names_that_models_use_and_shows_the_way(self):
        with pytest.raises(SennitError, match="on_: Mapped") as caught:

            class Lamp(Model):
                on: Mapped[bool]

        assert caught.value.code == "model.E004"

        class Torch(Model):
            on_: Mapped[bool] = column(name="on")

        assert "on" in Torch.__table__.columns


class TestColumn:
    def test_refuses_options_that_contradict_each_other(self):
        assert code_of(lambda: column(on_delete="cascade")) == "model.E002"
        assert code_of(lambda: column(index=True, unique=True)) == "model.E002"
        assert code_of(lambda: column(references=OrderLine)) == "model.E002"

    def test_that_refers_to_another_row_has_an_index(self):
        assert OrderLine.__table__.columns["parent_id"].index is True


class TestRow:
    def test_has_its_defaults_before_it_is_stored(self):
        line = OrderLine(text="a")
        assert (line.amount, line.section, line.tags) == (1, Section.HOME, [])
        assert line.at.tzinfo is not None
        assert line.tags is not OrderLine(text="b").tags

    def test_refuses_a_keyword_it_does_not_know_and_suggests_one(self):
        with pytest.raises(SennitError, match="Did you mean 'text'") as caught:
            OrderLine(tekst="a")
        assert caught.value.code == "query.E002"

    def test_refuses_a_time_without_a_zone_where_it_is_set(self):
        line = OrderLine(text="a")

        def set_naive():
            line.at = datetime(2026, 1, 1)  # noqa: DTZ001

        assert code_of(set_naive) == "model.E001"

    def test_keeps_private_columns_out_of_json_and_of_its_repr(self):
        line = OrderLine(text="a", secret="hush")
        assert "secret" not in line.__json__()
        assert line.__json__()["text"] == "a"
        assert "hush" not in repr(line)


async def test_values_come_back_as_they_were_stored(engine):
    made = datetime.fromisoformat("2026-02-03T04:05:06.000007+02:00")
    async with engine() as db:
        db.add(
            OrderLine(text="ä", at=made, rank=Rank.HIGH, section=Section.WORLD, tags=["a", "b"], price=Decimal("2.25"))
        )
        db.add(Letter())
    for db in (engine.reading(), engine.begin()):
        line = await db.one(OrderLine.all())
        assert line.at == made
        assert line.at.utcoffset().total_seconds() == 0
        assert (line.rank, line.section, line.tags, line.price) == (
            Rank.HIGH,
            Section.WORLD,
            ["a", "b"],
            Decimal("2.25"),
        )
        assert isinstance((await db.one(Letter.all())).key, UUID)
        assert await db.scalar(OrderLine.where(section=Section.WORLD, at=made).count()) == 1
        await db.close() if hasattr(db, "close") else None


async def test_a_query_with_a_time_without_a_zone_is_refused(engine):
    with pytest.raises(SennitError) as caught:
        await engine.reading().all(OrderLine.where(OrderLine.at > datetime(2026, 1, 1)))  # noqa: DTZ001
    assert caught.value.code == "model.E001"
