"""Routers of one host, or of all subdomains."""

import pytest

from sennit.errors import SennitError
from sennit.web import Router
from sennit.web.addresses import Origin
from sennit.web.host_routing import HostTables, parse_host
from sennit.web.routing import RouteTable

from .conftest import SiteClient

HOSTS = ("example.org", ".example.org")


def site_of(*routers: Router, hosts: tuple[str, ...] = HOSTS, **options) -> SiteClient:
    outer = Router()
    outer.include(*routers)
    return SiteClient(outer, hosts=hosts, **options)


def answering(router: Router, path: str, text: str) -> None:
    router.get(path, name=f"{text}{path}")(lambda: text)


@pytest.fixture
def common() -> Router:
    router = Router()
    answering(router, "/", "common")
    answering(router, "/about", "common")
    return router


class TestMatching:
    async def test_routes_of_a_host_answer_there_only_and_come_before_those_of_all_hosts(self, common):
        api = Router(host="api.example.org")
        answering(api, "/", "api")
        answering(api, "/only", "api")
        ask = site_of(common, api)
        assert (await ask("GET", "/", host="example.org")).text == "common"
        assert (await ask("GET", "/", host="api.example.org")).text == "api"
        assert (await ask("GET", "/", host="API.Example.org:8000")).text == "api"
        assert (await ask("GET", "/about", host="api.example.org")).text == "common"
        assert (await ask("GET", "/only", host="example.org")).status == 404

    async def test_a_subdomain_is_a_parameter_like_one_of_the_path(self, common):
        teams = Router(host="{team}.example.org", prefix="/boards")

        @teams.get("/{board:int}")
        async def show(team: str, board: int):
            return f"{team} {board}"

        ask = site_of(common, teams)
        assert (await ask("GET", "/boards/7", host="red.example.org")).text == "red 7"
        assert (await ask("GET", "/boards/7", host="example.org")).status == 404
        assert (await ask("GET", "/boards/7", host="a.red.example.org")).status == 404

    async def test_rules_and_providers_take_the_subdomain_too(self):
        async def not_blue(team: str):
            return team != "blue"

        teams = Router(host="{team}.example.org", access=not_blue)

        @teams.provide
        async def board(team: str):
            return f"board of {team}"

        @teams.get("/")
        async def show(board):
            return board

        ask = site_of(teams)
        assert (await ask("GET", "/", host="red.example.org")).text == "board of red"
        assert (await ask("GET", "/", host="blue.example.org")).status == 403

    async def test_an_exact_host_comes_before_a_pattern(self):
        one, any_one = Router(host="api.example.org"), Router(host="{team}.example.org")
        answering(any_one, "/", "any")
        answering(any_one, "/x", "any")
        answering(one, "/", "one")
        ask = site_of(any_one, one)
        assert [(await ask("GET", path, host="api.example.org")).text for path in ("/", "/x")] == ["one", "any"]

    async def test_405_and_options_count_the_routes_of_all_hosts_too(self, common):
        api = Router(host="api.example.org")
        api.post("/about")(lambda: "posted")
        ask = site_of(common, api)
        assert (await ask("GET", "/about", host="api.example.org")).text == "common"
        assert (await ask("OPTIONS", "/about", host="api.example.org")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert (await ask("POST", "/about", host="example.org")).status == 405

    async def test_the_other_slash_is_redirected_within_the_host(self):
        api = Router(host="{team}.example.org")
        answering(api, "/a/", "a")
        answering(api, "/a", "b")
        answering(api, "/b/", "c")
        ask = site_of(api)
        assert [(await ask("GET", path, host="x.example.org")).text for path in ("/a/", "/a")] == ["a", "b"]
        assert (await ask("GET", "/b", host="x.example.org")).headers["location"] == "/b/"

    async def test_international_hosts(self):
        router = Router(host="bücher.example")
        answering(router, "/", "Bücher")
        ask = site_of(router, hosts=("bücher.example",))
        assert (await ask("GET", "/", host="xn--bcher-kva.example")).text == "Bücher"

    def test_a_site_without_hosts_pays_nothing(self, common):
        assert site_of(common).site.finder.by_host is None

    def test_remembering_hosts_is_bounded(self):
        tables = HostTables(RouteTable(()), ())
        for number in range(1000):
            tables.at(f"h{number}.example.org")
        assert len(tables._known) <= 256


class TestAddresses:
    def make(self, **options) -> SiteClient:
        teams, common = Router(host="{team}.example.org", name="teams"), Router()

        @teams.get("/boards/{board}", name="board")
        async def board(request, team: str, board: str):
            links = [request.url_for("front"), request.url_for(target, board=2)]
            return " ".join([*links, request.url_for(target, board=1, team="blue")])

        target = board

        @common.get("/", name="front")
        async def front(request):
            return f"{request.url_for('teams.board', team='red', board=1)} {request.url_for('front', absolute=True)}"

        return site_of(teams, common, **options)

    async def test_a_route_of_another_host_gets_a_whole_url_with_the_requests_scheme_and_port(self):
        page = await self.make()("GET", "/", host="example.org:8000")
        assert page.text == "http://red.example.org:8000/boards/1 http://example.org:8000/"

    async def test_on_its_own_host_a_path_will_do_and_the_subdomain_is_kept(self):
        page = await self.make()("GET", "/boards/1", host="red.example.org")
        assert page.text == "/ /boards/2 http://blue.example.org/boards/1"

    def test_outside_of_requests_the_sites_own_origin_counts(self):
        site = self.make(home=Origin("https", "example.org")).site
        assert site.url_for("front") == "/"
        assert site.url_for("front", absolute=True) == "https://example.org/"
        assert site.url_for("teams.board", team="red", board=1) == "https://red.example.org/boards/1"

    def test_without_one_it_says_what_to_add(self):
        with pytest.raises(SennitError) as caught:
            self.make().site.url_for("front", absolute=True)
        assert caught.value.code == "route.E013"

    @pytest.mark.parametrize("team", ["a.b", "evil.example/", "a b", "-a", "", "a" * 64, "x@y"])
    def test_no_value_makes_another_host(self, team):
        with pytest.raises(SennitError):
            self.make(home=Origin("https", "example.org")).site.url_for("teams.board", team=team, board=1)


class TestMistakes:
    def codes(self, *routers: Router, hosts: tuple[str, ...]) -> list[str]:
        with pytest.raises(ExceptionGroup) as caught:
            site_of(*routers, hosts=hosts)
        return [error.code for error in caught.value.exceptions]

    @pytest.mark.parametrize(
        ("host", "hosts", "is_covered"),
        [
            ("api.example.org", ("example.org",), False),
            ("api.example.org", ("api.example.org",), True),
            ("api.example.org", (".example.org",), True),
            ("api.example.org", ("*",), True),
            ("{team}.example.org", ("example.org", "www.example.net"), False),
            ("{team}.example.org", ("red.example.org",), True),
            ("{team}.example.org", (".example.org",), True),
        ],
    )
    def test_a_host_that_is_not_allowed_cannot_be_reached(self, host, hosts, is_covered):
        router = Router(host=host)
        answering(router, "/", "x")
        if is_covered:
            site_of(router, hosts=hosts)
        else:
            assert self.codes(router, hosts=hosts) == ["route.E016"]

    def test_conflicts_are_looked_for_within_each_host(self):
        routers = [Router(host="a.example.org"), Router(host="a.example.org"), Router(host="b.example.org"), Router()]
        for number, router in enumerate(routers):
            router.get("/x", name=str(number))(lambda: "")
        assert self.codes(*routers, hosts=HOSTS) == ["route.E003"]

    def test_one_host_inside_another_is_a_mistake(self):
        outer, inner = Router(host="a.example.org"), Router(host="b.example.org")
        answering(inner, "/", "x")
        outer.include(inner)
        assert self.codes(outer, hosts=HOSTS) == ["route.E017"]

    @pytest.mark.parametrize(
        "host",
        [
            "http://a.example",
            "a.example:80",
            "a.example/x",
            "{a}{b}.example",
            "{a}.{a}.example",
            "a..b",
            "a b",
            "*.a.b",
        ],
    )
    def test_what_is_no_host_is_refused_where_it_stands(self, host):
        with pytest.raises(SennitError) as caught:
            parse_host(host, "here")
        assert caught.value.code == "route.E015"
