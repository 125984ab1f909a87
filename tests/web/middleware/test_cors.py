"""Cross-origin resource sharing (Fetch standard §3.2), threat R38: off by default, no reflection, `null` refused, Vary right."""

import pytest

from sennit import App, Request, Router, SennitError
from sennit.testing import Client
from sennit.web.middleware import Cors

APP = "https://app.example"
EVIL = "https://evil.example"


def asking(origin: str = APP, method: str = "PUT", headers: str = "") -> dict[str, str]:
    """The fields of a preflight request."""
    fields = {"origin": origin, "access-control-request-method": method}
    return {**fields, "access-control-request-headers": headers} if headers else fields


def from_page(origin: str = APP, **fields: str) -> dict[str, str]:
    """The fields of a script's request from a page of another origin."""
    return {"origin": origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", **fields}


def make(root, *middleware) -> App:
    app = App(root=root, middleware=middleware)

    @app.get("/")
    async def read():
        return "read"

    @app.put("/")
    async def write():
        return "written"

    return app


class TestAnswers:
    async def test_without_it_nothing_is_shared(self, tmp_path):
        async with Client(make(tmp_path)) as client:
            page = await client.get("/", headers={"origin": APP})
            assert not [name for name in page.headers if name.startswith("access-control")]

    async def test_a_listed_origin_may_read(self, tmp_path):
        async with Client(make(tmp_path, Cors([APP], expose=["X-Total"]))) as client:
            page = await client.get("/", headers={"origin": APP})
            assert page.headers["access-control-allow-origin"] == APP
            assert page.headers["access-control-expose-headers"] == "x-total"
            assert page.headers["vary"] == "origin"
            assert "access-control-allow-credentials" not in page.headers

    @pytest.mark.parametrize("origin", [EVIL, "null", "", "https://app.example.evil.example", "http://app.example"])
    async def test_others_are_not_reflected(self, tmp_path, origin):
        async with Client(make(tmp_path, Cors([APP], credentials=True))) as client:
            page = await client.get("/", headers={"origin": origin})
            assert page.text == "read"
            assert not [name for name in page.headers if name.startswith("access-control")]
            assert page.headers["vary"] == "origin"

    async def test_errors_can_be_read_too(self, tmp_path):
        async with Client(make(tmp_path, Cors([APP]))) as client:
            page = await client.get("/nothing", headers={"origin": APP})
            assert (page.status, page.headers["access-control-allow-origin"]) == (404, APP)
            assert page.headers["vary"] == "accept, origin"

    async def test_everybody(self, tmp_path):
        async with Client(make(tmp_path, Cors(["*"]))) as client:
            page = await client.get("/", headers={"origin": EVIL})
            assert page.headers["access-control-allow-origin"] == "*"
            assert "vary" not in page.headers

    @pytest.mark.parametrize(
        ("origin", "is_listed"),
        [
            ("https://a.example.org", True),
            ("https://a.b.example.org", True),
            ("https://example.org", False),
            ("https://evil.com/.example.org", False),
            ("https://evil.com?.example.org", False),
            ("https://user@.example.org", False),
            ("http://a.example.org", False),
            ("https://.example.org", False),
            ("https://a.example.org:8443", False),
        ],
    )
    async def test_subdomains_by_a_star(self, origin, is_listed):
        assert Cors(["https://*.example.org"]).lists(origin) == is_listed

    async def test_the_innermost_decides(self, tmp_path):
        app = make(tmp_path, Cors(["*"]))
        inner = Router("/in", name="in", middleware=[Cors([APP])])

        @inner.get("/")
        async def read():
            return ""

        app.include(inner)
        async with Client(app) as client:
            assert "access-control-allow-origin" not in (await client.get("/in/", headers={"origin": EVIL})).headers
            assert (await client.get("/", headers={"origin": EVIL})).headers["access-control-allow-origin"] == "*"


class TestPreflight:
    async def test_is_answered_for_the_route_that_will_be_asked(self, tmp_path):
        cors = Cors([APP], headers=["content-type", "x-token"], credentials=True, max_age_s=60)
        async with Client(make(tmp_path, cors)) as client:
            page = await client.options("/", headers=asking(headers="x-token, content-type"))
            assert page.status == 204 and not page.body
            assert page.headers["access-control-allow-origin"] == APP
            assert page.headers["access-control-allow-credentials"] == "true"
            assert page.headers["access-control-allow-methods"] == "GET, HEAD, PUT"
            assert page.headers["access-control-allow-headers"] == "content-type, x-token"
            assert page.headers["access-control-max-age"] == "60"
            vary = page.headers["vary"]
            assert all(
                name in vary for name in ("origin", "access-control-request-method", "access-control-request-headers")
            )

    @pytest.mark.parametrize("level", ["router", "route"])
    async def test_of_a_router_or_a_route(self, tmp_path, level):
        app = App(root=tmp_path)
        cors = Cors([APP])
        inner = Router("/in", middleware=[cors] if level == "router" else [])

        @inner.put("/", middleware=[cors] if level == "route" else [])
        async def write():
            return "written"

        app.include(inner)
        async with Client(app) as client:
            page = await client.options("/in/", headers=asking())
            assert page.headers["access-control-allow-origin"] == APP
            assert (await client.put("/in/", headers=from_page())).headers["access-control-allow-origin"] == APP

    async def test_a_stranger_learns_nothing(self, tmp_path):
        async with Client(make(tmp_path, Cors([APP]))) as client:
            page = await client.options("/", headers=asking(EVIL))
            assert page.status == 204
            assert not [name for name in page.headers if name.startswith("access-control")]

    async def test_a_method_that_is_not_allowed_is_not_named(self, tmp_path):
        async with Client(make(tmp_path, Cors([APP], methods=["GET"]))) as client:
            page = await client.options("/", headers=asking())
            assert "access-control-allow-methods" not in page.headers

    async def test_any_header_is_echoed_name_by_name(self, tmp_path):
        async with Client(make(tmp_path, Cors([APP], headers=["*"]))) as client:
            page = await client.options("/", headers=asking(headers="X-One, x two, x-three, "))
            assert page.headers["access-control-allow-headers"] == "x-one, x-three"

    async def test_an_options_route_of_the_programs_own_is_called(self, tmp_path):
        app = make(tmp_path, Cors([APP]))

        @app.options("/own")
        async def own(request: Request):
            return "own"

        async with Client(app) as client:
            page = await client.options("/own", headers=asking(method="OPTIONS"))
            assert page.text == "own"
            assert page.headers["access-control-allow-origin"] == APP


class TestCrossSite:  # threat R30
    @pytest.mark.parametrize(
        ("cors", "fields", "status"),
        [
            (None, from_page(), 403),
            (Cors([APP]), from_page(), 200),
            (Cors([APP]), from_page(EVIL), 403),
            (Cors([APP]), from_page("null"), 403),
            (Cors(["*"]), from_page("null"), 403),
            (Cors(["*"]), from_page(EVIL), 200),
            (Cors(["*"]), from_page(EVIL, cookie="a=b"), 403),
            (Cors(["*"]), from_page(EVIL, authorization="Basic YTpi"), 403),
            (Cors([APP]), from_page(cookie="a=b"), 403),
            (Cors([APP], credentials=True), from_page(cookie="a=b"), 200),
            (Cors([APP], credentials=True), from_page(EVIL, cookie="a=b"), 403),
            (Cors([APP], credentials=True), {**from_page(), "sec-fetch-mode": "navigate"}, 403),
            (Cors([APP], credentials=True), {**from_page(), "sec-fetch-mode": "no-cors"}, 403),
        ],
    )
    async def test_an_origin_that_is_shared_with_passes_and_no_other(self, tmp_path, cors, fields, status):
        async with Client(make(tmp_path, *([cors] if cors else []))) as client:
            assert (await client.put("/", headers=fields)).status == status

    async def test_only_for_the_routes_that_are_shared(self, tmp_path):
        app = make(tmp_path)

        @app.put("/shared", middleware=[Cors([APP])])
        async def shared():
            return ""

        async with Client(app) as client:
            assert (await client.put("/shared", headers=from_page())).status == 200
            assert (await client.put("/", headers=from_page())).status == 403

    @pytest.mark.parametrize(("origin", "status"), [(APP, 101), (EVIL, 403), ("null", 403)])
    async def test_websockets_by_the_same_list(self, tmp_path, origin, status):  # threat R24
        app = App(root=tmp_path, middleware=[Cors([APP])])

        @app.websocket("/ws")
        async def greet(ws):
            await ws.send("hello")

        async with Client(app) as client, client.websocket("/ws", headers={"origin": origin}) as ws:
            assert ws.status == status


class TestMistakes:
    def test_everybody_with_credentials(self):
        with pytest.raises(SennitError) as caught:
            Cors(["*"], credentials=True)
        assert caught.value.code == "web.E030"

    @pytest.mark.parametrize(
        "origin",
        ["null", "app.example", "https://app.example/", "https://app.example/path", "https://*", "https://a.*.b", ""],
    )
    def test_what_is_no_origin(self, origin):
        with pytest.raises(SennitError) as caught:
            Cors([origin])
        assert caught.value.code == "web.E031"

    def test_are_found_when_an_app_is_built(self, tmp_path):
        app = App(root=tmp_path, cors=["app.example"])
        with pytest.raises(SennitError) as caught:
            app.build(app.settings("test", {}), "test")
        assert caught.value.code == "web.E031"

    def test_the_schemes_own_port_and_case_do_not_matter(self):
        assert Cors(["HTTPS://App.example:443", "http://[::1]:8080"]).lists(APP)
        assert Cors(["http://[::1]:8080"]).lists("http://[::1]:8080")
