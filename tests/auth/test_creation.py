"""Making accounts: what is refused, all of it at once, and what is kept."""

import asyncio

import pytest

from sennit import Conflict, Mapped, Model, SennitError
from sennit.auth import Account, User, create_user
from sennit.errors import Unprocessable
from sennit.testing import Client


async def test_a_new_account_is_kept_as_written_and_its_password_as_a_hash(client):
    async with client.app.database() as db:
        made = await create_user(db, username="Jürgen", password="ein Pferd frisst", email=" j@example.org ")
        assert made.id
    async with client.app.database() as db:
        user = await db.one(User.where(username="Jürgen"))
        assert (user.email, user.is_staff, user.is_active) == ("j@example.org", False, True)
        assert user.password.startswith("$argon2id$")
        assert str(user) == "Jürgen"


async def test_everything_wrong_is_told_at_once(client):
    async with client.app.database() as db:
        with pytest.raises(Unprocessable) as caught:
            await create_user(db, username="a b", password="short", email="nowhere")
    assert {error["field"] for error in caught.value.errors} == {"username", "password", "email"}


@pytest.mark.parametrize(
    "password", ["", "short", "password", "PASSWORD", "aaaaaaaaaa", "x" * 1025, "longusername", "12345678"]
)
async def test_a_password_that_is_guessed_first_is_refused(client, password):
    async with client.app.database() as db:
        with pytest.raises(Unprocessable):
            await create_user(db, username="LongUserName", password=password)


@pytest.mark.parametrize(
    "email", ["@", "a@", "@b", "a b@c.d", "a@b c", "a@b..c", "a@b\nc: d", "<a@b.c>", "a@" + "x" * 260]
)
async def test_what_is_no_mail_address_is_refused(client, email):
    async with client.app.database() as db:
        with pytest.raises(Unprocessable):
            await create_user(db, username="eve", password="correct horse", email=email)


@pytest.mark.parametrize("name", ["ann", "ANN", "ａｎｎ"])
async def test_a_name_is_taken_whatever_its_case(client, name):
    async with client.app.database() as db:
        with pytest.raises(Conflict) as caught:
            await create_user(db, username=name, password="correct horse")
    assert caught.value.errors[0]["field"] == "username"


async def test_of_two_who_take_a_name_at_once_one_gets_it(client):
    async def take():
        async with client.app.database() as db:
            await create_user(db, username="carol", password="correct horse")

    answers = await asyncio.gather(take(), take(), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]
    conflict = next(answer for answer in answers if answer)
    assert conflict.errors[0]["field"] == "username"


async def test_without_a_password_no_password_opens_the_account(client):
    async with client.app.database() as db:
        await create_user(db, username="robot", password=None)
    for password in ("", "None", "correct horse"):
        assert (await client.post("/login", json={"username": "robot", "password": password})).status == 401


def test_a_plain_password_cannot_be_stored():
    with pytest.raises(SennitError, match=r"auth\.E001") as caught:
        User(username="eve", password="swordfish")
    assert "swordfish" not in str(caught.value)


async def test_json_of_a_user_has_nothing_private(client):
    async with client.app.database() as db:
        shown = (await db.one(User.where(username="Ann"))).__json__()
    assert set(shown) == {
        "id", "username", "email", "is_active", "is_staff", "permissions", "created_at", "last_seen_at"
    }  # fmt: skip


class Member(Account):
    nickname: Mapped[str]


class Plain(Model):
    name: Mapped[str]


async def test_an_application_can_have_a_model_of_its_own(tmp_path):
    from sennit import App

    app = App(database=f"sqlite:///{tmp_path}/own.db", accounts=Member, root=tmp_path)

    @app.get("/me")
    async def me(user: Member) -> dict[str, str]:
        return {"nickname": user.nickname}

    async with Client(app) as client:
        async with app.database() as db:
            await create_user(db, username="ann", password="correct horse", model=Member, nickname="Annie")
        await client.post("/login", json={"username": "ann", "password": "correct horse"})
        assert (await client.get("/me")).json() == {"nickname": "Annie"}


def test_accounts_need_a_model_of_users(tmp_path):
    from sennit.auth import Accounts

    with pytest.raises(SennitError, match=r"auth\.E005"):
        Accounts(Plain)
