"""Queries are values."""

import pytest
from sqlalchemy import bindparam, func, select, union_all

from sennit.errors import SennitError
from sennit.model import Mapped, Model, Query, TableRead, column, relationship
from sennit.model.adopt import as_query
from sennit.model.reads import EVERYTHING


class Author(Model, order_by="name"):
    name: Mapped[str] = column(index=True)
    tags: Mapped[list[str]] = column(default=list)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Model):
    author_id: Mapped[int] = column(references=Author.id, on_delete="cascade")
    title: Mapped[str]
    pages: Mapped[int] = column(default=1)
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.fixture
async def shelf(engine):
    async with engine() as db:
        ann, bob = Author(name="bob"), Author(name="ann")
        db.add(ann, bob)
        await db.flush()
        db.add(
            *(Book(author_id=ann.id, title=f"t{n}", pages=n) for n in range(1, 6)),
            Book(author_id=bob.id, title="Über", pages=9),
        )
    return engine.reading()


def code_of(statement):
    with pytest.raises(SennitError) as caught:
        statement()
    return caught.value.code


class TestMisuse:
    @pytest.mark.parametrize(
        ("use", "call"),
        [
            (bool, "query.exists()"),
            (len, "query.count()"),
            (list, "db.all(query)"),
            (lambda q: q[0], "db.all"),
            (lambda q: q.__await__(), "db.all(query)"),
            (lambda q: q.__aiter__(), "db.stream(query)"),
        ],
    )
    def test_as_if_it_were_its_result_names_the_call(self, use, call):
        with pytest.raises(SennitError) as caught:
            use(Book.all())
        assert caught.value.code == "query.E001"
        assert call in caught.value.fix

    def test_with_an_unknown_name_suggests_the_right_one(self):
        with pytest.raises(SennitError, match="Did you mean 'title'") as caught:
            Book.where(titel="x")
        assert caught.value.code == "query.E002"
        assert code_of(lambda: Book.all().order_by("-nonsense")) == "query.E002"
        assert code_of(lambda: Book.all().update(nonsense=1)) == "query.E002"

    def test_with_a_list_as_a_value_shows_in(self):
        assert code_of(lambda: Book.where(title=["a", "b"])) == "query.E003"
        Author.where(tags=["a"])  # a column that holds lists

    def test_with_a_relation_that_does_not_start_there(self):
        assert code_of(lambda: Author.all().load(Book.author)) == "query.E004"
        Author.all().load(Author.books, Book.author)

    def test_with_something_that_is_no_number_of_rows(self):
        assert code_of(lambda: Book.all().limit(-1)) == "query.E005"
        assert code_of(lambda: Book.all().offset("3")) == "query.E005"

    def test_of_update_and_delete_with_a_limit(self):
        assert code_of(lambda: Book.all().limit(3).delete()) == "query.E006"
        assert code_of(lambda: Book.all().first().update(pages=1)) == "query.E006"

    def test_of_a_select_with_names_or_options(self):
        from sqlalchemy.orm import selectinload

        assert code_of(lambda: as_query(select(Book.id, Book.title)).where(title="x")) == "query.E007"
        assert code_of(lambda: as_query(select(Book).options(selectinload(Book.author)))) == "query.E008"
        assert code_of(lambda: as_query("select 1")) == "query.E010"
        assert code_of(lambda: as_query(union_all(select(Book), select(Book)))) == "query.E010"


class TestKey:
    def test_is_equal_for_queries_that_read_the_same(self):
        def build(n):
            return Book.where(Book.pages > n, title="x").order_by(Book.id.desc()).limit(3).load(Book.author)

        assert build(1).key == build(1).key
        assert hash(build(1)) == hash(build(1))
        assert build(1) == build(1)
        assert build(1).key[0] == build(2).key[0], "the structure is the same"
        assert build(1).key != build(2).key

    @pytest.mark.parametrize(
        "other",
        [
            Book.where(title=None),
            Book.where(author_id=1),
            Book.where(title="x").count(),
            Book.where(title="x").limit(1),
            Book.where(title="x").first(),
            Book.where(title="x").page(1, 50),
            Book.where(title="x").page(2, 50),
            Book.where(title="x").order_by(Book.id),
            Book.where(Book.title == "x"),
            Author.where(name="x"),
        ],
    )
    def test_differs_for_anything_else(self, other):
        assert Book.where(title="x").key != other.key

    def test_holds_lists_of_values(self):
        assert Book.where(Book.id.in_([1, 2])).key == Book.where(Book.id.in_([1, 2])).key
        assert Book.where(Book.id.in_([1, 2])).key != Book.where(Book.id.in_([1, 3])).key
        hash(Author.where(tags=["a"]).key)


class TestReads:
    def test_knows_the_rows_that_equalities_name(self):
        assert Book.where(author_id=5).reads() == {TableRead("book", frozenset({("author_id", 5)}))}
        assert Book.where(Book.author_id == 5, Book.pages > 1).reads() == {
            TableRead("book", frozenset({("author_id", 5)}))
        }

    def test_carries_an_equality_over_to_a_loaded_relation(self):
        reads = Author.where(id=5).load(Author.books).reads()
        assert TableRead("book", frozenset({("author_id", 5)})) in reads

    def test_knows_the_columns_that_an_aggregate_needs(self):
        (read,) = Book.where(author_id=5).sum(Book.pages).reads()
        assert read.columns == {"author_id", "pages"}
        (read,) = Book.all().count().reads()
        assert read.columns == frozenset()

    def test_trusts_no_equality_that_sql_may_see_differently(self):
        assert Book.where(author_id="5").reads() == {TableRead("book")}

    def test_reads_every_table_that_a_condition_names(self):
        tables = {read.table for read in Book.where(Book.author.has(name="x")).reads()}
        assert tables == {"book", "author"}

    def test_of_text_is_everything(self):
        from sqlalchemy import text

        assert Book.where(text("pages > 1")).reads() == {TableRead(EVERYTHING)}

    def test_of_a_select_uses_its_where(self):
        statement = select(Book.title, Author.name).join(Book.author).where(Book.author_id == 5)
        assert as_query(statement).reads() == {TableRead("book", frozenset({("author_id", 5)})), TableRead("author")}


class TestResolving:
    async def test_gives_what_each_shape_stands_for(self, shelf):
        assert [b.title for b in await shelf.resolve(Book.where(Book.pages < 3).order_by(Book.id))] == ["t1", "t2"]
        assert (await shelf.resolve(Book.all().order_by("-pages").first())).pages == 9
        assert await shelf.resolve(Book.where(title="none").first()) is None
        assert await shelf.resolve(Book.all().count()) == 6
        assert await shelf.resolve(Book.where(title="none").exists()) is False
        assert await shelf.resolve(Book.where(title="t1").exists()) is True
        assert await shelf.resolve(Book.all().sum(Book.pages)) == 24
        assert await shelf.resolve(Book.where(id=0).sum(Book.pages)) is None
        assert await shelf.resolve(Book.all().avg(Book.pages)) == 4.0
        assert (await shelf.resolve(Book.all().min(Book.pages)), await shelf.resolve(Book.all().max(Book.pages))) == (
            1,
            9,
        )
        assert await shelf.resolve(Book.all().order_by(Book.id).values(Book.pages).limit(2)) == [1, 2]
        pairs = await shelf.resolve(Book.all().order_by(Book.id).values(Book.title, Book.pages).limit(1))
        assert pairs == [("t1", 1)]
        assert pairs[0].title == "t1"

    async def test_counts_within_limits_and_distinct_values(self, shelf):
        assert await shelf.scalar(Book.all().limit(4).count()) == 4
        assert await shelf.scalar(Book.all().values(Book.author_id).distinct().count()) == 2
        assert await shelf.scalar(Book.all().order_by(Book.pages.desc()).limit(2).sum(Book.pages)) == 14

    async def test_pages_from_one_and_forgives_numbers_beyond(self, shelf):
        page = await shelf.resolve(Book.all().order_by(Book.id).page(2, size=4))
        assert ([b.pages for b in page], page.total, page.pages, page.number, page.next, page.previous) == (
            [5, 9],
            6,
            2,
            2,
            None,
            1,
        )
        assert len(page) == 2
        first = await shelf.page(Book.all().order_by(Book.id), number=-3, size=4)
        assert (first.number, first.next, first.previous) == (1, 2, None)
        beyond = await shelf.page(Book.all(), number=10**40, size=10**40)
        assert (beyond.items, beyond.total) == ([], 6)
        assert (await shelf.page(Book.all().limit(3).order_by(Book.id), 1, 2)).total == 3

    async def test_uses_the_models_own_order(self, shelf):
        assert [a.name for a in await shelf.all(Author.all())] == ["ann", "bob"]
        assert [a.name for a in await shelf.all(Author.all().order_by("-name"))] == ["bob", "ann"]

    async def test_compares_a_relation_by_its_key(self, shelf):
        bob = await shelf.one(Author.where(name="bob"))
        assert await shelf.scalar(Book.where(author=bob).count()) == 5
        assert await shelf.scalar(Book.where(author=None).count()) == 0

    async def test_stands_for_its_statement_inside_a_condition(self, shelf):
        assert (
            await shelf.scalar(Book.where(Book.author_id.in_(Author.where(name="ann").values(Author.id))).count()) == 1
        )

    async def test_takes_any_select(self, shelf):
        rows = await shelf.all(
            select(Author.name, func.count(Book.id)).join(Author.books).group_by(Author.name).order_by(Author.name)
        )
        assert rows == [("ann", 1), ("bob", 5)]
        assert [b.title for b in await shelf.all(select(Book).where(Book.pages == 9))] == ["Über"]
        pairs = await shelf.all(select(Author, Book).join(Author.books).where(Book.pages == 9))
        assert isinstance(pairs[0].Author, Author)
        assert (pairs[0][0].name, pairs[0][1].title) == ("ann", "Über")
        assert (await shelf.one(select(Book).where(Book.pages == 9), load=[Book.author])).author.name == "ann"
        assert (await shelf.page(select(Book).order_by(Book.id), 2, 4)).total == 6

    async def test_takes_the_parameters_of_a_select(self, shelf):
        statement = select(Book.title).where(Book.pages > bindparam("least")).order_by(Book.id)
        assert await shelf.all(statement.params(least=4)) == ["t5", "Über"]
        assert await shelf.all(statement.params(least=6)) == ["Über"]

    async def test_ignores_case_beyond_ascii_only_when_asked(self, shelf):
        assert await shelf.scalar(Book.where(Book.title.ilike("ü%")).count()) == 1
        assert await shelf.scalar(Book.where(Book.title.like("ü%")).count()) == 0
        assert await shelf.scalar(Book.where(Book.title.like("T%")).count()) == 0


def test_a_query_shows_its_sql():
    assert "WHERE book.title" in repr(Book.where(title="x"))
    assert isinstance(Book.all(), Query)
