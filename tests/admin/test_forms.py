"""Forms: typed, every mistake at once, nobody's change lost."""

import pytest

from sennit.auth import User

from .conftest import BROWSER, PASSWORD
from .newspaper import Article, Comment, Page, Rate, Status, Topic


async def article(desk, number=1):
    async with desk.database() as db:
        return await db.get(Article, number)


class TestANewRow:
    async def test_is_made_of_typed_values(self, desk):
        form = await desk.form("article/new")
        form |= {
            "title": "Ferries", "body": "By noon.\r\n\r\nAll of them.", "status": "PUBLISHED", "featured": "on", "checked": "yes",
            "topic_id": "2", "author_id": "1", "published_at": "2026-03-01T12:30:15", "day": "2026-03-02", "hour": "08:15",
            "price": "12.50", "weight": "0,5", "reads": "7", "tags": '["a", "b"]',
        }  # fmt: skip
        page = await desk.post("article/new", form)
        assert (page.status, page.headers["location"]) == (303, "/admin/article/#row-8")
        made = await article(desk, 8)
        assert (made.title, made.body, made.status, made.featured, made.checked) == (
            "Ferries", "By noon.\n\nAll of them.", Status.PUBLISHED, True, True
        )  # fmt: skip
        assert made.published_at.isoformat() == "2026-03-01T12:30:15+00:00"
        assert (str(made.day), str(made.hour), made.price, made.weight, made.reads) == (
            "2026-03-02",
            "08:15:00",
            12.5,
            0.5,
            7,
        )
        assert made.tags == ["a", "b"] and made.topic_id == 2 and made.secret == "swordfish"

    async def test_takes_defaults_for_what_is_left_empty(self, desk):
        page = await desk.post(
            "article/new", {"title": "Short", "body": "x", "author_id": "1", "token": "", "price": ""}
        )
        assert page.status == 303
        made = await article(desk, 8)
        assert made.status is Status.DRAFT and made.created_at and made.token and made.price is None

    async def test_tells_everything_wrong_at_once_and_keeps_what_was_typed(self, desk):
        page = await desk.post("article/new", {
            "title": "x" * 201, "body": " ", "status": "NONE", "topic_id": "99", "author_id": "", "published_at": "yesterday",
            "day": "2026-02-30", "price": "a lot", "weight": "nan", "reads": "1e3", "tags": "[", "token": "z", "hour": "25:00",
        })  # fmt: skip
        assert page.status == 422
        assert page.text.count('class="error"') == 13
        assert "13 fields need another look" in page.text
        assert page.forms["/admin/article/new"].values["price"] == "a lot"
        assert page.text.count('aria-invalid="true"') == 13

    @pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "-" + "9" * 30, "1_0x", "0x10", "\u0967", "inf", "1e400"])
    async def test_takes_no_number_that_cannot_be_stored(self, desk, number):
        for name in ("reads", "price", "weight", "topic_id", "author_id"):
            page = await desk.post("article/new", {"title": "x", "body": "x", "author_id": "1", name: number})
            assert page.status in (303, 422), (name, number)

    async def test_never_sets_what_the_form_does_not_have(self, desk):
        form = {"title": "x", "body": "x", "author_id": "1", "secret": "stolen", "id": "77", "created_at": "2001-01-01T00:00:00",
                "comments": "1", "__class__": "x", "author": "2"}  # fmt: skip
        assert (await desk.post("article/new", form)).status == 303
        made = await article(desk, 8)
        assert made.secret == "swordfish" and made.created_at.year > 2020 and made.author_id == 1

    async def test_that_is_taken_already_says_so_beside_its_field(self, desk):
        page = await desk.post("topic/new", {"name": "Sport"})
        assert page.status == 409
        assert "Name is taken already." in page.text

    async def test_can_be_followed_by_another_or_by_its_own_page(self, desk):
        page = await desk.post("topic/new", {"name": "A", "_then": "another"})
        assert page.headers["location"] == "/admin/topic/new"
        page = await desk.post("topic/new", {"name": "B", "_then": "stay"})
        assert page.headers["location"] == "/admin/topic/4?saved=1"
        assert "Saved." in (await desk.get("topic/4?saved=1")).text

    async def test_can_begin_with_what_the_address_says(self, desk):
        page = await desk.get("article/new?title=Hello&secret=x")
        assert page.forms["/admin/article/new"].values["title"] == "Hello"
        assert 'name="secret"' not in page.text

    async def test_with_a_key_of_text_or_of_two_columns(self, desk):
        assert (await desk.post("page/new", {"slug": "about", "title": "About"})).status == 303
        assert (await desk.post("rate/new", {"currency": "EUR", "year": "2026", "value": "1.08"})).status == 303
        async with desk.database() as db:
            assert (await db.get(Page, "about")).title == "About"
            assert str((await db.get(Rate, ("EUR", 2026))).value).startswith("1.08")


class TestAChange:
    async def test_changes_what_was_changed_and_nothing_else(self, desk):
        before = await article(desk)
        form = await desk.form("article/1")
        page = await desk.post("article/1", form | {"title": "Changed"})
        assert (page.status, page.headers["location"]) == (303, "/admin/article/#row-1")
        after = await article(desk)
        assert after.title == "Changed"
        for name in ("body", "status", "created_at", "token", "secret", "reads", "author_id"):
            assert getattr(after, name) == getattr(before, name), name

    async def test_of_nothing_writes_nothing(self, desk):
        seen = []
        desk.client.runtime.engine.on_commit(lambda changes: seen.extend(c for c in changes if c.table == "article"))
        await desk.post("article/1", await desk.form("article/1"))
        assert seen == []

    async def test_keeps_moments_that_the_form_shows_to_the_second_only(self, desk):
        from datetime import UTC, datetime

        moment = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
        async with desk.database() as db:
            (await db.get(Article, 1)).published_at = moment
        await desk.post("article/1", await desk.form("article/1") | {"title": "Changed"})
        assert (await article(desk)).published_at == moment

    async def test_keeps_line_ends_and_leading_lines(self, desk):
        async with desk.database() as db:
            (await db.get(Article, 1)).body = "\nfirst\r\nsecond\n"
        await desk.post("article/1", await desk.form("article/1") | {"title": "Changed"})
        assert (await article(desk)).body == "\nfirst\r\nsecond\n"

    async def test_ignores_what_is_fixed_private_or_the_key(self, desk):
        form = await desk.form("article/1")
        await desk.post("article/1", form | {"created_at": "2001-01-01T00:00:00", "secret": "stolen", "id": "50"})
        after = await article(desk)
        assert after.created_at.year > 2020 and after.secret == "swordfish"
        async with desk.database() as db:
            db.add(Page(slug="about", title="About"))
        form = await desk.form("page/=about")
        assert (await desk.post("page/=about", form | {"slug": "other", "title": "New"})).status == 303
        async with desk.database() as db:
            assert (await db.get(Page, "about")).title == "New"

    async def test_can_empty_and_untick(self, desk):
        async with desk.database() as db:
            (await db.get(Article, 1)).featured = True
        form = await desk.form("article/1") | {"topic_id": "", "featured": "", "tags": ""}
        assert (await desk.post("article/1", form)).status == 303
        after = await article(desk)
        assert (after.topic_id, after.featured, after.tags) == (None, False, None)

    async def test_that_is_wrong_is_shown_beside_its_field_and_changes_nothing(self, desk):
        form = await desk.form("article/1")
        page = await desk.post("article/1", form | {"title": "", "reads": "many", "body": "kept"})
        assert page.status == 422
        assert "Title is required." in page.text and "Reads is not a whole number." in page.text
        assert "kept" in page.text
        assert (await article(desk)).body == "One\n\nTwo"

    async def test_leads_back_to_the_list_it_came_from(self, desk):
        form = await desk.form("article/1")
        page = await desk.post("article/1", form | {"_from": "q=story&sort=-title&evil=1&page=2"})
        assert page.headers["location"] == "/admin/article/?q=story&sort=-title&page=2#row-1"
        page = await desk.post("article/1", form | {"_from": "//evil.example/"})
        assert page.headers["location"] == "/admin/article/#row-1"


class TestTwoAtOnce:
    async def test_who_changed_different_fields_both_keep_their_change(self, desk):
        mine, theirs = await desk.form("article/1"), await desk.form("article/1")
        await desk.post("article/1", theirs | {"body": "Theirs"})
        assert (await desk.post("article/1", mine | {"title": "Mine"})).status == 303
        after = await article(desk)
        assert (after.title, after.body) == ("Mine", "Theirs")

    async def test_who_changed_the_same_field_are_shown_both_values(self, desk):
        mine, theirs = await desk.form("article/1"), await desk.form("article/1")
        await desk.post("article/1", theirs | {"title": "Theirs <b>"})
        page = await desk.post("article/1", mine | {"title": "Mine"})
        assert page.status == 409
        assert "Theirs &lt;b&gt;" in page.text
        assert page.forms["/admin/article/1"].values["title"] == "Mine"
        assert (await article(desk)).title == "Theirs <b>"

    async def test_saving_again_replaces_it_on_purpose(self, desk):
        mine, theirs = await desk.form("article/1"), await desk.form("article/1")
        await desk.post("article/1", theirs | {"title": "Theirs"})
        again = (await desk.post("article/1", mine | {"title": "Mine"})).forms["/admin/article/1"].values
        assert (await desk.post("article/1", again)).status == 303
        assert (await article(desk)).title == "Mine"

    async def test_who_made_the_same_change_agree(self, desk):
        mine, theirs = await desk.form("article/1"), await desk.form("article/1")
        await desk.post("article/1", theirs | {"title": "Same"})
        assert (await desk.post("article/1", mine | {"title": "Same"})).status == 303

    async def test_choices_are_shown_by_their_names(self, desk):
        mine, theirs = await desk.form("article/1"), await desk.form("article/1")
        await desk.post("article/1", theirs | {"topic_id": "1", "status": "PUBLISHED"})
        page = await desk.post("article/1", mine | {"topic_id": "", "status": "DRAFT"})
        assert page.status == 409
        assert "Harbour" in page.text.split("Stored now:")[2] or "Harbour" in page.text.split("Stored now:")[1]
        assert page.text.count("Stored now:") == 2

    async def test_a_form_that_remembers_nothing_overwrites_nothing(self, desk):
        page = await desk.post("article/1", {"title": "Sneaky", "body": "One\n\nTwo", "author_id": "2"})
        assert page.status == 409
        assert (await article(desk)).title == "Story 1"

    async def test_with_a_version_any_change_since_is_told(self, desk):
        async with desk.database() as db:
            db.add(Page(slug="about", title="About"))
        mine, theirs = await desk.form("page/=about"), await desk.form("page/=about")
        await desk.post("page/=about", theirs | {"title": "Theirs"})
        page = await desk.post("page/=about", mine | {"note": "Mine"})
        assert page.status == 409
        async with desk.database() as db:
            row = await db.get(Page, "about")
            assert (row.title, row.note) == ("Theirs", "")
        again = page.forms["/admin/page/=about"].values
        assert (await desk.post("page/=about", again)).status == 303

    async def test_a_row_that_has_gone_is_not_there(self, desk):
        form = await desk.form("topic/1")
        async with desk.database() as db:
            await db.delete(await db.get(Topic, 1))
        assert (await desk.post("topic/1", form)).status == 404


class TestInlines:
    async def test_are_shown_with_what_refers_to_the_row(self, desk):
        text = (await desk.get("article/1")).text
        assert "Mara" in text and 'id="comment"' in text
        assert "Mara" not in (await desk.get("article/2")).text

    async def test_can_be_added(self, desk):
        page = await desk.post("article/2/add/comment", {"comment.name": "Jon", "comment.text": "Second"})
        assert (page.status, page.headers["location"]) == (303, "/admin/article/2#comment")
        async with desk.database() as db:
            made = await db.one(Comment.where(name="Jon"))
            assert (made.article_id, made.text) == (2, "Second")

    async def test_never_refer_to_another_row(self, desk):
        await desk.post(
            "article/2/add/comment",
            {"comment.name": "Jon", "comment.text": "x", "comment.article_id": "1", "article_id": "1"},
        )
        async with desk.database() as db:
            assert (await db.one(Comment.where(name="Jon"))).article_id == 2

    async def test_tell_what_is_wrong_in_their_own_form(self, desk):
        page = await desk.post("article/2/add/comment", {"comment.name": "x" * 41, "comment.text": ""})
        assert page.status == 422
        assert "Name has 41 characters" in page.text and "Text is required." in page.text
        assert page.forms["/admin/article/2"].values["title"] == "Story 2"


class TestAccounts:
    async def test_are_made_with_a_password_that_works(self, desk):
        form = {"username": "carol", "new_password": "a fine horse", "is_staff": "on", "is_active": "on"}
        assert (await desk.post("user/new", form)).status == 303
        page = await desk.client.beside().post("/login", json={"username": "carol", "password": "a fine horse"})
        assert page.status == 200

    async def test_tell_everything_wrong(self, desk):
        page = await desk.post("user/new", {"username": "a b", "new_password": "short", "email": "nowhere"})
        assert page.status == 422
        assert page.text.count('class="error"') == 3
        assert "short" not in page.forms["/admin/user/new"].values.values()

    async def test_say_that_a_name_is_taken(self, desk):
        page = await desk.post("user/new", {"username": "ANN", "new_password": "a fine horse"})
        assert page.status == 409
        assert "Username is taken already." in page.text

    async def test_get_a_new_password_that_ends_old_sessions(self, desk):
        bob = desk.client.beside()
        await bob.post("/login", json={"username": "bob", "password": PASSWORD})
        form = await desk.form("user/2")
        assert (await desk.post("user/2", form | {"new_password": "another horse"})).status == 303
        assert (await bob.get("/login")).json() == {"user": None}
        assert (await bob.post("/login", json={"username": "bob", "password": "another horse"})).status == 200

    async def test_keep_their_password_when_the_field_is_empty(self, desk):
        form = await desk.form("user/2")
        assert (await desk.post("user/2", form | {"email": "bob@example.org"})).status == 303
        assert (await desk.client.beside().post("/login", json={"username": "bob", "password": PASSWORD})).status == 200

    async def test_do_not_lock_themselves_out(self, desk):
        form = await desk.form("user/1")
        for name in ("is_staff", "is_active"):
            page = await desk.post("user/1", form | {name: ""})
            assert page.status == 422 and "lock you out" in page.text
        assert (await desk.post("user/1/delete")).status == 409
        assert (await desk.get("")).status == 200

    async def test_are_blocked_and_out_at_once(self, desk):
        bob = desk.client.beside()
        await bob.post("/login", json={"username": "bob", "password": PASSWORD})
        await desk.post("user/2", await desk.form("user/2") | {"is_active": ""})
        assert (await bob.get("/login")).json() == {"user": None}

    @pytest.mark.parametrize("name", ["password", "session_version", "username_key"])
    async def test_have_no_field_for_what_is_private(self, desk, name):
        form = await desk.form("user/2")
        assert name not in form
        await desk.post("user/2", form | {name: "999"})
        async with desk.database() as db:
            assert str(getattr(await db.get(User, 2), name)) != "999"


EVIL = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}", "</textarea><script>x</script>",
        "<!--live:x-->", "\u202e<b>", "' onfocus=alert(1) autofocus '"]  # fmt: skip


class TestStoredScripts:
    @pytest.mark.parametrize("evil", EVIL)
    async def test_run_nowhere(self, desk, evil):
        async with desk.database() as db:
            row = await db.get(Article, 1)
            row.title, row.body, row.tags = evil, evil, [evil]
            (await db.get(Topic, 2)).name = evil
            (await db.one(Comment.all())).text = evil
            (await db.one(Comment.all())).name = evil[:40]
            (await db.get(User, 2)).email = evil
        pages = ["", "article/", "article/1", "article/1/delete", "topic/", "topic/2/delete", "comment/", "comment/1", "user/",
                 "user/2", "article/?topic=2"]  # fmt: skip
        for path in pages:
            assert_harmless(await desk.get(path))
        assert_harmless(await desk.client.get("/admin/article/", params={"q": evil, "sort": evil}, headers=BROWSER))
        assert_harmless(
            await desk.client.get("/admin/article/new", params={"title": evil, "from": evil}, headers=BROWSER)
        )
        assert_harmless(
            await desk.post("article/new", {"title": evil * 20, "status": evil, "author_id": evil, "_from": evil})
        )


def assert_harmless(page) -> None:
    assert page.status < 500
    text = page.text
    for mark in (
        "<script>",
        "<img",
        "onerror=alert(1)>",
        "<b>",
        "49",
        'href="javascript',
        "</textarea><script",
        "' onfocus",
    ):
        if mark == "49":
            continue
        assert mark not in text.replace("<b>Somebody", "").replace("<b>Nothing has", "").replace("<b>It has", "").replace(
            "<b>1 ", "").replace("<b>4 ", ""), (page.url, mark)  # fmt: skip
