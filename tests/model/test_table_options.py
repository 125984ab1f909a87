"""What a model says of its table: keys, constraints, computed columns, versions, and what it takes from others."""

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import ForeignKeyConstraint

from sennit.errors import Conflict, NotFound, SennitError
from sennit.model import Mapped, Model, column, relationship, utcnow


class Team(Model, comment="Who plays together.", order_by=("-founded", "name")):
    name: Mapped[str] = column(comment="As on the shirt.")
    founded: Mapped[int] = column(default=1900, check="founded > 1800")


class Player(
    Model,
    unique=("team_id", "number"),
    index=[("team_id", "name")],
    check={"a_number_on_the_shirt": "number between 1 and 99"},
):
    team_id: Mapped[int] = column(references=Team.id)
    number: Mapped[int]
    name: Mapped[str] = column(default="")


class Order(Model, table="orders"):
    number: Mapped[int]


class Line(Model):
    order_id: Mapped[int] = column(references=Order.id, on_delete="cascade", primary_key=True)
    place: Mapped[int] = column(primary_key=True)
    price: Mapped[Decimal] = column(precision=10, scale=2)
    amount: Mapped[int] = column(default=1)
    total: Mapped[Decimal] = column(precision=12, scale=2, computed="price * amount")
    notes: Mapped[list["Note"]] = relationship(back_populates="line")


class Note(Model):
    order_id: Mapped[int]
    place: Mapped[int]
    text: Mapped[str]
    line: Mapped[Line] = relationship(back_populates="notes")
    __table_args__ = (ForeignKeyConstraint(["order_id", "place"], ["line.order_id", "line.place"]),)


class Stamped:
    """A mixin: columns and methods for models that have nothing else in common."""

    made_at: Mapped[datetime] = column(default=utcnow)
    version: Mapped[int]

    @property
    def age(self) -> float:
        return (utcnow() - self.made_at).total_seconds()


class Tree(Model, abstract=True, check={"not_its_own_parent": "parent_id <> id"}):
    """An abstract base whose reference is to the model itself, whichever it is."""

    parent_id: Mapped[int | None] = column(references="id", on_delete="cascade")


class Folder(Stamped, Tree):
    name: Mapped[str]
    parent: Mapped["Folder | None"] = relationship(remote_side="Folder.id")


class Chapter(Stamped, Tree):
    title: Mapped[str]
    parent: Mapped["Chapter | None"] = relationship(remote_side="Chapter.id")


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


class TestConstraint:
    async def test_unique_over_several_columns_is_a_conflict_that_names_them(self, engine):
        async with engine() as db:
            db.add(Team(name="a"), Team(name="b"))
            await db.flush()
            db.add(Player(team_id=1, number=7), Player(team_id=2, number=7))
        with pytest.raises(Conflict) as caught:
            async with engine() as db:
                db.add(Player(team_id=1, number=7))
        assert [error["field"] for error in caught.value.errors] == ["team_id", "number"]

    async def test_check_has_the_name_that_a_refusal_tells(self, engine):
        with pytest.raises(Conflict, match="a_number_on_the_shirt"):
            async with engine() as db:
                db.add(Team(name="a"))
                await db.flush()
                db.add(Player(team_id=1, number=100))
        with pytest.raises(Conflict, match="founded"):
            async with engine() as db:
                db.add(Team(name="a", founded=1))

    def test_index_and_comments_are_those_of_the_table(self):
        assert "ix_player_team_id_name" in {index.name for index in Player.__table__.indexes}
        assert Team.__table__.comment == "Who plays together."
        assert Team.__table__.columns["name"].comment == "As on the shirt."

    def test_of_a_column_that_is_not_there_suggests_the_right_one(self):
        def statement():
            class Coach(Model, unique="nmae"):
                name: Mapped[str]

        with pytest.raises(SennitError, match="Did you mean 'name'"):
            statement()


async def test_the_class_says_the_order_of_queries_that_name_none(engine):
    async with engine() as db:
        db.add(Team(name="b"), Team(name="a"), Team(name="c", founded=1950))
    assert [t.name for t in await engine.reading().all(Team.all())] == ["c", "a", "b"]


def test_a_class_keyword_or_an_order_that_is_wrong_suggests_the_right_one():
    def misspelt():
        class Coach(Model, orderby="name"):
            name: Mapped[str]

    def unknown_order():
        class Trainer(Model, order_by="-nmae"):
            name: Mapped[str]

    with pytest.raises(SennitError, match="Did you mean 'order_by'") as caught:
        misspelt()
    assert caught.value.code == "model.E048"
    with pytest.raises(SennitError, match="Did you mean 'name'") as caught:
        unknown_order()
    assert caught.value.code == "query.E002"


class TestCompositeKey:
    async def test_is_a_tuple_to_the_database(self, engine):
        async with engine() as db:
            db.add(Order(number=1))
            await db.flush()
            db.add(Line(order_id=1, place=1, price=Decimal(2)), Line(order_id=1, place=2, price=Decimal(3)))
        for db in (engine.reading(), engine.begin()):
            assert (await db.get(Line, (1, 2))).price == 3
            with pytest.raises(NotFound):
                await db.get(Line, (1, 3))
            with pytest.raises(SennitError, match="order_id, place"):
                await db.get(Line, 1)
            await db.close() if hasattr(db, "close") else None

    async def test_is_referred_to_as_a_whole(self, engine):
        async with engine() as db:
            db.add(Order(number=1))
            await db.flush()
            db.add(Line(order_id=1, place=1, price=Decimal(2)))
            await db.flush()
            db.add(Note(order_id=1, place=1, text="fragile"))
        db = engine.reading()
        assert (await db.one(Note.all().load(Note.line))).line.price == 2
        assert [n.text for n in (await db.one(Line.all().load(Line.notes))).notes] == ["fragile"]
        assert await db.scalar(Note.all().join(Line).where(Line.amount == 1).count()) == 1
        with pytest.raises(Conflict):
            async with engine() as db:
                db.add(Note(order_id=1, place=9, text="lost"))


class TestComputed:
    async def test_follows_its_columns_without_hidden_reading(self, engine, told):
        async with engine() as db:
            db.add(Order(number=1))
            await db.flush()
            line = Line(order_id=1, place=1, price=Decimal("2.50"), amount=2)
            db.add(line)
            await db.flush()
            assert line.total == Decimal("5.00")
            line.amount = 3
            await db.flush()
            assert line.total == Decimal("7.50")
        assert await engine.reading().all(Line.where(Line.total > 7).values(Line.total)) == [Decimal("7.50")]
        async with engine() as db:
            (await db.get(Line, (1, 1))).amount = 4
        (change,) = told[-1]
        assert {"amount", "total"} <= change.columns

    def test_cannot_be_set(self):
        assert code_of(lambda: Line(order_id=1, place=1, total=5)) == "model.E046"
        assert code_of(lambda: column(computed="a + b", default=1)) == "model.E002"


class TestShared:
    async def test_columns_properties_and_version_come_from_mixins_and_bases(self, engine):
        async with engine() as db:
            db.add(Folder(name="a"), Chapter(title="one"))
        folder = await engine.reading().one(Folder.all())
        assert folder.version == 1
        assert 0 <= folder.age < 60
        async with engine() as db:
            db.add(Folder(name="b", parent_id=folder.id))
        inner = await engine.reading().one(Folder.where(name="b").load(Folder.parent))
        assert inner.parent.name == "a"
        assert {"made_at", "version", "parent_id"} <= set(Chapter.__table__.columns.keys())

    def test_a_reference_to_the_model_itself_is_each_models_own(self):
        for model in (Folder, Chapter):
            (key,) = model.__table__.columns["parent_id"].foreign_keys
            assert key.column.table is model.__table__

    async def test_constraints_of_a_base_are_those_of_its_models(self, engine):
        async with engine() as db:
            db.add(Folder(name="a"))
        with pytest.raises(Conflict, match="not_its_own_parent"):
            async with engine() as db:
                await db.execute(Folder.where(id=1).update(parent_id=1))

    async def test_a_stale_version_is_a_conflict(self, engine):
        async with engine() as db:
            db.add(Folder(name="a"))
        one, other = engine.begin(), engine.begin()
        mine, theirs = await one.get(Folder, 1), await other.get(Folder, 1)
        mine.name, theirs.name = "mine", "theirs"
        await one.commit()
        with pytest.raises(Conflict) as caught:
            await other.commit()
        assert caught.value.status == 409
        await one.close()
        await other.close()
        folder = await engine.reading().get(Folder, 1)
        assert (folder.name, folder.version) == ("mine", 2)

    async def test_a_statement_counts_the_version_up(self, engine):
        async with engine() as db:
            db.add(Folder(name="a"))
            await db.flush()
            await db.execute(Folder.where(id=1).update(name="b"))
        assert (await engine.reading().get(Folder, 1)).version == 2
