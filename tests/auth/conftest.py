from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sennit import App
from sennit.auth import User, all_of, any_of, can, create_user, public, signed_in, staff
from sennit.auth.passwords import Argon2Hasher, Passwords, ScryptHasher
from sennit.testing import Client

PASSWORD = "correct horse"

QUICK = Passwords(Argon2Hasher(memory=16, passes=1, lanes=1), ScryptHasher(n=16))
"""Hashes as the real ones do, at a thousandth of the cost."""


def make_app(folder: Path) -> App:
    app = App("The Post", database=f"sqlite:///{folder}/auth.db", accounts=True, root=folder)

    @app.get("/me", access=signed_in)
    async def me(user: User) -> dict[str, str]:
        return {"me": user.username}

    @app.get("/needs-user")
    async def needs_user(user: User) -> dict[str, str]:
        return {"me": user.username}

    @app.get("/anybody", access=public)
    async def anybody(user: User | None) -> dict[str, str | None]:
        return {"me": user.username if user else None}

    @app.get("/desk", access=staff)
    async def desk() -> str:
        return "the desk"

    @app.post("/desk", access=staff)
    async def post_desk() -> str:
        return "written"

    @app.get("/in-a-thread", access=staff)
    def in_a_thread() -> str:
        return "from a thread"

    @app.get("/edit", access=can("article.edit"))
    async def edit() -> str:
        return "edited"

    async def is_ann(user: User) -> bool:
        return user.username == "Ann"

    @app.get("/both", access=all_of(staff, is_ann))
    async def both() -> str:
        return "both"

    @app.get("/either", access=any_of(is_ann, can("article.edit")))
    async def either() -> str:
        return "either"

    return app


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(make_app(tmp_path)) as client:
        client.runtime.accounts.credentials.passwords = QUICK
        async with client.app.database() as db:
            await create_user(
                db, username="Ann", password=PASSWORD, staff=True, email="ann@example.org", passwords=QUICK
            )
            await create_user(db, username="bob", password=PASSWORD, passwords=QUICK)
            await create_user(db, username="blocked", password=PASSWORD, passwords=QUICK)
        async with client.app.database() as db:
            (await db.one(User.where(username="blocked"))).is_active = False
        yield client
