"""A SQLAlchemy select() is taken wherever a query is: returned by a handler, and in the values of a live view."""

import pytest
from sqlalchemy import func, select, union

from sennit.app import App
from sennit.live import view
from sennit.model import Mapped, Model
from sennit.testing.client import Client
from sennit.testing.live import Live


class Ship(Model):
    name: Mapped[str]


@pytest.fixture
async def client(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "ships.html").write_text(
        "<body><p>{% live %}{{ names|join(' ') }}{% endlive %}</p></body>"
    )
    app = App(root=tmp_path, secret="s" * 40, database="sqlite://")

    @app.get("/ships")
    async def ships():
        return select(Ship).order_by(Ship.id)

    @app.get("/harbour")
    async def harbour():
        return {"names": union(select(Ship.name), select(Ship.name)), "most": [select(func.max(Ship.id))], "open": True}

    @app.get("/")
    @view("ships.html")
    def page():
        return {"names": select(Ship.name).order_by(Ship.id)}

    async with Client(app) as client:
        async with client.app.database() as db:
            db.add(Ship(name="Fram"), Ship(name="Gjøa"))
        yield client


async def test_a_handler_returns_one(client):
    assert (await client.get("/ships")).json() == [{"id": 1, "name": "Fram"}, {"id": 2, "name": "Gjøa"}]


async def test_a_handler_returns_several_in_a_dict_and_a_list(client):
    found = (await client.get("/harbour")).json()
    assert (sorted(found["names"]), found["most"], found["open"]) == (["Fram", "Gjøa"], [[2]], True)


async def test_a_live_view_follows_one(client):
    live = Live(client)
    page = await live.open("/")
    async with client.app.database() as db:
        db.add(Ship(name="Maud"))
    await live.settled()
    assert page.texts("p") == ["Fram Gjøa Maud"]
    await live.close()
