"""The client's own surface: what each request carries, what may be said of one, what stands between program and wire."""

import pytest

import sennit
from client.answering import answer
from sennit.client import Client, ClientError, fetch
from sennit.errors import SennitError


@pytest.fixture
async def site(serve_site):
    return await serve_site(lambda asked: answer(200, asked.target))


class TestRequest:
    async def test_what_each_one_carries(self, site, open_client):
        await open_client(site.url).get("/")
        headers = site.asked[0].headers
        assert headers["user-agent"] == f"sennit/{sennit.__version__}"
        assert headers["accept"] == "*/*"
        assert headers["accept-encoding"].startswith("gzip, deflate")
        assert headers["host"] == site.url.removeprefix("http://")

    async def test_the_clients_headers_and_the_requests_which_win(self, site, open_client):
        client = open_client(site.url, headers={"User-Agent": "mine", "X-A": "1"})
        await client.get("/", headers=[("x-a", "2"), ("x-a", "3")])
        lines = [value for name, value in site.asked[0].lines if name == "x-a"]
        assert (site.asked[0].headers["user-agent"], lines) == ("mine", ["2", "3"])

    @pytest.mark.parametrize("name", ["Host", "Content-Length", "transfer-encoding", "Connection"])
    async def test_r9_what_frames_it_is_not_the_programs_to_set(self, site, open_client, name):
        with pytest.raises(SennitError) as caught:
            await open_client(site.url).get("/", headers={name: "x"})
        assert caught.value.code == "client.E021"

    @pytest.mark.parametrize("headers", [{"a\r\nb": "c"}, {"a": "b\r\nc: d"}, {"a": "b\0"}, {"a b": "c"}])
    async def test_r9_nothing_ends_a_line(self, site, open_client, headers):
        with pytest.raises(SennitError):
            await open_client(site.url).get("/", headers=headers)
        assert site.asked == []

    @pytest.mark.parametrize("method", ["GET\r\n", "G T", "", "CONNECT"])
    async def test_r9_nor_does_a_method(self, site, open_client, method):
        with pytest.raises(SennitError) as caught:
            await open_client(site.url).request(method, "/")
        assert caught.value.code == "client.E022"

    async def test_methods_of_ones_own(self, site, open_client):
        client = open_client(site.url)
        await client.request("propfind", "/")
        await client.options("/")
        await client.patch("/")
        await client.delete("/")
        assert [asked.method for asked in site.asked] == ["PROPFIND", "OPTIONS", "PATCH", "DELETE"]

    async def test_an_option_that_there_is_not_says_which_was_meant(self, site, open_client):
        with pytest.raises(SennitError, match="timeout_s") as caught:
            await open_client(site.url).get("/", timeout=5)
        assert caught.value.code == "client.E028"

    async def test_params_come_behind_those_of_the_url(self, site, open_client):
        client = open_client(site.url + "/v1/")
        assert (
            await client.get("a?b=1", params={"c": [2, 3], "d": "ü /&"})
        ).text == "/v1/a?b=1&c=2&c=3&d=%C3%BC+%2F%26"
        assert (await client.get("/a", params="raw=%41&x y")).text == "/a?raw=%41&x%20y"
        assert (await client.get("/a", params={})).text == "/a"

    async def test_one_by_itself(self, site):
        assert (await fetch(f"{site.url}/x")).text == "/x"

    async def test_a_relative_url_needs_a_base(self):
        async with Client() as client:
            with pytest.raises(ClientError) as caught:
                await client.get("/a")
        assert caught.value.code == "client.E020"


class TestMiddleware:
    async def test_the_first_one_stands_outermost_and_sees_the_answer(self, site, open_client):
        seen = []

        def named(name):
            async def layer(request, next):
                seen.append(f"> {name}")
                request.headers[f"x-{name}"] = "1"
                response = await next(request)
                seen.append(f"< {name} {response.status}")
                return response

            return layer

        await open_client(site.url, middleware=[named("a"), named("b")]).get("/")
        assert seen == ["> a", "> b", "< b 200", "< a 200"]
        assert {"x-a", "x-b"} <= site.asked[0].headers.keys()

    async def test_it_may_ask_again_and_read_the_body_for_everybody(self, serve_site, open_client):
        left = [answer(409, "busy")]
        site = await serve_site(lambda asked: left.pop() if left else answer(200, "done"))

        async def until_done(request, next):
            response = await next(request)
            return await next(request) if await response.read() == b"busy" else response

        assert (await open_client(site.url, middleware=[until_done]).post("/", json=1)).text == "done"
        assert [asked.body for asked in site.asked] == [b"1", b"1"]

    async def test_it_stands_outside_redirects_and_authentication(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(302, location="/b") if asked.path == "/a" else answer(200))
        calls = []

        async def count(request, next):
            calls.append((request.url.path, "authorization" in request.headers))
            return await next(request)

        client = open_client(site.url, middleware=[count], follow_redirects=True, auth=("a", "b"))
        await client.get("/a")
        assert calls == [("/a", False)]

    async def test_what_it_raises_comes_out(self, site, open_client):
        async def refuse(request, next):
            raise PermissionError(request.url.path)

        with pytest.raises(PermissionError, match="/a"):
            await open_client(site.url, middleware=[refuse]).get("/a")
        assert site.asked == []
