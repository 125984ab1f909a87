"""Other routers and applications below a path: theirs is everything there, ours are the rules before it."""

import pytest

from sennit.errors import NotFound, SennitError
from sennit.http.exchange import WebSocketOffer
from sennit.testing.memory import MemoryExchange
from sennit.web import Request, Response, Router, WebSocket
from sennit.web.mount import Mounted

from .conftest import SiteClient


class Echo:
    """A mounted application that tells what it was asked."""

    async def answer(self, request: Request, root: str) -> Response:
        return Response(f"{request.method} {root} {request.exchange.raw_path[len(root) :]}", media_type="text/plain")

    async def connect(self, ws: WebSocket, root: str) -> None:
        await ws.send(root)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def nobody():
    return False


def test_the_test_application_is_one():
    assert isinstance(Echo(), Mounted)


class TestApplications:
    async def test_every_method_and_path_below_is_its_own(self, router, ask):
        router.mount("/shop", Echo())
        for method, path, text in [
            ("GET", "/shop/", "GET /shop /"),
            ("POST", "/shop/a%2Fb/c", "POST /shop /a%2Fb/c"),
            ("PURGE", "/shop/x", "PURGE /shop /x"),
            ("OPTIONS", "/shop/x", "OPTIONS /shop /x"),
        ]:
            assert (await ask(method, path)).text == text

    async def test_its_bare_path_leads_to_the_one_with_a_slash_and_others_are_not_its_own(self, router, ask):
        router.mount("/shop/", Echo())
        page = await ask("GET", "/shop?a=1")
        assert (page.status, page.headers["location"]) == (308, "/shop/?a=1")
        assert (await ask("GET", "/shopping")).status == 404
        assert (await ask("GET", "/shop/x/")).text == "GET /shop /x/"
        assert (await ask("GET", "/shop/x")).text == "GET /shop /x"

    async def test_routes_of_ours_below_it_come_first(self, router, ask):
        router.mount("/shop", Echo())

        @router.get("/shop/about")
        async def about():
            return "ours"

        assert (await ask("GET", "/shop/about")).text == "ours"
        assert (await ask("POST", "/shop/about")).status == 405
        assert (await ask("GET", "/shop/about/")).text == "GET /shop /about/"

    async def test_rules_middleware_and_prefix_of_its_router_stand_before_it(self, router, ask):
        inner = Router("/{team}", access=None)

        @inner.middleware
        async def stamped(request: Request, next, team: str):
            response = await next(request)
            response.headers["x-team"] = team
            return response

        async def not_blue(team: str):
            return team != "blue"

        inner.mount("/wiki", Echo(), access=not_blue)
        router.include(inner)
        page = await ask("GET", "/red/wiki/a")
        assert (page.text, page.headers["x-team"]) == ("GET /red/wiki /a", "red")
        assert (await ask("GET", "/blue/wiki/a")).status == 403

    async def test_cross_site_writes_are_refused_before_it(self, router, ask):
        router.mount("/shop", Echo())
        assert (await ask("POST", "/shop/x", sec_fetch_site="cross-site")).status == 403

    async def test_the_whole_site_may_be_one(self, router, ask):
        router.mount("/", Echo())
        router.get("/ours")(lambda: "ours")
        assert [(await ask("GET", path)).text for path in ("/ours", "/", "/a/b")] == ["ours", "GET  /", "GET  /a/b"]

    async def test_it_takes_websockets(self, router):
        router.mount("/shop", Echo())
        exchange = MemoryExchange("GET", "/shop/ws", "", [("host", "test")], offer=WebSocketOffer((), None))
        await SiteClient(router).site(exchange)
        assert exchange.status == 101
        assert exchange.socket.sent.get_nowait() == "/shop"

    def test_its_address_is_that_of_its_name(self, router):
        router.mount("/shop", Echo(), name="shop")
        assert SiteClient(router).site.url_for("shop") == "/shop/"

    def test_what_is_no_application_is_told_with_the_line_of_the_mount(self, router):
        router.mount("/x", object())
        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        (mistake,) = caught.value.exceptions
        assert mistake.code == "route.E018" and "test_mount.py" in mistake.where

    def test_two_at_one_path_conflict(self, router):
        router.mount("/x", Echo(), name="a")
        router.mount("/x/", Echo(), name="b")
        with pytest.raises(ExceptionGroup) as caught:
            SiteClient(router)
        assert {mistake.code for mistake in caught.value.exceptions} == {"route.E003"}


class TestRouters:
    def shop(self) -> Router:
        shop = Router(name="shop")

        @shop.get("/")
        async def front():
            return "front"

        @shop.get("/things/{id:int}")
        async def thing(id: int):
            if id > 9:
                raise NotFound
            return f"thing {id}"

        @shop.error(404)
        async def missing(error, request: Request):
            return f"the shop has no {request.path}", 404

        return shop

    async def test_404_inside_stays_inside(self, router, ask):
        router.mount("/shop", self.shop())
        asked = ["/shop/", "/shop/things/7", "/shop/things/70", "/shop/nope", "/shop/nope/nope"]
        assert [(await ask("GET", path)).text for path in asked] == [
            "front",
            "thing 7",
            "the shop has no /shop/things/70",
            "the shop has no /shop/nope",
            "the shop has no /shop/nope/nope",
        ]
        assert "the shop" not in (await ask("GET", "/other")).text

    async def test_the_rules_of_the_mount_hide_what_is_there_and_what_is_not(self, router, ask):
        router.mount("/shop", self.shop(), access=nobody)
        assert {(await ask("GET", path)).status for path in ("/shop/", "/shop/things/7", "/shop/nope")} == {403}

    async def test_its_middleware_sees_what_is_not_found_in_it(self, router, ask):
        shop, seen = self.shop(), []

        @shop.middleware
        async def noted(request: Request, next):
            seen.append(request.path)
            return await next(request)

        router.mount("/shop", shop)
        router.get("/other")(lambda: "")
        for path in ("/shop/", "/shop/nope", "/other", "/nope"):
            await ask("GET", path)
        assert seen == ["/shop/", "/shop/nope"]

    async def test_a_path_that_cannot_be_decoded_is_a_bad_request_everywhere(self, router, ask):
        router.mount("/shop", self.shop())
        assert [(await ask("GET", path)).status for path in ("/shop/%ff", "/%ff")] == [400, 400]

    async def test_405_and_the_other_slash_are_answered_within(self, router, ask):
        router.mount("/shop", self.shop())
        assert (await ask("POST", "/shop/things/7")).status == 405
        assert (await ask("GET", "/shop")).headers["location"] == "/shop/"
        assert (await ask("GET", "/shop/things/7/")).headers["location"] == "/shop/things/7"

    async def test_one_router_may_be_mounted_twice(self, router):
        shop = self.shop()
        router.mount("/a", shop, name="a")
        router.mount("/b", shop, name="b")
        ask = SiteClient(router)
        assert [(await ask("GET", path)).text for path in ("/a/things/1", "/b/things/1")] == ["thing 1", "thing 1"]
        assert ask.site.url_for("b.shop.thing", id=1) == "/b/things/1"


def test_a_path_without_a_slash_is_refused_where_it_stands():
    with pytest.raises(SennitError):
        Router().mount("shop", Echo())
