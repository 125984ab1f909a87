"""Access, sharing and revocation: the program orders.py with teams, members and strangers."""

import pytest

from sennit.app import App
from sennit.auth import User
from sennit.auth.signing_in import sign_in
from sennit.live import view
from sennit.model import Database, Mapped, Model, column
from sennit.testing.client import Client
from sennit.web import Session, of_user
from sennit.web.session import COOKIE

PAGE = """<!doctype html><html><head><title>Orders</title>{{ live_script() }}</head><body>
<p>{% live %}{{ count }} orders, {{ sum or 0 }} in all{% endlive %}</p>
<table><tbody>{% live for o in rows key o.id hold %}
  <tr><td>{{ o.id }}</td><td>{{ o.customer }}</td><td>{{ o.total }}</td></tr>
{% else %}<tr><td colspan="3">Nothing here</td></tr>{% endlive %}</tbody></table></body></html>"""


class Membership(Model):
    user_id: Mapped[int] = column(index=True)
    team_id: Mapped[int] = column(index=True)


class Order(Model):
    team_id: Mapped[int] = column(index=True)
    status: Mapped[str] = column(index=True)
    customer: Mapped[str]
    total: Mapped[int]


async def member(db: Database, user: User, team: int):
    return await db.scalar(Membership.where(user_id=user.id, team_id=team).exists())


async def first_team(db: Database, user: User):
    memberships = Membership.where(user_id=user.id).order_by(Membership.id)
    return await db.scalar(memberships.values(Membership.team_id).limit(1))


def build(folder):
    (folder / "templates").mkdir()
    (folder / "templates" / "orders.html").write_text(PAGE)
    app = App(root=folder, secret="s" * 40, database="sqlite:///orders.db", accounts=True)

    @app.get("/teams/{team}/orders")
    @view("orders.html", access=member, hz=5)
    def orders(team: int, status: str = "open"):
        rows = Order.where(team_id=team, status=status).order_by(Order.id.desc())
        return {"rows": rows.page(1, size=50), "count": rows.count(), "sum": rows.sum(Order.total)}

    @app.get("/mine")
    @view("orders.html", access=member, hz=5)
    def mine(team: int = of_user(first_team), status: str = "open"):
        rows = Order.where(team_id=team, status=status)
        return {"rows": rows.page(1, size=50), "count": rows.count(), "sum": rows.sum(Order.total)}

    @app.get("/hello")
    @view("orders.html")
    def hello(user: User):
        rows = Order.where(customer=user.username)
        return {"rows": rows, "count": rows.count(), "sum": 0}

    return app


@pytest.fixture
async def shop(tmp_path, opened):
    """The live pages with two teams: ann and bob in 1, cyd in 2."""
    app = build(tmp_path)
    async with opened(app, database=f"sqlite:///{tmp_path / 'test.db'}") as live:
        async with live.database() as db:
            for name, team in [("ann", 1), ("bob", 1), ("cyd", 2)]:
                user = User(username=name)
                db.add(user)
                await db.flush()
                db.add(Membership(user_id=user.id, team_id=team))
            db.add(Order(team_id=1, status="open", customer="acme", total=5))
        yield live


async def signed_in(live, name) -> Client:
    """A browser of this user; the way through the password is the auth strand's test."""
    client = live.client.beside()
    session = Session()
    async with live.database() as db:
        sign_in(session, await db.one(User.where(username=name)))
    client.cookies[COOKIE] = live.client.runtime.site.sessions.dumps(session)
    return client


async def page(live, name, url="/teams/1/orders"):
    return await live.open(url, client=await signed_in(live, name))


async def add_order(live, **values):
    async with live.database() as db:
        db.add(Order(**{"team_id": 1, "status": "open", "customer": "x", "total": 1} | values))
    await live.settled()


async def test_colleagues_share_a_shape_and_see_each_change(shop):
    ann, bob = await page(shop, "ann"), await page(shop, "bob")
    assert [r.shape for r in ann.regions] == [r.shape for r in bob.regions]
    await add_order(shop, customer="new", total=7)
    assert ann.texts("tr") == bob.texts("tr") == ["2new7", "1acme5"]
    assert ann.text("p") == "2 orders, 12 in all"
    assert shop.renders == 2


async def test_what_the_filter_leaves_out_renders_nothing(shop):
    await page(shop, "ann")
    await add_order(shop, status="paid")
    await add_order(shop, team_id=2)
    assert shop.renders == 0


async def test_a_row_that_leaves_the_filter_leaves_the_page(shop):
    ann = await page(shop, "ann")
    async with shop.database() as db:
        (await db.get(Order, 1)).status = "paid"
    await shop.settled()
    assert ann.texts("tr") == ["Nothing here"]


async def test_strangers_are_refused_the_page_and_the_socket(shop):
    ann = await page(shop, "ann")
    cyd = await page(shop, "cyd")
    assert cyd.status == 403
    cyd._token, cyd._parts = ann._token, list(ann._parts)
    await cyd.resume()
    assert set(cyd.gone.values()) == {"forbidden"} and cyd.regions == []
    await add_order(shop, customer="secret")
    assert all("secret" not in str(frame) for frame in cyd.frames)


async def test_nobody_with_a_token_is_told_to_sign_in(shop):
    ann = await page(shop, "ann")
    nobody = await shop.open("/login", client=shop.client.beside())
    nobody._token, nobody._parts = ann._token, list(ann._parts)
    await nobody.resume()
    assert set(nobody.gone.values()) == {"signed-out"}


async def test_a_forged_or_changed_token_gives_nothing(shop):
    ann = await page(shop, "ann")
    ann._token = ann._token[:-3] + "abc"
    await ann.resume()
    assert ["reload"] in ann.frames
    await add_order(shop)
    assert not [frame for frame in ann.frames if len(frame) == 4]


async def test_losing_membership_empties_the_page_before_anything_more_is_sent(shop):
    ann, bob = await page(shop, "ann"), await page(shop, "bob")
    async with shop.database() as db:
        await db.delete(await db.one(Membership.where(user_id=2)))
        db.add(Order(team_id=1, status="open", customer="secret", total=9))
    await shop.settled()
    assert "secret" in ann.html and ann.gone == {}
    assert "secret" not in str(bob.frames) and set(bob.gone.values()) == {"forbidden"}
    await add_order(shop, customer="later")
    assert "later" not in str(bob.frames)


async def test_a_blocked_user_and_a_new_password_end_the_page(shop):
    ann, bob = await page(shop, "ann"), await page(shop, "bob")
    async with shop.database() as db:
        (await db.get(User, 1)).is_active = False
        bobs = await db.get(User, 2)
        bobs.session_version += 1
    await shop.settled()
    assert set(ann.gone.values()) == set(bob.gone.values()) == {"signed-out"}


async def test_of_user_is_shared_by_value_and_moves_with_the_user(shop):
    ann, bob, cyd = [await page(shop, name, "/mine") for name in ("ann", "bob", "cyd")]
    assert [r.shape for r in ann.regions] == [r.shape for r in bob.regions] != [r.shape for r in cyd.regions]
    async with shop.database() as db:
        (await db.one(Membership.where(user_id=2))).team_id = 2
    await shop.settled()
    assert set(bob.gone.values()) == {"changed"} and ann.gone == {}
    await add_order(shop, customer="new")
    assert "new" in ann.html and "new" not in str(bob.frames)


async def test_a_view_of_the_user_is_shared_with_nobody(shop):
    ann, bob = await page(shop, "ann", "/hello"), await page(shop, "bob", "/hello")
    assert ann.regions[0].shape != bob.regions[0].shape
    await add_order(shop, customer="ann")
    assert ann.text("p").startswith("1 orders") and bob.text("p").startswith("0 orders")


async def test_kick_closes_every_socket_of_a_user(shop):
    ann, bob = await page(shop, "ann"), await page(shop, "bob")
    async with shop.database() as db:
        user = await db.get(User, 1)
    shop.hub.kick(user)
    await shop.settled()
    assert ann.close_code == 1008 and bob.close_code is None


async def test_what_a_page_reads_can_be_asked(shop):
    ann = await signed_in(shop, "ann")
    opened_page = await shop.open("/teams/1/orders", client=ann)
    assert {read.table for read in shop.hub.index.reads_of(shop._shapes(opened_page)[0])} == {"order"}
    await shop.assert_shared("/teams/1/orders", [ann, await signed_in(shop, "bob")])
    await shop.assert_denied("/teams/1/orders", await signed_in(shop, "cyd"))
