"""Rules of access, alone and composed, and how refusals are answered."""

import inspect

import pytest

from sennit import SennitError
from sennit.auth import all_of, any_of, can, public, staff

from .test_signing_in import BROWSER, enter


class TestRefusals:
    async def test_lead_a_browser_to_the_sign_in_page_and_back(self, client):
        page = await client.get("/desk?a=1&b=%2F", headers=BROWSER)
        assert (page.status, page.headers["location"]) == (303, "/login?next=/desk%3Fa%3D1%26b%3D%252F")
        shown = await client.get(page.headers["location"], headers=BROWSER)
        assert shown.forms["/login"].values["next"] == "/desk?a=1&b=%2F"

    async def test_of_a_form_lead_to_the_sign_in_page_only(self, client):
        page = await client.post("/desk", headers=BROWSER)
        assert (page.status, page.headers["location"]) == (303, "/login")

    async def test_are_a_401_for_programs(self, client):
        for path in ("/desk", "/me", "/needs-user", "/edit"):
            page = await client.get(path)
            assert (page.status, page.media_type) == (401, "application/problem+json"), path

    async def test_are_a_403_for_who_has_signed_in(self, client):
        await enter(client, "bob")
        assert (await client.get("/desk")).status == 403
        assert (await client.get("/desk", headers=BROWSER)).status == 403

    async def test_of_another_site_stay_what_they_are(self, client):
        page = await client.post("/desk", headers=BROWSER | {"sec-fetch-site": "cross-site"})
        assert page.status == 403
        assert "Sec-Fetch-Site" in page.text


class TestRules:
    async def test_a_parameter_that_allows_none_lets_everybody_in(self, client):
        assert (await client.get("/anybody")).json() == {"me": None}
        await enter(client)
        assert (await client.get("/anybody")).json() == {"me": "Ann"}

    async def test_staff_are_let_in(self, client):
        await enter(client)
        assert (await client.get("/desk")).text == "the desk"
        assert (await client.post("/desk")).text == "written"

    async def test_a_function_in_a_thread_is_guarded_too(self, client):
        assert (await client.get("/in-a-thread")).status == 401
        await enter(client)
        assert (await client.get("/in-a-thread")).text == "from a thread"

    @pytest.mark.parametrize(("held", "status"), [
        ("", 403), ("article.edit", 200), ("article.*", 200), ("*", 200), ("articles.*", 403), ("article", 403),
        ("article.edi", 403), ("story.read  article.edit", 200),
    ])  # fmt: skip
    async def test_can_asks_for_a_permission_by_name_or_pattern(self, client, held, status):
        from sennit.auth import User

        async with client.app.database() as db:
            (await db.one(User.where(username="bob"))).permissions = held
        await enter(client, "bob")
        assert (await client.get("/edit")).status == status

    async def test_staff_hold_every_permission(self, client):
        await enter(client)
        assert (await client.get("/edit")).status == 200

    async def test_all_of_needs_every_one(self, client):
        assert (await client.get("/both")).status == 401
        await enter(client, "bob")
        assert (await client.get("/both")).status == 403
        await enter(client)
        assert (await client.get("/both")).status == 200

    async def test_any_of_needs_one_and_a_rule_that_needs_a_user_does_not_hold_for_nobody(self, client):
        assert (await client.get("/either")).status == 401
        await enter(client)
        assert (await client.get("/either")).status == 200
        await enter(client, "bob")
        assert (await client.get("/either")).status == 403


class TestComposing:
    async def test_shows_the_parameters_of_all(self):
        async def in_team(db: object, team: int) -> bool:
            return True

        composed = all_of(staff, in_team)
        assert list(inspect.signature(composed).parameters) == ["user", "db", "team"]
        assert composed.__name__ == "all_of(staff, in_team)"

    async def test_asks_in_order_and_no_further_than_needed(self):
        asked = []

        def rule(name: str, answer: bool):
            def ask() -> bool:
                asked.append(name)
                return answer

            return ask

        assert not await all_of(rule("a", True), rule("b", False), rule("c", True))()
        assert await any_of(rule("d", False), rule("e", True), rule("f", True))()
        assert asked == ["a", "b", "d", "e"]

    async def test_nests(self):
        assert await all_of(public, any_of(public, lambda: False))()

    def test_nothing_is_refused(self):
        with pytest.raises(SennitError, match=r"auth\.E003"):
            all_of()

    def test_two_defaults_for_one_name_are_refused(self):
        with pytest.raises(SennitError, match=r"auth\.E004"):
            any_of(lambda x=1: True, lambda x=2: True)

    @pytest.mark.parametrize("name", ["", "a b", "a.", "*", "article.*"])
    def test_can_refuses_what_is_no_name(self, name):
        with pytest.raises(SennitError, match=r"auth\.E002"):
            can(name)
