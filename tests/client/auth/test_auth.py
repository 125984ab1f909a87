"""Who asks: basic, bearer and a function of the program's (RFC 9110 §11, RFC 7617, RFC 6750)."""

import base64

import pytest

from client.answering import answer
from sennit.client import Basic, Bearer, Client
from sennit.errors import SennitError


@pytest.fixture
async def site(serve_site):
    return await serve_site(lambda asked: answer(200, asked.headers.get("authorization", "nobody")))


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


class TestBasic:
    @pytest.mark.parametrize("auth", [("me", "a:b"), Basic("me", "a:b")])
    async def test_a_pair_or_the_class(self, site, open_client, auth):
        assert (await open_client(site.url, auth=auth).get("/")).text == basic("me:a:b")

    async def test_text_goes_as_utf_8(self, site, open_client):
        assert (await open_client(site.url, auth=("zoë", "ü")).get("/")).text == basic("zoë:ü")

    async def test_from_the_url_which_shows_it_nowhere(self, site, open_client):
        response = await open_client().get(site.url.replace("//", "//me:s%40cret@"))
        assert response.text == basic("me:s@cret")
        assert "cret" not in f"{response.url} {response!r}"

    @pytest.mark.parametrize("pair", [("a:b", "c"), ("a\n", "c"), ("a", "c\0")])
    def test_what_it_cannot_carry_is_refused(self, pair):
        with pytest.raises(SennitError) as caught:
            Client(auth=pair)
        assert caught.value.code == "client.E037"

    async def test_one_request_may_say_otherwise(self, site, open_client):
        client = open_client(site.url, auth=("me", "x"))
        assert (await client.get("/", auth=None)).text == "nobody"
        assert (await client.get("/", auth=Bearer("t"))).text == "Bearer t"
        assert (await client.get("/", headers={"authorization": "Mine"})).text == basic("me:x")

    async def test_r9_the_clients_goes_to_its_base_url_alone(self, site, open_client, serve_site):
        other = await serve_site(lambda asked: answer(200, asked.headers.get("authorization", "nobody")))
        client = open_client(site.url, auth=("me", "x"))
        assert (await client.get(other.url)).text == "nobody"
        assert (await client.get(other.url, auth=("you", "y"))).text == basic("you:y"), (
            "what a request says is for its own URL"
        )


class TestBearer:
    async def test_the_token(self, site, open_client):
        assert (await open_client(site.url, auth=Bearer("abc.def")).get("/")).text == "Bearer abc.def"

    def test_a_line_end_is_refused(self):
        with pytest.raises(SennitError):
            Bearer("a\r\nx: y")


class TestCalled:
    async def test_a_function_signs_the_request(self, site, open_client):
        async def sign(request, response):
            request.headers["authorization"] = f"Sig {request.method} {request.url.path} {request.body_text}"

        client = open_client(site.url, auth=sign)
        assert (await client.post("/a", body=b"b")).text == "Sig POST /a b'b'"
        assert (await client.post("/a", body=b"b", expect_continue=False)).text == "Sig POST /a b'b'"

    async def test_it_may_have_a_401_asked_again(self, serve_site, open_client):
        def handler(asked):
            return answer(200) if asked.headers.get("authorization") == "Bearer new" else answer(401, "old")

        tokens = {"token": "old"}

        def sign(request, response):
            if response is not None:
                tokens["token"] = "new"
            request.headers["authorization"] = f"Bearer {tokens['token']}"
            return response is not None

        site = await serve_site(handler)
        client = open_client(site.url, auth=sign)
        assert (await client.get("/")).status == 200
        assert (await client.get("/")).status == 200
        assert (len(site.asked), site.connections) == (3, 1)

    async def test_without_saying_so_the_401_is_the_answer(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(401))
        assert (await open_client(site.url, auth=lambda request, response: None).get("/")).status == 401
        assert len(site.asked) == 1
