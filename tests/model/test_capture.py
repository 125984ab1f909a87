"""Changes are told once, after the commit, as a tuple."""

import logging

import pytest
from sqlalchemy import Column, ForeignKey, Table, delete, insert, text, update
from sqlalchemy.dialects import postgresql, sqlite

from sennit.errors import Conflict, SennitError
from sennit.model import Mapped, Model, column, relationship
from sennit.model.reads import EVERYTHING
from sennit.model.unit import MOST_ROWS


class Shop(Model):
    city: Mapped[str] = column(index=True)
    name: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="shop")


class Item(Model):
    shop_id: Mapped[int] = column(references=Shop.id, on_delete="cascade")
    price: Mapped[int] = column(default=1)
    seen: Mapped[int] = column(default=0, onupdate=1)
    shop: Mapped[Shop] = relationship(back_populates="items")
    labels: Mapped[list["Label"]] = relationship(secondary="item_label")


class Part(Model):
    item_id: Mapped[int] = column(references=Item.id, on_delete="cascade")
    spare_of_id: Mapped[int | None] = column(references="Part.id", on_delete="set null")


class Label(Model):
    text: Mapped[str]


Table(
    "item_label",
    Label.__table__.metadata,
    Column("item_id", ForeignKey(Item.id), primary_key=True),
    Column("label_id", ForeignKey(Label.id), primary_key=True),
)


class Log(Model, live=False):
    text: Mapped[str]


def engine_name(db):
    return db.session.get_bind().dialect.name


@pytest.fixture
async def shop(engine, told):
    async with engine() as db:
        db.add(Shop(city="Rome", name="a", items=[Item(), Item()]), Label(text="x"))
    told.clear()
    return engine


def flat(told):
    return [(c.table, c.op) for commit in told for c in commit]


class TestRows:
    async def test_tell_their_key_columns_and_routing_values(self, shop, told):
        async with shop() as db:
            row = await db.get(Shop, 1)
            row.city, row.name = "Oslo", "b"
        ((change,),) = told
        assert (change.model, change.op, change.key, change.columns) == (Shop, "update", 1, {"city", "name"})
        assert change.old == {"id": 1, "city": "Rome"}
        assert change.new == {"id": 1, "city": "Oslo"}

    async def test_that_did_not_change_are_not_told(self, shop, told):
        async with shop() as db:
            row = await db.get(Shop, 1)
            row.city = "Rome"
        assert told == []

    async def test_tell_columns_that_the_model_sets_by_itself(self, shop, told):
        async with shop() as db:
            (await db.get(Item, 1)).price = 2
        assert told[0][0].columns == {"price", "seen"}

    async def test_are_one_tuple_a_commit(self, shop, told):
        async with shop() as db:
            db.add(Shop(city="Bern", name="c"))
            await db.flush()
            await db.delete(await db.get(Item, 1))
            await db.commit()
            db.add(Label(text="y"))
        assert len(told) == 2
        assert flat(told)[:2] == [("shop", "insert"), ("item", "delete")]

    async def test_of_a_many_to_many_table_are_told(self, shop, told):
        async with shop() as db:
            item = await db.get(Item, 1, load=[Item.labels])
            item.labels.append(await db.get(Label, 1))
        assert ("item_label", "insert") in flat(told)

    async def test_moved_between_parents_tell_both(self, shop, told):
        async with shop() as db:
            other = Shop(city="Bern", name="c", items=[])
            db.add(other)
            other.items.append(await db.get(Item, 1))
            await db.flush()
            key = other.id
        moved = [c for c in told[0] if c.table == "item"]
        assert (moved[0].old["shop_id"], moved[0].new["shop_id"]) == (1, key)

    async def test_more_than_a_hundred_of_a_kind_become_one(self, shop, told):
        async with shop() as db:
            db.add(*(Label(text=str(n)) for n in range(MOST_ROWS + 1)))
        ((change,),) = told
        assert (change.table, change.op, change.key, change.new) == ("label", "insert", None, {})

    async def test_thousands_take_no_memory_each(self, shop, told):
        async with shop() as db:
            for _ in range(5):
                db.add(*(Label(text=str(n)) for n in range(1000)))
                await db.flush()
            assert len(db._unit._changes) < 2100
        assert len(told[0]) == 1


class TestUndone:
    async def test_work_is_not_told(self, shop, told):
        db = shop.begin()
        db.add(Shop(city="Bern", name="c"))
        await db.flush()
        await db.execute(Item.all().delete())
        await db.execute("delete from shop")
        await db.rollback()
        await db.commit()
        await db.close()
        assert told == []

    async def test_savepoints_are_not_told_the_rest_is(self, shop, told):
        async with shop() as db:
            db.add(Label(text="kept"))
            with pytest.raises(ZeroDivisionError):
                async with db.transaction():
                    await db.execute(Shop.all().update(name="z"))
                    async with db.transaction():
                        db.add(Shop(city="Bern", name="c"))
                    raise ZeroDivisionError
            async with db.transaction():
                await db.execute(Item.where(id=1).delete())
        assert set(flat(told)) == {("label", "insert"), ("item", "delete"), ("part", "delete"), ("part", "update")}

    async def test_flushes_leave_nothing_behind(self, shop, told):
        async with shop() as db:
            with pytest.raises(Conflict):
                async with db.transaction():
                    db.add(Part(item_id=99))
            await db.session.execute(insert(Label), [{"text": "a"}, {"text": "b"}])
        assert set(flat(told)) == {("label", "insert")}


class TestStatements:
    async def test_update_tells_columns_and_equalities(self, shop, told):
        async with shop() as db:
            await db.execute(Item.where(shop_id=1).where(Item.price > 0).update(price=5))
        ((change,),) = told
        assert (change.op, change.columns, change.old, change.new) == (
            "update",
            {"price", "seen"},
            {"shop_id": 1},
            {"shop_id": 1},
        )

    async def test_update_of_a_routing_column_tells_old_and_new(self, shop, told):
        async with shop() as db:
            await db.execute(Shop.where(city="Rome").update(city="Oslo"))
        assert (told[0][0].old, told[0][0].new) == ({"city": "Rome"}, {"city": "Oslo"})

    async def test_update_with_an_expression_tells_no_new_value(self, shop, told):
        async with shop() as db:
            await db.execute(Shop.where(city="Rome").update(city=Shop.city + "!"))
        assert (told[0][0].old, told[0][0].new) == ({"city": "Rome"}, {})

    async def test_that_touch_no_row_are_not_told(self, shop, told):
        async with shop() as db:
            await db.execute(Shop.where(city="Bern").update(name="x"))
            await db.execute(delete(Shop.__table__).where(Shop.city == "Bern"))
        assert told == []

    async def test_with_values_from_outside_are_told_broadly(self, shop, told):
        async with shop() as db:
            await db.session.execute(update(Shop.__table__).where(Shop.__table__.c.id == 1), {"name": "x"})
            await db.session.execute(update(Shop), [{"id": 1, "name": "y"}])
        assert all(c.op == "update" and (c.columns is None or "name" in c.columns) for c in told[0])
        assert len(told[0]) == 2

    async def test_insert_tells_keys_and_routing_values(self, shop, told):
        async with shop() as db:
            await db.execute(insert(Shop).values(id=7, city="Bern", name="x"))
            await db.session.execute(
                insert(Shop.__table__), [{"city": "Linz", "name": "y"}, {"city": "Graz", "name": "y"}]
            )
        assert (told[0][0].key, told[0][0].new) == (7, {"id": 7, "city": "Bern"})
        assert [c.new.get("city") for c in told[0][1:]] == ["Linz", "Graz"]

    async def test_insert_that_may_update_is_any(self, shop, told):
        async with shop() as db:
            upsert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[engine_name(db)]
            statement = upsert(Shop).values(id=1, city="Bern", name="x")
            await db.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"name": "z"}))
            if engine_name(db) == "sqlite":
                await db.execute(insert(Label.__table__).prefix_with("OR REPLACE").values(id=1, text="z"))
        assert {(c.table, c.op) for c in told[0]} >= {("shop", "any")}
        assert {c.op for c in told[0] if c.table in ("shop", "label")} == {"any"}

    async def test_that_only_read_are_not_told(self, shop, told):
        async with shop() as db:
            await db.all(Shop.all())
            await db.execute("select * from shop")
            await db.execute("with x as (select 1) select * from x")
            await db.execute("explain select 1 from shop")
        assert told == []


class TestText:
    async def test_that_ends_the_transaction_is_refused(self, shop):
        async with shop() as db:
            for statement in ("commit", "ROLLBACK;", " begin immediate"):
                with pytest.raises(SennitError) as caught:
                    await db.execute(statement)
                assert caught.value.code == "model.E022"

    async def test_of_savepoints_is_followed(self, shop, told):
        async with shop() as db:
            await db.execute("savepoint here")
            await db.execute("update shop set name = 'x'")
            await db.execute("rollback to here")
            await db.execute("update label set text = 'y'")
            await db.execute("release here")
        assert flat(told) == [("label", "any")]

    @pytest.mark.parametrize(
        ("statement", "tables"),
        [
            ("update label set text = 'z'", {"label"}),
            ('DELETE FROM "label"', {"label"}),
            ("/* tidy */ -- up\n delete from Label", {"label"}),
            ("insert into label (text) select name from shop", {"label", "shop", "item", "part", "item_label"}),
            ("with t as (select 1) update label set text = 'z'", {"label"}),
            ("create table other (x int)", {EVERYTHING}),
        ],
    )
    async def test_tells_every_known_table_it_names(self, shop, told, statement, tables):
        async with shop() as db:
            await db.execute(statement)
        assert {c.table for c in told[0]} <= tables
        assert {c.op for c in told[0]} <= {"any", "update"}

    async def test_by_the_sessions_own_means_is_seen_too(self, shop, told):
        async with shop() as db:
            await db.session.execute(text("update label set text = :x"), {"x": "z"})
            await (await db.session.connection()).exec_driver_sql("update shop set name = 'n'")
        assert {c.table for c in told[0]} >= {"label", "shop"}


class TestCascades:
    async def test_tell_the_children_that_the_database_deletes(self, shop, told):
        async with shop() as db:
            await db.execute(Shop.where(id=1).delete())
        assert {(c.table, c.op, tuple(c.old.items())) for c in told[0]} == {
            ("shop", "delete", (("id", 1),)),
            ("item", "delete", (("shop_id", 1),)),
            ("part", "delete", ()),
            ("part", "update", ()),
        }

    async def test_end_where_a_table_refers_to_itself(self, shop, told):
        async with shop() as db:
            db.add(Part(item_id=1))
            await db.flush()
            await db.execute(Part.where(id=1).delete())
        assert ("part", "update") in flat(told)


class TestQuiet:
    async def test_models_tell_nothing(self, shop, told):
        async with shop() as db:
            db.add(Log(text="x"))
            await db.flush()
            await db.execute(Log.all().update(text="y"))
            await db.execute("delete from log")
        assert told == []


class TestListeners:
    async def test_that_fail_harm_nobody(self, shop, told, caplog):
        def broken(changes):
            raise ZeroDivisionError

        shop.on_commit(broken)
        later = []
        shop.on_commit(later.append)
        with caplog.at_level(logging.CRITICAL):
            async with shop() as db:
                db.add(Label(text="y"))
        assert len(later) == 1
        assert await shop.reading().scalar(Label.all().count()) == 2

    async def test_hear_only_what_others_can_already_read(self, shop):
        seen = []
        shop.on_commit(lambda changes: seen.append(_count(shop)))
        async with shop() as db:
            db.add(Label(text="y"))
        assert seen == [2]


def _count(engine):
    return engine.reading_sync().scalar(Label.all().count())
