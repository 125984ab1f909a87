"""Redirects, in the order of RFC 9110 §15.4: what is asked again, of whom, and what does not go along."""

import asyncio

import pytest

from client.answering import answer
from client.conftest import in_use
from sennit.client import ClientError, ConnectFailed, Limits, ProtocolFailed, TooManyRedirects
from sennit.client.redirects import next_request, target_of
from sennit.client.request import Request
from sennit.client.timeouts import Timeouts
from sennit.client.url import parse_url


def leading(status, location, **more):
    """A site whose `/` leads elsewhere, and that tells what it was asked everywhere else."""

    def handler(asked):
        if asked.path == "/":
            return answer(status, "gone", location=location, **more)
        return answer(200, f"{asked.method} {asked.target} ".encode() + asked.body)

    return handler


class TestMethod:  # §15.4, and the Fetch standard's table
    @pytest.mark.parametrize(
        ("status", "method", "then"),
        [
            (301, "GET", "GET"), (301, "HEAD", "HEAD"), (301, "POST", "GET"), (301, "PUT", "PUT"), (301, "DELETE", "DELETE"),
            (302, "GET", "GET"), (302, "HEAD", "HEAD"), (302, "POST", "GET"), (302, "PUT", "PUT"), (302, "PATCH", "PATCH"),
            (303, "GET", "GET"), (303, "HEAD", "HEAD"), (303, "POST", "GET"), (303, "PUT", "GET"), (303, "DELETE", "GET"),
            (307, "GET", "GET"), (307, "HEAD", "HEAD"), (307, "POST", "POST"), (307, "PUT", "PUT"), (307, "DELETE", "DELETE"),
            (308, "GET", "GET"), (308, "HEAD", "HEAD"), (308, "POST", "POST"), (308, "PUT", "PUT"), (308, "PATCH", "PATCH"),
        ],
    )  # fmt: skip
    async def test_each_status_says_which_method_comes_next(self, serve_site, open_client, status, method, then):
        site = await serve_site(leading(status, "/there"))
        client = open_client(site.url, follow_redirects=True)
        response = await client.request(method, "/")
        assert (response.status, site.paths) == (200, [f"{method} /", f"{then} /there"])

    async def test_with_another_method_the_body_and_what_describes_it_are_left_behind(self, serve_site, open_client):
        site = await serve_site(leading(303, "/there"))
        client = open_client(site.url, follow_redirects=True)
        await client.post("/", json={"a": 1}, headers={"content-language": "de", "x-kept": "1"})
        there = site.asked[1]
        assert (there.method, there.body) == ("GET", b"")
        assert {"content-type", "content-length", "content-language"} & there.headers.keys() == set()
        assert there.headers["x-kept"] == "1"

    async def test_300_and_304_are_answers(self, serve_site, open_client):
        for status in (300, 304, 305, 306):
            site = await serve_site(leading(status, "/there"))
            assert (await open_client(site.url, follow_redirects=True).get("/")).status == status

    async def test_without_a_location_it_is_an_answer(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(302, "nowhere"))
        response = await open_client(site.url, follow_redirects=True).get("/")
        assert (response.status, response.text) == (302, "nowhere")


class TestBodySentAgain:
    @pytest.mark.parametrize("status", [307, 308])
    async def test_what_can_be_had_again_goes_again(self, serve_site, open_client, tmp_path, status):
        path = tmp_path / "eels.txt"
        path.write_bytes(b"eels")
        site = await serve_site(leading(status, "/there"))
        client = open_client(site.url, follow_redirects=True)
        with path.open("rb") as file:
            file.read(1)
            for body, sent in (
                (b"bytes", b"bytes"),
                (path, b"eels"),
                (file, b"els"),
                (lambda: [b"ma", b"de"], b"made"),
            ):
                response = await client.post("/", body=body)
                assert response.content == b"POST /there " + sent
        multipart = await client.post("/", form={"a": "b"}, files={"f": path})
        assert multipart.content.count(b"eels") == 2  # its content and its name
        assert {asked.method for asked in site.asked} == {"POST"}

    async def test_what_is_gone_is_an_error_that_says_so_and_nothing_more_is_sent(self, serve_site, open_client):
        site = await serve_site(leading(307, "/there"))
        client = open_client(site.url, follow_redirects=True)
        with pytest.raises(ClientError, match="cannot be sent again") as caught:
            await client.post("/", body=iter([b"once"]))
        assert (caught.value.code, caught.value.url) == ("client.E023", f"{site.url}/there")
        assert site.paths == ["POST /"]
        assert in_use() == 0


class TestAnotherOrigin:  # R9
    async def test_r9_what_says_who_asks_stays_with_the_origin_it_is_for(self, serve_site, open_client):
        other = await serve_site(lambda asked: answer(200, "other"))
        site = await serve_site(leading(302, f"{other.url}/there"))
        client = open_client(site.url, follow_redirects=True, auth=("me", "secret"), headers={"x-api-key": "k"})
        await client.get(
            "/", headers={"cookie": "a=b", "proxy-authorization": "x", "x-csrf-token": "t", "accept-language": "de"}
        )
        headers = other.asked[0].headers
        assert headers["accept-language"] == "de"
        assert {"authorization", "cookie", "proxy-authorization", "x-csrf-token", "x-api-key"} & headers.keys() == set()
        assert site.asked[0].headers["authorization"].startswith("Basic ")

    async def test_another_port_is_another_origin_and_the_same_one_is_not(self, serve_site, open_client):
        site = await serve_site(leading(302, "/there"))
        client = open_client(site.url, follow_redirects=True, auth=("me", "secret"))
        await client.get("/", headers={"x-api-key": "k"})
        assert {"authorization", "x-api-key"} <= site.asked[1].headers.keys()

    async def test_a_way_that_comes_back_has_the_clients_credentials_again_but_not_the_requests(
        self, serve_site, open_client
    ):
        other = await serve_site(lambda asked: answer(302, location=f"{site.url}/back"))
        site = await serve_site(leading(302, f"{other.url}/"))
        client = open_client(site.url, follow_redirects=True, auth=("me", "secret"))
        await client.get("/", headers={"x-api-key": "k"})
        assert "authorization" not in other.asked[0].headers
        assert "authorization" in site.asked[1].headers
        assert "x-api-key" not in site.asked[1].headers

    def test_https_to_http_is_refused_and_http_to_https_is_not(self):
        with pytest.raises(ConnectFailed, match="https to http"):
            target_of(parse_url("https://a.example/"), "http://a.example/")
        request = Request("GET", parse_url("http://a.example/"), [(b"authorization", b"x")], Timeouts())
        following = next_request(request, 301, "https://a.example/")
        assert str(following.url) == "https://a.example/"
        assert following.lines == ()  # http and https are two origins: what was sent in the clear is not worth keeping

    async def test_credentials_in_the_location_are_not_used(self, serve_site, open_client):
        other = await serve_site(lambda asked: answer(200))
        site = await serve_site(leading(302, other.url.replace("//", "//me:secret@") + "/there"))
        response = await open_client(site.url, follow_redirects=True).get("/")
        assert "authorization" not in other.asked[0].headers
        assert response.url.user is None


class TestLocation:  # §10.2.2
    @pytest.mark.parametrize(
        ("location", "then"),
        [
            ("/a", "http://h/a"), ("a", "http://h/x/a"), ("../a", "http://h/a"), ("?q=2", "http://h/x/y?q=2"),
            ("//other/a", "http://other/a"), ("", "http://h/x/y?q=1"), ("/a b", "http://h/a%20b"), ("/%C3%BC", "http://h/%C3%BC"),
            ("/ü".encode().decode("latin-1"), "http://h/%C3%BC"), ("/ü", "http://h/%FC"), ("HTTP://H/a", "http://h/a"),
        ],
    )  # fmt: skip
    def test_it_is_read_where_the_answer_stands(self, location, then):
        assert str(target_of(parse_url("http://h/x/y?q=1"), location)) == then

    @pytest.mark.parametrize(("location", "fragment"), [("/a", "here"), ("/a#there", "there"), ("/a#", "here")])
    def test_a_fragment_stays_unless_there_is_a_new_one(self, location, fragment):
        assert target_of(parse_url("http://h/#here"), location).fragment == fragment

    async def test_the_fragment_is_never_sent(self, serve_site, open_client):
        site = await serve_site(leading(302, "/there"))
        response = await open_client(site.url, follow_redirects=True).get("/#here")
        assert str(response.url) == f"{site.url}/there#here"
        assert site.paths == ["GET /", "GET /there"]

    async def test_two_that_differ_are_an_error_and_two_that_are_the_same_are_one(self, serve_site, open_client):
        two = "HTTP/1.1 302 Found\r\nlocation: /a\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n"
        site = await serve_site(lambda asked: two.format("/b").encode() if asked.path == "/" else answer())
        client = open_client(site.url, follow_redirects=True)
        with pytest.raises(ProtocolFailed, match="2 places"):
            await client.get("/")
        site = await serve_site(lambda asked: two.format("/a").encode() if asked.path == "/" else answer())
        assert str((await open_client(site.url, follow_redirects=True).get("/")).url) == f"{site.url}/a"


class TestMany:
    async def test_a_loop_ends_at_the_limit(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(302, location="/"))
        client = open_client(site.url, follow_redirects=True, limits=Limits(redirects=3))
        with pytest.raises(TooManyRedirects, match="more than 3") as caught:
            await client.get("/")
        assert (len(site.asked), caught.value.phase) == (4, "redirect")
        assert in_use() == 0

    async def test_a_place_may_come_again_when_a_cookie_has_changed_it(self, serve_site, open_client):
        def handler(asked):
            return (
                answer(200, "in")
                if "cookie" in asked.headers
                else answer(302, location="/", set_cookie="seen=1; path=/")
            )

        site = await serve_site(handler)
        assert (await open_client(site.url, follow_redirects=True).get("/")).text == "in"

    async def test_history_has_the_answers_that_led_here_with_their_bodies(self, serve_site, open_client):
        def handler(asked):
            number = int(asked.path[1:] or 0)
            return answer(302, f"at {number}", location=f"/{number + 1}") if number < 3 else answer(200, "there")

        site = await serve_site(handler)
        response = await open_client(site.url, follow_redirects=True).get("/0")
        assert [(each.status, each.text, each.url.path) for each in response.history] == [
            (302, "at 0", "/0"), (302, "at 1", "/1"), (302, "at 2", "/2"),
        ]  # fmt: skip
        assert response.history[0].history == ()
        assert site.connections == 1, "each redirect's body was read, so the connection went on"

    async def test_a_redirect_whose_body_has_no_end_costs_its_connection_and_no_more(self, serve_site, open_client):
        async def handler(asked):
            if asked.path == "/there":
                return answer(200, "there")
            await asked.peer.say(b"HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 1000000000\r\n\r\nx")
            await asked.peer.gone()
            return None

        site = await serve_site(handler)
        client = open_client(site.url, follow_redirects=True)
        async with asyncio.timeout(10):
            assert (await client.get("/")).text == "there"
        assert site.connections == 2
        assert in_use() == 0

    async def test_one_request_may_say_otherwise_than_its_client(self, serve_site, open_client):
        site = await serve_site(leading(302, "/there"))
        assert (await open_client(site.url).get("/", follow_redirects=True)).status == 200
        assert (await open_client(site.url, follow_redirects=True).get("/", follow_redirects=False)).status == 302
