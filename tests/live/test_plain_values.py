"""Live pages of an application without a database: values and topics."""

import pytest

from sennit.app import App
from sennit.live import topic, view, viewers


@pytest.fixture
def app(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "<title>t</title><body><p>{% live %}{{ n }} of {{ name }}{% endlive %}</p>"
        "<ul>{% live for x in xs key x %}<li>{{ x }}</li>{% endlive %}</ul><b>{% live %}{{ readers }}{% endlive %}</b>"
    )
    app = App(root=tmp_path, secret="x" * 40)
    app.state = {"n": 1, "xs": ["a", "b"]}

    @app.get("/n/{name}")
    @view("page.html", also=[topic("n")])
    def page(name: str):
        return {"name": name, "readers": viewers(), **app.state}

    @app.post("/n")
    async def change():
        app.state["n"] += 1

    return app


async def test_a_topic_changes_every_page(app, opened):
    async with opened(app) as live:
        ann, bob = await live.open("/n/x"), await live.open("/n/x")
        assert ann.text("p") == "1 of x" and ann.texts("li") == ["a", "b"]
        app.state.update(n=2, xs=["c", "a"])
        live.hub.touch("n")
        await live.settled()
        assert ann.text("p") == bob.text("p") == "2 of x"
        assert ann.texts("li") == ["c", "a"]
        assert bob.html == (await live.open("/n/x")).html
