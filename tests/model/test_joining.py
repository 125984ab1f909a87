"""Queries over several tables, groups, unions, windows and subqueries: still values, still rows of the model."""

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, except_, func, select, union, union_all
from sqlalchemy.orm import aliased

from sennit.errors import SennitError
from sennit.model import Mapped, Model, TableRead, column, relationship
from sennit.model.adopt import as_query


class Country(Model):
    name: Mapped[str]


class Writer(Model, order_by="name"):
    name: Mapped[str] = column(index=True)
    country_id: Mapped[int | None] = column(references=Country.id)
    mentor_id: Mapped[int | None] = column(references="Writer.id")
    country: Mapped[Country | None] = relationship()
    mentor: Mapped["Writer | None"] = relationship(remote_side="Writer.id")
    novels: Mapped[list["Novel"]] = relationship(back_populates="writer")


class Genre(Model):
    name: Mapped[str]


class Novel(Model):
    writer_id: Mapped[int] = column(references=Writer.id, on_delete="cascade")
    title: Mapped[str]
    pages: Mapped[int]
    writer: Mapped[Writer] = relationship(back_populates="novels")
    genres: Mapped[list[Genre]] = relationship(secondary="novel_genre")


Table(
    "novel_genre",
    Novel.metadata,
    Column("novel_id", Integer, ForeignKey("novel.id"), primary_key=True),
    Column("genre_id", Integer, ForeignKey("genre.id"), primary_key=True),
)


class Translator(Model):
    writer_id: Mapped[int] = column(references=Writer.id)
    editor_id: Mapped[int] = column(references=Writer.id)
    writer: Mapped[Writer] = relationship(foreign_keys=writer_id)
    editor: Mapped[Writer] = relationship(foreign_keys=editor_id)


@pytest.fixture
async def library(engine):
    async with engine() as db:
        chile, crime, love = Country(name="Chile"), Genre(name="crime"), Genre(name="love")
        ann, bob, cid = Writer(name="ann", country=chile), Writer(name="bob"), Writer(name="cid")
        for row in (ann, bob, cid, crime, love):
            db.add(row)
            await db.flush()
        bob.mentor = ann
        db.add(
            Novel(writer=ann, title="a1", pages=10, genres=[crime]),
            Novel(writer=ann, title="a2", pages=20, genres=[crime, love]),
            Novel(writer=bob, title="b1", pages=30),
        )
    return engine


@pytest.fixture(params=["read-only", "tracked"])
async def db(request, library):
    """The queries are the same everywhere."""
    if request.param == "read-only":
        yield library.reading()
        return
    async with library() as db:
        yield db


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


class TestJoin:
    async def test_lets_conditions_and_orders_name_another_model(self, db):
        query = Novel.all().join(Novel.writer).where(Writer.name == "ann").order_by(Novel.id)
        assert [n.title for n in await db.all(query)] == ["a1", "a2"]
        far = Novel.all().join(Novel.writer).join(Writer.country).where(Country.name == "Chile")
        assert await db.scalar(far.count()) == 2
        assert (await db.page(query, 2, 1)).items[0].title == "a2"

    async def test_finds_the_only_relation_to_a_model_by_itself(self, db):
        assert await db.scalar(Novel.all().join(Writer).join(Country).count()) == 2

    async def test_gives_values_of_both(self, db):
        query = Novel.all().join(Writer).order_by(Novel.id).values(Writer.name, Novel.title)
        assert (await db.all(query))[:2] == [("ann", "a1"), ("ann", "a2")]

    async def test_of_a_list_gives_a_row_for_each_partner_and_distinct_gives_it_once(self, db):
        query = Writer.all().join(Writer.novels)
        assert [w.name for w in await db.all(query)] == ["ann", "ann", "bob"]
        assert [w.name for w in await db.all(query.distinct())] == ["ann", "bob"]

    async def test_outer_keeps_rows_without_a_partner(self, db):
        query = Writer.all().outer_join(Writer.country).order_by(Writer.name).values(Writer.name, Country.name)
        assert await db.all(query) == [("ann", "Chile"), ("bob", None), ("cid", None)]
        both = Novel.all().outer_join(Country, Country.name == Novel.title).values(Novel, Country)
        assert [country for _, country in await db.all(both)] == [None, None, None]
        lonely = Writer.all().outer_join(Writer.novels).where(Novel.id.is_(None))
        assert [w.name for w in await db.all(lonely)] == ["cid"]

    async def test_goes_over_many_to_many(self, db):
        query = Novel.all().join(Novel.genres).where(Genre.name == "love")
        assert [n.title for n in await db.all(query)] == ["a2"]

    async def test_of_a_model_with_itself_uses_an_alias(self, db):
        mentor = aliased(Writer)
        query = Writer.all().join(mentor, Writer.mentor_id == mentor.id).where(mentor.name == "ann")
        assert [w.name for w in await db.all(query)] == ["bob"]
        assert [w.name for w in await db.all(select(mentor).where(mentor.name == "ann"))] == ["ann"]
        ((of, one),) = await db.all(select(mentor, Writer.name).join(Writer, Writer.mentor_id == mentor.id))
        assert (of.name, one) == ("ann", "bob")

    def test_that_starts_elsewhere_names_the_way(self):
        with pytest.raises(SennitError, match=r"join\(Novel") as caught:
            Novel.all().join(Writer.country)
        assert caught.value.code == "query.E013"

    def test_to_a_model_that_several_relations_lead_to_lists_them(self):
        with pytest.raises(SennitError, match=r"Translator\.writer") as caught:
            Translator.all().join(Writer)
        assert "Translator.editor" in caught.value.fix
        assert code_of(lambda: Novel.all().join(Country)) == "query.E013"

    def test_reads_every_table_on_its_way(self):
        def tables(query):
            return {read.table for read in query.reads()}

        assert tables(Novel.all().join(Novel.genres)) == {"novel", "novel_genre", "genre"}
        assert tables(Novel.all().join(Writer).join(Country).count()) == {"novel", "writer", "country"}
        assert tables(as_query(select(Novel).join(Novel.genres))) == {"novel", "novel_genre", "genre"}
        inner = select(Novel.id).join(Novel.genres).where(Genre.name == "love")
        assert tables(Novel.where(Novel.id.in_(inner))) == {"novel", "novel_genre", "genre"}
        assert tables(Novel.where(Novel.genres.any(name="love"))) == {"novel", "novel_genre", "genre"}
        mentor = aliased(Writer)
        assert Writer.where(id=2).join(mentor, Writer.mentor_id == mentor.id).reads() == {TableRead("writer")}

    def test_keeps_what_is_known_of_the_models_own_rows(self):
        reads = Novel.where(writer_id=5).join(Writer).reads()
        assert reads == {TableRead("novel", frozenset({("writer_id", 5)})), TableRead("writer")}

    def test_cannot_be_changed_in_one_statement(self):
        assert code_of(lambda: Novel.all().join(Writer).delete()) == "query.E006"
        assert code_of(lambda: Novel.all().with_for_update().update(pages=1)) == "query.E006"


class TestRelationCondition:
    async def test_has_and_any_ask_the_other_side(self, db):
        assert await db.scalar(Novel.where(Novel.writer.has(name="ann")).count()) == 2
        assert [w.name for w in await db.all(Writer.where(Writer.novels.any(Novel.pages > 25)))] == ["bob"]
        assert [w.name for w in await db.all(Writer.where(~Writer.novels.any()))] == ["cid"]
        assert [n.title for n in await db.all(Novel.where(Novel.genres.any(name="love")))] == ["a2"]

    async def test_a_relation_is_compared_by_its_key(self, db):
        ann = await db.one(Writer.where(name="ann"))
        assert await db.scalar(Novel.where(writer=ann).count()) == 2
        assert await db.scalar(Writer.where(mentor=None).count()) == 2

    def test_reads_both_sides(self):
        assert {read.table for read in Writer.where(Writer.novels.any(Novel.pages > 25)).reads()} == {"writer", "novel"}


class TestGroup:
    async def test_gives_one_result_for_each_group(self, db):
        query = Novel.all().group_by("writer_id").values(Novel.writer_id, func.count(), func.sum(Novel.pages))
        assert sorted(await db.all(query)) == [(1, 2, 30), (2, 1, 30)]

    async def test_having_keeps_some_of_them(self, db):
        query = (
            Writer.all()
            .join(Writer.novels)
            .group_by(Writer.name)
            .having(func.count(Novel.id) > 1)
            .values(Writer.name, func.max(Novel.pages).label("most"))
        )
        (found,) = await db.all(query)
        assert (found.name, found.most) == ("ann", 20)

    async def test_counts_and_pages_groups(self, db):
        query = Novel.all().group_by(Novel.writer_id)
        assert await db.scalar(query.count()) == 2
        assert await db.scalar(query.having(func.count() > 1).count()) == 1
        page = await db.page(query.order_by(Novel.writer_id).values(Novel.writer_id), 2, 1)
        assert (page.items, page.total) == ([2], 2)

    async def test_a_page_of_distinct_values_counts_each_once(self, db):
        page = await db.page(Novel.all().values(Novel.writer_id).distinct().order_by(Novel.writer_id), 1, 1)
        assert (page.items, page.total) == ([1], 2)

    def test_without_values_is_refused(self):
        assert code_of(lambda: Novel.all().group_by(Novel.writer_id).select()) == "query.E015"
        assert code_of(lambda: Novel.all().group_by(Novel.writer_id).sum(Novel.pages).select()) == "query.E015"
        assert code_of(lambda: Novel.all().group_by("writer")) == "query.E002"

    def test_reads_the_columns_that_it_names(self):
        (read,) = Novel.all().group_by("writer_id").having(func.sum(Novel.pages) > 3).values(func.count()).reads()
        assert read.columns == {"writer_id", "pages"}


class TestUnion:
    async def test_gives_rows_that_either_finds_once_and_stays_a_query(self, db):
        query = Novel.where(title="a1").union(Novel.where(Novel.pages < 25), Novel.where(title="b1"))
        assert [n.title for n in await db.all(query.order_by(Novel.id))] == ["a1", "a2", "b1"]
        assert await db.scalar(query.where(Novel.pages > 10).count()) == 2
        assert (await db.first(query.load(Novel.writer).order_by("-id"))).writer.name == "bob"

    async def test_limits_inside_count_for_their_part(self, db):
        ends = Novel.all().order_by("id").limit(1).union(Novel.all().order_by("-id").limit(1))
        assert [n.title for n in await db.all(ends.order_by("id"))] == ["a1", "b1"]

    async def test_gives_values_of_several_models(self, db):
        query = Writer.all().values(Writer.name).union(Country.all().values(Country.name))
        assert await db.all(query.order_by("-name")) == ["cid", "bob", "ann", "Chile"]
        assert await db.scalar(query.count()) == 4
        assert await db.all(query.union(Genre.all().values(Genre.name)).order_by("name").limit(2)) == ["Chile", "ann"]

    async def test_made_by_sqlalchemy_is_taken_too(self, db):
        assert sorted(await db.all(union_all(select(Writer.name), select(Writer.name)))) == [
            *("ann", "ann", "bob", "bob", "cid", "cid"),
        ]
        assert [w.name for w in await db.all(union(select(Writer), select(Writer)))] == ["ann", "bob", "cid"]
        but = except_(select(Writer), select(Writer).where(Writer.name == "bob"))
        assert [w.name for w in await db.all(but)] == ["ann", "cid"]

    def test_of_different_kinds_is_refused(self):
        assert code_of(lambda: Novel.all().union(Writer.all())) == "query.E014"
        assert code_of(lambda: Novel.all().values(Novel.id).union(Writer.all().values(Writer.id, Writer.name))) == (
            "query.E014"
        )
        assert code_of(lambda: Novel.all().count().union(Novel.all().count())) == "query.E014"

    def test_with_an_order_that_it_does_not_give_suggests_the_right_one(self):
        query = Writer.all().values(Writer.name).union(Country.all().values(Country.name))
        with pytest.raises(SennitError, match="Did you mean 'name'"):
            query.order_by("nmae")

    def test_reads_all_tables_of_its_parts(self):
        query = Writer.all().values(Writer.name).union(Country.all().values(Country.name))
        assert {read.table for read in query.reads()} == {"writer", "country"}
        assert Novel.where(id=1).union(Novel.where(id=2)).reads() == {TableRead("novel")}


class TestWindowAndSubquery:
    async def test_windows_are_values(self, db):
        place = func.row_number().over(partition_by=Novel.writer_id, order_by=Novel.pages.desc()).label("place")
        query = Novel.all().order_by(Novel.id).values(Novel.title, place)
        assert await db.all(query) == [("a1", 2), ("a2", 1), ("b1", 1)]
        ranked = query.subquery()
        assert sorted(await db.all(select(ranked.c.title).where(ranked.c.place == 1))) == ["a2", "b1"]

    async def test_a_query_is_one_value_inside_another(self, db):
        mean = Novel.all().avg(Novel.pages).scalar_subquery()
        assert [n.title for n in await db.all(Novel.where(Novel.pages > mean))] == ["b1"]

    async def test_a_subquery_may_speak_of_the_outer_row(self, db):
        count = Novel.where(Novel.writer_id == Writer.id).count().scalar_subquery()
        query = Writer.all().order_by(Writer.name).values(Writer.name, count.label("novels"))
        assert await db.all(query) == [("ann", 2), ("bob", 1), ("cid", 0)]

    async def test_a_subquery_is_joined_like_a_table(self, db):
        sums = Novel.all().group_by("writer_id").values(Novel.writer_id, func.sum(Novel.pages).label("sum")).subquery()
        query = (
            Writer.all().join(sums, sums.c.writer_id == Writer.id).order_by(Writer.id).values(Writer.name, sums.c.sum)
        )
        assert await db.all(query) == [("ann", 30), ("bob", 30)]

    def test_reads_the_tables_inside(self):
        count = Novel.where(Novel.writer_id == Writer.id).count().scalar_subquery()
        assert {read.table for read in Writer.all().values(Writer.name, count).reads()} == {"writer", "novel"}

    def test_where_with_a_query_as_value_names_the_condition(self):
        assert code_of(lambda: Novel.where(writer_id=Writer.all().values(Writer.id))) == "query.E003"
        assert code_of(lambda: Novel.where(title=Writer.name)) == "query.E003"


class TestKey:
    def test_is_the_same_for_the_same_form(self):
        def build(n):
            return Novel.where(pages=n).join(Writer).group_by(Writer.name).having(func.count() > n).values(Writer.name)

        assert build(1).key == build(1).key
        assert build(1).identity.structure == build(2).identity.structure
        assert build(1).key != build(2).key

    def test_tells_aliases_of_the_same_form_apart(self):
        one, two = aliased(Writer), aliased(Writer)
        same = Writer.where(one.name == "x", one.country_id == 1)
        mixed = Writer.where(one.name == "x", two.country_id == 1)
        assert same.identity.structure != mixed.identity.structure

    @pytest.mark.parametrize(
        "other",
        [
            Novel.all(),
            Novel.all().outer_join(Novel.writer),
            Novel.all().join(Novel.genres),
            Novel.all().join(Writer, Novel.writer_id == Writer.id),
            Novel.all().join(Novel.writer).with_for_update(),
        ],
    )
    def test_differs_for_anything_else(self, other):
        assert Novel.all().join(Novel.writer).key != other.key

    async def test_a_kept_plan_gets_the_values_of_each_query(self, library):
        db = library.reading()
        for name, count in [("ann", 2), ("bob", 1), ("cid", 0), ("ann", 2)]:
            query = Novel.all().join(Writer).where(Writer.name == name).limit(5)
            assert len(await db.all(query)) == count
            either = Novel.where(title=f"{name[0]}1").union(Novel.all().join(Writer).where(Writer.name == name))
            assert await db.scalar(either.count()) == count


class TestForUpdate:
    async def test_shows_the_row_as_it_is_and_holds_it(self, library):
        async with library() as db:
            bob = await db.one(Writer.where(name="bob"))
            async with library() as other:
                (await other.one(Writer.where(name="bob"))).country_id = 1
            (locked,) = await db.all(Writer.where(name="bob").with_for_update())
            assert locked is bob
            assert bob.country_id == 1
            await db.execute(Writer.where(name="bob").update(country_id=None))

    async def test_is_refused_where_the_database_is_only_read(self, library):
        for query in (Writer.all().with_for_update(), select(Writer).with_for_update(skip_locked=True)):
            with pytest.raises(SennitError) as caught:
                await library.reading().all(query)
            assert caught.value.code == "model.E011"
