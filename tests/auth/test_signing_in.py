"""The sign-in page, the session behind it, and what ends it."""

import pytest

from sennit.auth import User, change_password, end_sessions
from sennit.testing import Client

from .conftest import PASSWORD

BROWSER = {"accept": "text/html"}


async def enter(client: Client, username: str = "ann", password: str = PASSWORD, **more: str):
    form = {"username": username, "password": password, **more}
    return await client.post("/login", form=form, headers=BROWSER)


class TestSigningIn:
    async def test_leads_to_the_page_that_was_asked_for(self, client):
        page = await enter(client, next="/desk?tab=2")
        assert (page.status, page.headers["location"]) == (303, "/desk?tab=2")
        assert (await client.get("/me")).json() == {"me": "Ann"}

    @pytest.mark.parametrize("name", ["ANN", "ann", " Ann ", "ａｎｎ"])
    async def test_takes_the_name_in_any_case(self, client, name):
        assert (await enter(client, name)).status == 303

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", ""])
    async def test_never_leads_to_another_site(self, client, target):
        assert (await enter(client, next=target)).headers["location"] == "/"

    async def test_answers_programs_in_json(self, client):
        page = await client.post("/login", json={"username": "ann", "password": PASSWORD})
        assert (page.status, page.json()) == (200, {"user": {"id": 1, "username": "Ann", "is_staff": True}})
        assert (await client.get("/login")).json() == {"user": {"id": 1, "username": "Ann", "is_staff": True}}

    async def test_changes_the_id_of_the_session(self, client):
        await enter(client)
        first = client.cookies["sennit_session"]
        await enter(client)
        ids = [client.runtime.site.sessions.loads(cookie)[0].id for cookie in (first, client.cookies["sennit_session"])]
        assert ids[0] != ids[1]

    async def test_as_somebody_else_leaves_nothing_of_the_first(self, client):
        await enter(client)
        session = client.runtime.site.sessions.loads(client.cookies["sennit_session"])[0]
        session["basket"] = [1, 2]
        client.cookies["sennit_session"] = client.runtime.site.sessions.dumps(session)
        await enter(client, "bob")
        assert "basket" not in client.runtime.site.sessions.loads(client.cookies["sennit_session"])[0]

    async def test_is_remembered_with_its_time(self, client):
        await enter(client)
        async with client.app.database() as db:
            assert (await db.one(User.where(username="Ann"))).last_seen_at is not None

    async def test_hashes_anew_with_todays_parameters_and_ends_no_session(self, client):
        from sennit.auth.passwords import Argon2Hasher

        old = Argon2Hasher(memory=8, passes=1, lanes=1).hash(PASSWORD)
        async with client.app.database() as db:
            await db.execute(User.where(username="Ann").update(password=old))
        other = client.beside()
        await enter(other)
        async with client.app.database() as db:
            assert (await db.one(User.where(username="Ann"))).password != old
        await enter(client)
        assert (await other.get("/me")).status == 200


class TestFailing:
    @pytest.mark.parametrize(("name", "password"), [
        ("ann", "wrong"), ("nobody", PASSWORD), ("blocked", PASSWORD), ("", ""), ("a\0b", PASSWORD), ("x" * 100_000, "y"),
        ("ann", "x" * 100_000), ("ann' or 1=1 --", PASSWORD),
    ])  # fmt: skip
    async def test_is_answered_alike_for_every_reason(self, client, name, password):
        page = await enter(client, name, password)
        assert page.status == 401
        assert "The name or the password is not right." in page.text
        assert (await client.get("/me")).status == 401

    async def test_tells_a_program_in_its_own_form(self, client):
        page = await client.post("/login", json={"username": "ann", "password": "wrong"})
        assert (page.status, page.media_type) == (401, "application/problem+json")

    async def test_keeps_the_name_and_escapes_it(self, client):
        page = await enter(client, '"><script>alert(1)</script>', "x", next="/desk")
        assert "<script" not in page.text
        assert page.forms["/login"].values == {
            "next": "/desk", "username": '"><script>alert(1)</script>', "password": ""
        }  # fmt: skip

    async def test_too_often_is_slowed_down_and_the_right_password_waits_too(self, client):
        for _ in range(5):
            assert (await enter(client, password="wrong")).status == 401
        page = await enter(client)
        assert page.status == 429
        assert int(page.headers["retry-after"]) > 0
        assert "Too many tries" in page.text

    async def test_of_others_does_not_lock_out_the_owner_on_a_known_device(self, client):
        await enter(client)
        await client.post("/logout")
        attacker = client.beside()
        for _ in range(20):
            await enter(attacker, password="wrong")
        assert (await enter(client.beside())).status == 429
        assert (await enter(client)).status == 303

    @pytest.mark.parametrize("headers", [
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ])  # fmt: skip
    async def test_a_form_of_another_site_is_refused(self, client, headers):
        page = await client.post("/login", form={"username": "ann", "password": PASSWORD}, headers=BROWSER | headers)
        assert page.status == 403
        assert (await client.post("/logout", headers=BROWSER | headers)).status == 403


class TestSessionsEnd:
    async def test_by_signing_out(self, client):
        await enter(client)
        page = await client.post("/logout", form={"next": "/anybody"}, headers=BROWSER)
        assert (page.status, page.headers["location"]) == (303, "/anybody")
        assert (await client.get("/me")).status == 401

    async def test_by_a_new_password(self, client):
        await enter(client)
        async with client.app.database() as db:
            await change_password(db, await db.one(User.where(username="Ann")), "another horse")
        assert (await client.get("/me")).status == 401
        assert (await enter(client)).status == 401
        assert (await enter(client, password="another horse")).status == 303

    async def test_by_a_block(self, client):
        await enter(client)
        async with client.app.database() as db:
            (await db.one(User.where(username="Ann"))).is_active = False
        assert (await client.get("/me")).status == 401

    async def test_when_they_are_ended_everywhere(self, client):
        await enter(client)
        async with client.app.database() as db:
            end_sessions(await db.one(User.where(username="Ann")))
        assert (await client.get("/me")).status == 401

    async def test_when_the_account_is_deleted(self, client):
        await enter(client, "bob")
        async with client.app.database() as db:
            await db.delete(await db.one(User.where(username="bob")))
        assert (await client.get("/me")).status == 401

    async def test_and_a_forged_cookie_is_nobodys(self, client):
        client.cookies["sennit_session"] = "eyJ2IjoxfQ.x.y"
        assert (await client.get("/me")).status == 401


class TestThePage:
    async def test_takes_the_name_of_the_app(self, client):
        page = await client.get("/login", headers=BROWSER)
        assert page.status == 200
        assert "The Post" in page.text
        assert page.forms["/login"].values["next"] == "/"

    async def test_runs_no_script_and_keeps_out_of_frames_and_caches(self, client):
        page = await client.get("/login", headers=BROWSER)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert "<script" not in page.text and " style=" not in page.text

    async def test_says_who_is_here(self, client):
        await enter(client)
        page = await client.get("/login?next=/desk", headers=BROWSER)
        assert "Ann" in page.text and 'href="/desk"' in page.text

    async def test_escapes_where_it_leads(self, client):
        page = await client.get('/login?next=/"><script>', headers=BROWSER)
        assert "<script" not in page.text

    async def test_has_its_stylesheet(self, client):
        page = await client.get("/-/sennit/auth/sign-in.css")
        assert (page.status, page.media_type) == (200, "text/css")
        assert (await client.get("/-/sennit/auth/..%2faccounts.py")).status == 404
