"""Lists: columns, search, filters, order, pages, and nothing that is not named."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sennit.auth import User

from .newspaper import Article, Topic


def titles(page) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page.text)


class TestAList:
    async def test_shows_the_columns_with_what_references_are_called(self, desk):
        page = await desk.get("article/")
        assert titles(page)[0] == "Story 7"
        for text in ("bob", "Harbour", "In review", "STORY 7"):
            assert text in page.text

    async def test_is_a_live_region(self, desk):
        text = (await desk.get("article/")).text
        assert text.count("<!--live:") == 3 and "live-key" in text

    @pytest.mark.parametrize(("query", "found"), [
        ("q=story+3", ["Story 3"]), ("q=STORY+3", ["Story 3"]), ("q=bob", ["Story 7", "Story 5", "Story 3", "Story 1"]),
        ("q=bob+3", ["Story 3"]), ("q=%25", []), ("q=_", []), ("q=nothing", []), ("q=%00", 7), ("q=", 7),
        ("status=PUBLISHED", ["Story 5", "Story 2"]), ("featured=yes", []), ("featured=no", 7), ("checked=~", 7), ("checked=no", []),
        ("topic=2", ["Story 7", "Story 5", "Story 3", "Story 1"]), ("topic=~", []), ("author=1", ["Story 6", "Story 4", "Story 2"]),
        ("topic=2&status=PUBLISHED", ["Story 5"]), ("published_at=~", 7), ("published_at=week", []), ("reads=3", ["Story 3"]),
        ("sort=reads", ["Story 1", "Story 2", "Story 3", "Story 4", "Story 5", "Story 6", "Story 7"]),
        ("sort=-title&topic=1", ["Story 6", "Story 4", "Story 2"]),
    ])  # fmt: skip
    async def test_finds_what_is_asked_for(self, desk, query, found):
        page = await desk.get(f"article/?{query}")
        assert page.status == 200
        assert (len(titles(page)) if isinstance(found, int) else titles(page)) == found

    @pytest.mark.parametrize("query", [
        "secret=swordfish", "sort=secret", "sort=-secret", "password=x", "author.password=x", "sort=author.password", "body=x",
        "sort=body", "sort=shout", "status=nothing", "status=Status.DRAFT", "topic=x", "topic=1;2", "topic=999999999999999999999",
        "featured=maybe", "page=0", "page=-1", "page=x", "page=1e9", "published_at=ever", "sort=", "sort=--title", "limit=1",
        "reads=x", "__class__=x", "sort=__init__", "q__secret=x", "title__startswith=S", "where=1", "id=3", "checked=x",
    ])  # fmt: skip
    async def test_ignores_what_is_not_named_or_no_option(self, desk, query):
        page = await desk.get(f"article/?{query}")
        assert (page.status, len(titles(page))) == (200, 7)
        assert "Clear" not in page.text

    async def test_a_page_too_far_is_empty_and_leads_back(self, desk):
        page = await desk.get("article/?page=999999999")
        assert page.status == 200 and titles(page) == []
        assert (await desk.get("article/?page=" + "9" * 50)).status == 200

    async def test_has_pages_that_keep_the_search(self, desk):
        async with desk.database() as db:
            db.add(*[Topic(name=f"Topic {n:03}") for n in range(120)])
        first = await desk.get("topic/?q=topic&sort=name")
        assert len(titles(first)) == 50 and "Page 1 of 3" in first.text
        second = await desk.get("topic/?q=topic&sort=name&page=2")
        assert titles(second)[0] == "Topic 050"
        assert "page=3" in second.text

    async def test_leads_to_a_row_and_back(self, desk):
        page = await desk.get("article/?q=story&status=DRAFT&evil=1")
        link = re.search(r'<th scope="row"><a href="/admin/(article/\d+\?from=[^"]*)"', page.text)[1].replace(
            "&amp;", "&"
        )
        assert "evil" not in link
        row = await desk.get(link)
        assert 'href="/admin/article/?q=story&amp;status=DRAFT"' in row.text

    async def test_offers_what_can_be_chosen_only(self, desk):
        page = await desk.get("article/?author=2")
        assert '<option value="2" selected>bob</option>' in page.text
        assert page.text.count("<select") == 7

    async def test_of_accounts_shows_no_password(self, desk):
        for path in ("user/", "user/1", "user/1/delete", "user/?q=argon", "article/1"):
            text = (await desk.get(path)).text
            assert "argon2" not in text and "username_key" not in text and "session_version" not in text

    async def test_can_be_of_rows_with_any_key(self, desk):
        from .newspaper import Page, Rate

        async with desk.database() as db:
            db.add(
                Page(slug="new", title="New"),
                Page(slug="a/b,c~d é", title="Odd"),
                Rate(currency="EUR", year=2026, value=1),
            )
        links = re.findall(r'<th scope="row"><a href="/admin/([^"]*)"', (await desk.get("page/")).text)
        links += re.findall(r'<th scope="row"><a href="/admin/([^"]*)"', (await desk.get("rate/")).text)
        assert len(links) == 3
        for link in links:
            assert (await desk.get(link)).status == 200, link


class TestNothingPrivateCanBeAskedFor:
    """The order or the number of rows must not depend on a column that may not be seen (threat: data oracle)."""

    @given(
        name=st.sampled_from(["q", "sort", "page", "status", "topic", "author", "secret", "password", "published_at", "from",
                              "author.password", "username_key", "session_version", "sort[]", ""]),
        value=st.text(max_size=30) | st.sampled_from(["secret", "-secret", "author.password", "password", "swordfish", "%", "~"]),
    )  # fmt: skip
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_whatever_the_address_says(self, desk, name, value):
        from urllib.parse import quote

        query = f"{quote(name)}={quote(value, errors='replace')}"
        for path in ("article/", "user/"):
            page = await desk.get(f"{path}?{query}")
            assert page.status == 200, (path, query)
            assert (
                "swordfish" not in page.text.replace(value, "").replace(quote(value, errors="replace"), "")
                or value == "swordfish"
            )
            assert "argon2" not in page.text.replace(value, "")

    async def test_a_search_does_not_look_into_private_columns(self, desk):
        async with desk.database() as db:
            (await db.one(Article.where(title="Story 3"))).secret = "pelican"
            user = await db.one(User.where(username="bob"))
        assert titles(await desk.get("article/?q=pelican")) == []
        assert titles(await desk.get(f"user/?q={user.password[-8:]}")) == []
