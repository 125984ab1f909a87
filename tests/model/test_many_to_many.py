"""Many-to-many in one line."""

import pytest

from sennit.errors import SennitError
from sennit.model import Mapped, Model, TableRead, column, many_to_many


class Article(Model):
    title: Mapped[str]
    tags: Mapped[list["Tag"]] = many_to_many(back_populates="articles", order_by="Tag.name")
    readers: Mapped[list["Reader"]] = many_to_many()


class Tag(Model):
    name: Mapped[str] = column(unique=True)
    articles: Mapped[list[Article]] = many_to_many(back_populates="tags", order_by=Article.title)


class Reader(Model):
    name: Mapped[str]
    follows: Mapped[list["Reader"]] = many_to_many(back_populates="followers", table="following")
    followers: Mapped[list["Reader"]] = many_to_many(back_populates="follows")


@pytest.fixture
async def blog(engine):
    async with engine() as db:
        news, old = Tag(name="old"), Tag(name="news")
        db.add(news, old)
        await db.flush()
        db.add(Article(title="a", tags=[news, old]), Article(title="b", tags=[old]), Article(title="c"))
    return engine


def test_the_table_in_between_makes_itself(engine):
    tables = engine.tables()
    link = tables["article_tag"]
    assert {c.name for c in link.primary_key} == {"article_id", "tag_id"}
    assert all(key.ondelete == "CASCADE" for key in link.foreign_keys)
    assert len(link.indexes) == 1
    assert {"article_reader", "following"} <= set(tables)


async def test_is_loaded_from_both_sides(blog):
    for db in (blog.reading(), blog.begin()):
        articles = await db.all(Article.all().load(Article.tags).order_by("id"))
        assert [[t.name for t in a.tags] for a in articles] == [["news", "old"], ["news"], []]
        tags = await db.all(Tag.all().load(Tag.articles).order_by("name"))
        assert [[a.title for a in t.articles] for t in tags] == [["a", "b"], ["a"]]
        await db.close() if hasattr(db, "close") else None


async def test_is_asked_in_conditions_and_joined(blog):
    db = blog.reading()
    assert [a.title for a in await db.all(Article.where(Article.tags.any(name="old")))] == ["a"]
    assert await db.scalar(Article.all().join(Article.tags).where(Tag.name == "news").count()) == 2
    assert await db.scalar(Article.all().join(Tag).count()) == 3
    assert TableRead("article_tag") in Article.all().load(Article.tags).reads()


async def test_changes_of_the_list_are_told(blog, told):
    async with blog() as db:
        article = await db.get(Article, 3, load=[Article.tags])
        article.tags.append(await db.one(Tag.where(name="old")))
    assert "article_tag" in {change.table for change in told[-1]}
    async with blog() as db:
        article = await db.get(Article, 1, load=[Article.tags])
        article.tags.clear()
    assert {(c.table, c.op) for c in told[-1]} == {("article_tag", "delete")}
    assert await blog.reading().scalar(Tag.where(Tag.articles.any(title="a")).exists()) is False


async def test_its_rows_go_with_either_side(blog, told):
    async with blog() as db:
        await db.delete(await db.get(Article, 1))
        await db.delete(await db.one(Tag.where(name="old")))
    assert "article_tag" in {change.table for change in told[-1]}
    assert (await blog.reading().execute("select count(*) from article_tag")).rows[0][0] == 1


async def test_of_a_model_with_itself_has_two_directions(engine):
    async with engine() as db:
        ann, bob, cid = Reader(name="ann"), Reader(name="bob"), Reader(name="cid")
        ann.follows.append(bob)
        cid.follows.append(bob)
        db.add(ann, bob, cid)
    for db in (engine.reading(), engine.begin()):
        bob = await db.one(Reader.where(name="bob").load(Reader.followers))
        assert sorted(r.name for r in bob.followers) == ["ann", "cid"]
        ann = await db.one(Reader.where(name="ann").load(Reader.follows))
        assert [r.name for r in ann.follows] == ["bob"]
        await db.close() if hasattr(db, "close") else None


def test_a_second_relation_with_the_same_table_says_how_to_tell_them_apart():
    class Dish(Model):
        herbs: Mapped[list["Herb"]] = many_to_many()
        spices: Mapped[list["Herb"]] = many_to_many()

    class Herb(Model):
        name: Mapped[str]

    with pytest.raises(SennitError, match=r'many_to_many\(table="…"\)') as caught:
        Dish.where(herbs=None)
    assert caught.value.code == "model.E047"
