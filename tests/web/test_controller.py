"""Controllers: what their methods share, and what a subclass inherits."""

import pytest

from sennit.errors import NotFound, SennitError
from sennit.web import Controller, Request, Router, WebSocket, get, post, websocket

from .conftest import SiteClient


async def nobody():
    return False


class TestSharing:
    async def test_a_parameter_of_the_path_is_there_for_every_method_that_names_it(self, router, ask):
        class Articles(Controller, path="/teams/{team}/articles"):
            @get("/")
            async def index(self, team: str, page: int = 1):
                return f"{team} page {page}"

            @get("/{id:int}")
            async def show(self, team: str, id: int):
                return f"{team} {id}"

            @get("/help")
            async def help(self):
                return "help"

        router.include(Articles)
        asked = ["/teams/red/articles/?page=2", "/teams/red/articles/7", "/teams/red/articles/help"]
        assert [(await ask("GET", path)).text for path in asked] == ["red page 2", "red 7", "help"]

    async def test_its_providers_middleware_and_error_handlers_are_its_own(self, router, ask):
        class Boards(Controller, path="/boards/{number:int}"):
            @Controller.provide
            async def board(self, number: int):
                if number > 9:
                    raise NotFound
                return f"board {number}"

            @Controller.middleware
            async def stamped(self, request: Request, next):
                response = await next(request)
                response.headers["x-board"] = request.params["number"]
                return response

            @Controller.error(404)
            async def missing(self, error):
                return "no such board", 404

            @get("/")
            async def show(self, board):
                return board

        @router.get("/other")
        async def other():
            raise NotFound

        router.include(Boards)
        page = await ask("GET", "/boards/7/")
        assert (page.text, page.headers["x-board"]) == ("board 7", "7")
        page = await ask("GET", "/boards/70/")
        assert (page.status, page.text) == (404, "no such board")
        assert "x-board" not in (await ask("GET", "/other")).headers

    async def test_access_limits_host_and_middleware_may_stand_on_the_class(self, router):
        async def stamped(request, next):
            response = await next(request)
            response.headers["x-stamp"] = "1"
            return response

        class Open(Controller, path="/open", host="api.example.org", middleware=[stamped], limits={"body": 10}):
            @get("/")
            async def show(self):
                return "open"

            @post("/")
            async def take(self, request: Request):
                return await request.body()

        class Shut(Controller, path="/shut", access=nobody):
            @get("/")
            async def show(self):
                return "never"

        router.include(Open, Shut)
        ask = SiteClient(router, hosts=("test", "api.example.org"))
        assert (await ask("GET", "/open/", host="api.example.org")).headers["x-stamp"] == "1"
        assert (await ask("POST", "/open/", host="api.example.org", body=b"x" * 11)).status == 413
        assert (await ask("GET", "/open/")).status == 404
        assert (await ask("GET", "/shut/")).status == 403

    async def test_plain_methods_run_in_threads_and_options_are_those_of_routers(self, router, ask):
        class Pages(Controller, path="/p"):
            @get("/a", name="first", access=nobody)
            def a(self):
                return "a"

            @get("/b", inline=True)
            def b(self):
                return "b"

            @websocket("/ws")
            async def talk(self, ws: WebSocket):
                await ws.close()

        router.include(Pages)
        assert [(await ask("GET", path)).status for path in ("/p/a", "/p/b", "/p/ws")] == [403, 200, 426]

    async def test_several_routes_on_one_method(self, router, ask):
        class Pages(Controller, path="/p"):
            @get("/a")
            @get("/b", name="b")
            async def show(self, request: Request):
                return request.path

        router.include(Pages)
        assert [(await ask("GET", path)).text for path in ("/p/a", "/p/b")] == ["/p/a", "/p/b"]


class Crud(Controller):
    """A base without a path of its own: its subclasses have theirs."""

    kind = "thing"

    @get("/")
    async def index(self):
        return f"all {self.kind}s"

    @get("/{id:int}")
    async def show(self, id: int):
        return f"{self.kind} {id}"

    @post("/")
    async def create(self):
        return f"new {self.kind}"


class TestInheritance:
    async def test_a_subclass_has_the_routes_of_its_base(self, router, ask):
        class Books(Crud, path="/books"):
            kind = "book"

        class Films(Crud, path="/films"):
            kind = "film"

            async def show(self, id: int):
                return f"film number {id}"

            @get("/all")
            async def index(self):
                return "every film"

            create = None

            @get("/new")
            async def newest(self):
                return "newest"

        router.include(Books, Films)
        asked = ["/books/", "/books/7", "/films/7", "/films/all", "/films/new"]
        expected = ["all books", "book 7", "film number 7", "every film", "newest"]
        assert [(await ask("GET", path)).text for path in asked] == expected
        assert (await ask("POST", "/books/")).text == "new book"
        assert [(await ask(method, "/films/")).status for method in ("GET", "POST")] == [404, 404]

    async def test_path_and_host_are_taken_over_access_and_middleware_add_up(self, router, ask):
        calls = []

        async def outer(request, next):
            calls.append("outer")
            return await next(request)

        async def inner(request, next):
            calls.append("inner")
            return await next(request)

        async def yes():
            calls.append("yes")
            return True

        class Base(Controller, path="/base", access=yes, middleware=[outer]):
            @get("/")
            async def show(self):
                return type(self).__name__

        class Same(Base, access=nobody):
            pass

        class Other(Base, path="/other", middleware=[inner]):
            pass

        router.include(Same, Other)
        assert (await ask("GET", "/other/")).text == "Other"
        assert calls == ["yes", "outer", "inner"]
        assert (await ask("GET", "/base/")).status == 403


class TestAddresses:
    def test_by_the_method_of_the_class(self, router):
        class Articles(Controller, path="/articles"):
            @get("/{id}")
            async def show(self, id: int):
                return ""

        router.include(Articles)
        site = SiteClient(router).site
        assert site.url_for(Articles.show, id=1) == site.url_for("articles.show", id=1) == "/articles/1"

    async def test_by_a_method_of_its_own_also_where_several_inherit_it(self, router):
        class Base(Controller):
            @get("/")
            async def index(self, request: Request):
                return request.url_for(self.index)

        class One(Base, path="/one"):
            pass

        class Two(Base, path="/two"):
            pass

        router.include(One, Two)
        ask = SiteClient(router)
        assert [(await ask("GET", path)).text for path in ("/one/", "/two/")] == ["/one/", "/two/"]
        with pytest.raises(SennitError) as caught:
            ask.site.url_for(Base.index)
        assert caught.value.code == "route.E012" and "one.index, two.index" in caught.value.what

    async def test_links_below_the_same_beginning_keep_its_parameters(self, router, ask):
        class Board(Controller, path="/teams/{team}"):
            @get("/news")
            async def news(self, request: Request, team: str):
                return " ".join([request.url_for(self.page, id=1), request.url_for(self.page, id=1, team="blue")])

            @get("/pages/{id}")
            async def page(self, request: Request, id: int):
                return request.url_for("person", id=2)

        @router.get("/people/{id}")
        async def person(request: Request, id: int):
            return request.url_for(Board.news)

        router.include(Board)
        assert (await ask("GET", "/teams/red/news")).text == "/teams/red/pages/1 /teams/blue/pages/1"
        assert (await ask("GET", "/teams/red/pages/1")).text == "/people/2"
        assert (await ask("GET", "/people/1")).status == 500, "a parameter of another path is not taken for this one"


def test_an_abstract_base_needs_no_path_and_a_wrong_path_is_told_when_it_is_included():
    class Wrong(Controller, path="wrong"):
        @get("/")
        async def index(self):
            return ""

    with pytest.raises(SennitError) as caught:
        Router().include(Wrong)
    assert caught.value.code == "route.E002"
