"""Who gets into the console, and what its pages allow a browser to do."""

import pytest

from .conftest import BROWSER, sign_in

PATHS = ["", "article/", "article/new", "article/1", "article/1/delete", "user/", "user/1"]


class TestWhoGetsIn:
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_is_led_to_the_consoles_own_door(self, client, path):
        page = await client.get(f"/admin/{path}", headers=BROWSER)
        assert page.status == 303
        assert page.headers["location"].startswith("/admin/login")

    @pytest.mark.parametrize("path", PATHS)
    async def test_programs_get_a_401(self, client, path):
        assert (await client.get(f"/admin/{path}")).status == 401

    @pytest.mark.parametrize("path", PATHS)
    async def test_others_than_staff_get_a_403_that_says_who_they_are(self, client, path):
        desk = await sign_in(client, "bob")
        page = await desk.get(path)
        assert page.status == 403
        assert "bob" in page.text and "Story" not in page.text

    @pytest.mark.parametrize("path", ["article/new", "article/1", "article/1/delete", "article/1/add/comment"])
    async def test_nobody_else_changes_anything(self, client, path):
        from .newspaper import Article, Comment

        bob = await sign_in(client.beside(), "bob")
        for desk in (client, bob.client):
            page = await desk.post(
                f"/admin/{path}", form={"title": "x", "body": "y", "name": "n", "text": "t"}, headers=BROWSER
            )
            assert page.status in (303, 403)
            if page.status == 303:
                assert page.headers["location"] == "/admin/login"
        async with client.app.database() as db:
            assert await db.scalar(Article.all().count()) == 7
            assert await db.scalar(Comment.all().count()) == 1

    async def test_staff_get_in(self, desk):
        for path in PATHS:
            assert (await desk.get(path)).status == 200, path

    async def test_staff_who_are_so_no_longer_are_out_at_once(self, desk):
        from sennit.auth import User

        async with desk.database() as db:
            (await db.one(User.where(username="Ann"))).is_staff = False
        assert (await desk.get("")).status == 403

    @pytest.mark.parametrize("path", ["article/new", "article/1", "article/1/delete", "-/theme"])
    async def test_forms_of_other_sites_are_refused(self, desk, path):
        page = await desk.post(path, {"title": "x"}, headers={"sec-fetch-site": "cross-site"})
        assert page.status == 403


class TestItsPages:
    @pytest.mark.parametrize("path", PATHS)
    async def test_run_nothing_inline_and_stay_out_of_frames_and_caches(self, desk, path):
        page = await desk.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert " style=" not in page.text and " onclick=" not in page.text
        assert page.text.count("<script") == page.text.count("<script src=")

    async def test_take_the_theme_that_was_chosen(self, desk):
        assert "data-bs-theme" not in (await desk.get("")).text
        for theme in ("light", "dark"):
            assert (await desk.post("-/theme")).status == 303
            assert f'data-bs-theme="{theme}"' in (await desk.get("")).text
        await desk.post("-/theme")
        assert "data-bs-theme" not in (await desk.get("article/")).text

    async def test_list_every_model_by_itself_but_those_that_are_hidden(self, desk):
        text = (await desk.get("")).text
        for title in ("Articles", "Topics", "Comments", "Replies", "Pages", "Rates", "Users"):
            assert title in text
        assert "Hidden" not in text

    async def test_unknown_models_rows_and_parts_are_not_there(self, desk):
        for path in ("nothing/", "hidden/", "article/99", "article/x", "article/1,2", "article/=1", "article/" + "9" * 40,
                     "article/99/delete", "page/about", "rate/EUR", "article/1/add/comment"):  # fmt: skip
            assert (await desk.get(path)).status in (404, 405), path
        assert (await desk.post("article/1/add/reply")).status == 404
