"""Deleting: told before it is done, and never more than was told."""

from .newspaper import Article, Comment, Reply, Topic


class TestDeleting:
    async def test_tells_what_goes_what_is_emptied_and_what_forbids(self, desk):
        async with desk.database() as db:
            db.add(*[Reply(comment_id=1, text=f"Reply {n}") for n in range(7)])
        text = (await desk.get("article/1/delete")).text
        assert "1 comment" in text and "7 replies" in text and "Goes with it" in text
        text = (await desk.get("topic/2/delete")).text
        assert "4 articles" in text and "Loses its reference" in text
        text = (await desk.get("user/2/delete")).text
        assert "4 articles" in text and "Stands in the way" in text and "disabled" in text

    async def test_changes_nothing_before_it_is_confirmed(self, desk):
        await desk.get("article/1/delete")
        async with desk.database() as db:
            assert await db.scalar(Article.all().count()) == 7

    async def test_does_what_was_told(self, desk):
        async with desk.database() as db:
            db.add(Reply(comment_id=1, text="x"))
        page = await desk.post("article/1/delete")
        assert (page.status, page.headers["location"]) == (303, "/admin/article/")
        async with desk.database() as db:
            counts = [await db.scalar(model.all().count()) for model in (Article, Comment, Reply)]
        assert counts == [6, 0, 0]

    async def test_empties_references_that_may_be_empty(self, desk):
        assert (await desk.post("topic/2/delete")).status == 303
        async with desk.database() as db:
            assert await db.scalar(Article.where(topic_id=None).count()) == 4
            assert await db.scalar(Topic.all().count()) == 1

    async def test_is_refused_where_others_refer_to_it(self, desk):
        page = await desk.post("user/2/delete")
        assert page.status == 409
        assert "It has not been deleted." in page.text
        async with desk.database() as db:
            assert await db.scalar(Article.all().count()) == 7
