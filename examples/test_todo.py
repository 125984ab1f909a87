"""pytest test_todo.py - a live page is tested without a browser, without sockets, without sleeping."""

import pytest
from todo import app


@pytest.fixture
def sennit_app():
    return app  # the fixtures `client` and `live` use this one, on a fresh database


async def test_two_browsers(live):
    ann, bob = await live.open("/"), await live.open("/")
    await ann.submit("form[action='/todos']", text="milk")
    await live.settled()  # every commit seen, rendered, sent and applied
    assert "milk" in bob.texts("li")[0]
    assert bob.text("p") == "1 left"
    assert live.renders <= 2  # two regions, once each, not once for each browser

    bob.drop()  # the line breaks …
    await ann.submit("li form[action$=toggle]")
    await bob.resume()  # … and what was missed is caught up
    assert bob.html == (await live.open("/")).html  # the oracle: same as a fresh page


async def test_plain_html(client):
    page = await client.get("/")
    assert page.status == 200 and page.forms["/todos"]
    answer = await client.post("/todos", form={"text": "bread"}, follow_redirects=True)
    assert "bread" in answer.text


async def test_missing(client):
    assert (await client.post("/todos/99/toggle", headers={"accept": "application/json"})).status == 404
