"""Links in live pages: below the same beginning they keep its parameters, in the first HTML and in what follows."""

import pytest

from sennit.app import App
from sennit.live import topic, view
from sennit.web import Router

PAGE = (
    "<title>t</title><body><a class=whole href=\"{{ url_for('page', page=2) }}\">x</a>"
    "<p>{% live %}{{ n }} <a class=live href=\"{{ url_for('page', page=n) }}\">x</a>"
    "<a class=other href=\"{{ url_for('page', team='blue', page=n) }}\">x</a>{% endlive %}</p>"
)


@pytest.fixture(params=["prefix", "host"])
def app(tmp_path, request):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    app = App(root=tmp_path, secret="x" * 40, hosts=["example.org", ".example.org", "test"])
    teams = Router("/{team}") if request.param == "prefix" else Router(host="{team}.example.org")
    app.state = {"n": 1}
    app.page = "http://example.org/red/1" if request.param == "prefix" else "http://red.example.org/1"
    app.expected = lambda team, n: f"/{team}/{n}" if request.param == "prefix" else f"https://{team}.example.org/{n}"

    @teams.get("/{page:int}")
    @view("page.html", also=[topic("n")])
    def page(team: str, page: int):
        return dict(app.state)

    app.include(teams)
    return app


async def test_links_of_a_page_and_of_its_regions_keep_the_team(app, opened):
    async with opened(app) as live:
        page = await live.open(app.page)
        links = {name: page.select(f"a.{name}")[0].get("href") for name in ("whole", "live", "other")}
        assert links == {
            "whole": app.expected("red", 2),
            "live": app.expected("red", 1),
            "other": app.expected("blue", 1),
        }
        app.state["n"] = 7
        live.hub.touch("n")
        await live.settled()
        assert page.select("a.live")[0].get("href") == app.expected("red", 7)
