import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sennit.auth import create_user
from sennit.auth.passwords import Argon2Hasher, Passwords
from sennit.testing import Client

from .newspaper import Article, Comment, Status, Topic, make_app

QUICK = Passwords(Argon2Hasher(memory=16, passes=1, lanes=1))
PASSWORD = "correct horse"
BROWSER = {"accept": "text/html"}


class Desk:
    """A browser at the console."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def get(self, path: str, **options):
        return await self.client.get(f"/admin/{path}", headers=BROWSER, **options)

    async def post(self, path: str, form=None, **options):
        return await self.client.post(
            f"/admin/{path}", form=form or {}, headers=BROWSER | options.pop("headers", {}), **options
        )

    async def form(self, path: str):
        """What the form of a page would send as it stands."""
        page = await self.get(path)
        assert page.status == 200, page.text
        return dict(page.forms[f"/admin/{path}"].values) | textareas(page.text)

    def database(self):
        return self.client.app.database()


def textareas(text: str) -> dict[str, str]:
    """As a browser has them: a line end right after the tag is none of the text (HTML §13.2.6.4.7)."""
    found = re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>', text, re.DOTALL)
    return {name: html.unescape(inside).removeprefix("\n") for name, inside in found}


async def sign_in(client: Client, username: str) -> Desk:
    page = await client.post("/admin/login", form={"username": username, "password": PASSWORD}, headers=BROWSER)
    assert page.status == 303
    return Desk(client)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(make_app(tmp_path)) as client:
        client.runtime.accounts.credentials.passwords = QUICK
        client.app.admin.passwords = QUICK
        async with client.app.database() as db:
            ann = await create_user(db, username="Ann", password=PASSWORD, staff=True, passwords=QUICK)
            bob = await create_user(db, username="bob", password=PASSWORD, passwords=QUICK)
            topics = [Topic(name=name) for name in ("Harbour", "Sport")]
            db.add(*topics)
            await db.flush()
            articles = [
                Article(
                    title=f"Story {n}", body="One\n\nTwo", author_id=(ann, bob)[n % 2].id, topic_id=topics[n % 2].id,
                    status=list(Status)[n % 3], reads=n,
                )
                for n in range(1, 8)
            ]  # fmt: skip
            db.add(*articles)
            await db.flush()
            db.add(Comment(article_id=articles[0].id, name="Mara", text="First"))
        yield client


@pytest.fixture
async def desk(client: Client) -> Desk:
    return await sign_in(client, "ann")
