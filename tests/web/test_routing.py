"""Which route answers, and what is said when none does."""

import re

import pytest

from sennit.errors import SennitError
from sennit.web import Controller, Router, get, post

from .conftest import SiteClient


def declared(path: str, text: str):
    async def show():
        return text

    show.__name__ = f"at_{abs(hash(path))}"
    return path, show


def named(text: str):
    async def show(x: str = ""):
        return text

    return show


class TestMatching:
    async def test_literal_text_wins_over_parameters_and_narrow_ones_over_wide_ones(self, router, ask):
        for path, text in [("/a/{x:path}", "rest"), ("/a/{x}", "any"), ("/a/{x:int}", "int"), ("/a/b", "literal")]:
            router.get(*declared(path, text)[:1])(declared(path, text)[1])
        answers = [(await ask("GET", path)).text for path in ("/a/b", "/a/7", "/a/c", "/a/c/d")]
        assert answers == ["literal", "int", "any", "rest"]

    async def test_an_encoded_slash_stays_inside_its_segment(self, router, ask):
        @router.get("/{name}")
        async def show(name: str):
            return name

        assert (await ask("GET", "/a%2Fb")).text == "a/b"

    async def test_non_ascii_paths_match_decoded(self, router, ask):
        @router.get("/über")
        async def show():
            return "ok"

        assert (await ask("GET", "/%C3%BCber")).text == "ok"

    async def test_two_routes_may_name_one_segment_differently(self, router, ask):
        @router.get("/u/{id}/a")
        async def a(id: int):
            return f"a{id}"

        @router.get("/u/{name}/b")
        async def b(name: str):
            return f"b{name}"

        assert ((await ask("GET", "/u/1/a")).text, (await ask("GET", "/u/x/b")).text) == ("a1", "bx")


class TestMethods:
    async def test_head_comes_with_get_and_options_by_itself(self, router, ask):
        @router.get("/")
        async def show():
            return "hello"

        head = await ask("HEAD", "/")
        assert (head.status, head.body) == (200, b"")
        options = await ask("OPTIONS", "/")
        assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")

    async def test_405_says_what_is_allowed(self, router, ask):
        @router.post("/")
        async def create():
            return "x"

        page = await ask("GET", "/")
        assert (page.status, page.headers["allow"]) == (405, "OPTIONS, POST")

    async def test_a_wider_route_answers_a_method_that_the_narrowest_has_not(self, router, ask):
        @router.get("/users/me")
        async def me():
            return "me"

        @router.delete("/users/{name}")
        async def remove(name: str):
            return f"removed {name}"

        @router.put("/users/{id:int}")
        async def change(id: int):
            return f"changed {id}"

        assert (await ask("GET", "/users/me")).text == "me"
        assert (await ask("DELETE", "/users/me")).text == "removed me"
        assert (await ask("DELETE", "/users/7")).text == "removed 7"
        assert (await ask("PUT", "/users/me")).headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
        assert (await ask("OPTIONS", "/users/7")).headers["allow"] == "DELETE, OPTIONS, PUT"

    async def test_options_of_the_whole_server(self, router, ask):  # RFC 9110 §9.3.7
        page = await ask("OPTIONS", "*")
        assert page.status == 204 and "GET" in page.headers["allow"]

    async def test_methods_are_case_sensitive(self, router, ask):  # RFC 9110 §9.1
        @router.get("/")
        async def show():
            return ""

        assert (await ask("get", "/")).status == 405
        assert (await ask("*", "/")).status == 405

    async def test_no_method_is_taken_for_a_websocket(self, router, ask):
        @router.websocket("/")
        async def talk(ws):
            raise AssertionError("this is no handshake")

        for method in ("WEBSOCKET", "*", "GET"):
            assert (await ask(method, "/")).status in (426, 400)


class TestSlashes:
    async def test_the_other_spelling_is_redirected_with_its_query(self, router, ask):
        shop = Router(prefix="/shop")

        @shop.get("/")
        async def index():
            return "shop"

        router.include(shop)
        assert (await ask("GET", "/shop/")).text == "shop"
        page = await ask("GET", "/shop?a=1")
        assert (page.status, page.headers["location"]) == (308, "/shop/?a=1")

    async def test_a_literal_path_with_the_other_slash_wins_over_a_parameter(self, router, ask):
        @router.get("/{section}")
        async def section(section: str):
            return section

        @router.get("/desk/")
        async def desk():
            return "desk"

        page = await ask("GET", "/desk")
        assert (page.status, page.headers["location"]) == (308, "/desk/")
        assert (await ask("GET", "/world")).text == "world"

    async def test_strict_sites_know_one_spelling_only(self, router):
        @router.get("/desk/")
        async def desk():
            return "desk"

        ask = SiteClient(router, slashes="strict")
        assert [(await ask("GET", path)).status for path in ("/desk", "/desk/", "/DESK/")] == [404, 200, 404]

    async def test_both_spellings_may_be_routes(self, router, ask):
        for path in ("/a", "/a/", "/{x}", "/{x}/"):
            router.get(path, name=path)(named(path))
        asked = ["/a", "/a/", "/b", "/b/"]
        assert [(await ask("GET", path)).text for path in asked] == ["/a", "/a/", "/{x}", "/{x}/"]

    async def test_no_host_can_be_smuggled_into_the_redirect(self, router, ask):
        @router.get("/{x}/{y}")
        async def show(x: str, y: str):
            return ""

        assert (await ask("GET", "//evil.example/")).status in (308, 404)
        assert not (await ask("GET", "//evil.example")).headers.get("location", "/").startswith("//")


class TestNesting:
    async def test_prefixes_names_and_rules_add_up(self, router):
        async def no():
            return False

        inner, outer = Router("/in", name="inner"), Router("/out", name="outer", access=no)

        @inner.get("/x")
        async def x():
            return "x"

        outer.include(inner)
        router.include(outer)
        site = SiteClient(router)
        assert (await site("GET", "/out/in/x")).status == 403
        assert site.site.url_for("outer.inner.x") == "/out/in/x"

    async def test_a_controller_is_a_router_made_of_methods(self, router, ask):
        class Articles(Controller, path="/articles"):
            @get("/")
            async def index(self, page: int = 1):
                return f"page {page}"

            @post("/")
            async def create(self):
                return "created", 201

        router.include(Articles)
        assert (await ask("GET", "/articles/?page=2")).text == "page 2"
        assert (await ask("POST", "/articles/")).status == 201


class TestAddresses:
    def test_by_name_or_function_with_the_rest_in_the_query(self, router):
        @router.get("/a/{id}")
        async def show(id: int):
            return ""

        site = SiteClient(router).site
        assert site.url_for("show", id=3, q="x y") == site.url_for(show, id=3, q="x y") == "/a/3?q=x+y"

    def test_a_missing_parameter_and_an_unknown_name_say_what_to_write(self, router):
        @router.get("/a/{id}", name="show")
        async def show(id: int):
            return ""

        site = SiteClient(router).site
        with pytest.raises(SennitError, match="needs 'id'"):
            site.url_for("show")
        with pytest.raises(SennitError, match="Did you mean 'show'"):
            site.url_for("shwo")


class TestMistakes:
    @pytest.mark.parametrize("path", ["a", "/{x}y", "/{x}/{x}", "/{x:path}/y", "/a?b=1", "/a%20b", "/a/../b", "/a\nb"])
    def test_a_path_that_cannot_be_read_is_refused_where_it_stands(self, router, path):
        with pytest.raises(SennitError) as caught:
            router.get(path)(lambda x: "")
        assert caught.value.code == "route.E001"
        assert "test_routing.py" in caught.value.where

    def test_conflicting_routes_show_both_places(self, router):
        @router.get("/users/{id}")
        async def by_id(id: str):
            return ""

        @router.get("/users/{name}")
        async def by_name(name: str):
            return ""

        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        (mistake,) = caught.value.exceptions
        assert mistake.code == "route.E003"
        places = re.findall(r"test_routing\.py:(\d+) ", mistake.where)
        assert len(set(places)) == 2, "file and line of both"

    def test_every_conflict_is_told_at_once(self, router):
        for path in ("/a/{x:int}", "/a/{y:int}", "/b", "/b", "/a/{z}", "/c/{p:path}", "/c/{q:path}"):
            router.get(path, name=path)(declared(path, "")[1])
        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        assert [mistake.code for mistake in caught.value.exceptions] == ["route.E003"] * 3

    def test_an_unknown_converter_is_told_at_start_with_the_nearest(self, router):
        @router.get("/{x:itn}")
        async def show(x: str):
            return ""

        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        (mistake,) = caught.value.exceptions
        assert mistake.code == "route.E001" and "Did you mean 'int'" in mistake.what
        assert "test_routing.py" in mistake.where

    def test_one_name_in_prefix_and_path_is_refused(self, router):
        inner = Router("/{team}")

        @inner.get("/x")
        async def show(team: str):
            return ""

        outer = Router("/{team}")
        outer.include(inner)
        router.include(outer)
        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        assert [mistake.code for mistake in caught.value.exceptions] == ["route.E001"]
