"""Request ids: random, sent with errors, taken over only from peers that are trusted."""

import pytest

from sennit import App, Request, Router, SennitError
from sennit.http.exchange import Address
from sennit.testing import Client
from sennit.testing.memory import MemoryExchange
from sennit.web.request_id import RequestIds


def exchange_from(peer: Address, given: str = "given-1") -> MemoryExchange:
    exchange = MemoryExchange("GET", "/", "", [("x-request-id", given)])
    exchange.client = peer
    return exchange


class TestTrust:
    @pytest.mark.parametrize(
        ("trusted", "peer", "is_taken"),
        [
            ([], Address("127.0.0.1", 1), False),
            (["127.0.0.1"], Address("127.0.0.1", 1), True),
            (["10.0.0.0/8"], Address("10.1.2.3", 1), True),
            (["10.0.0.0/8"], Address("11.1.2.3", 1), False),
            (["10.0.0.0/8"], Address("::ffff:10.1.2.3", 1), True),
            (["fd00::/8"], Address("fd12::1", 1), True),
            (["unix"], Address("/run/app.sock", 0), True),
            (["10.0.0.0/8"], Address("/run/app.sock", 0), False),
        ],
    )
    def test_only_listed_networks_choose_an_id(self, trusted, peer, is_taken):
        assert (RequestIds(trusted).of(exchange_from(peer)) == "given-1") == is_taken

    @pytest.mark.parametrize("given", ["", "a b", "a\x1b[2J", "x" * 129, "a,b", "é"])
    def test_what_does_not_belong_into_a_log_is_not_taken(self, given):  # threat R44
        made = RequestIds(["127.0.0.1"]).of(exchange_from(Address("127.0.0.1", 1), given))
        assert len(made) == 32 and made != given

    def test_what_is_no_network_is_an_error_at_start(self):
        with pytest.raises(SennitError) as caught:
            RequestIds(["example.org"])
        assert caught.value.code == "settings.E011"


class TestSending:
    async def test_an_id_is_128_random_bits_and_always_the_same_for_a_request(self, tmp_path):  # threat R45
        app = App(root=tmp_path)

        @app.get("/")
        async def handler(request: Request):
            return f"{request.id} {request.id}"

        async with Client(app) as client:
            ids = {tuple((await client.get("/")).text.split()) for _ in range(20)}
            assert len(ids) == 20
            assert all(first == second and len(first) == 32 for first, second in ids)
            assert "x-request-id" not in (await client.get("/")).headers

    async def test_a_production_error_has_no_detail_but_the_id(self, tmp_path, caplog):  # threat R37
        app = App(root=tmp_path)

        @app.get("/")
        async def handler():
            raise ZeroDivisionError("the secret of the house")

        async with Client(app) as client:
            page = await client.get("/", headers={"accept": "text/html"})
            made = page.headers["x-request-id"]
            assert page.status == 500 and made in page.text and "secret of the house" not in page.text
            assert made in caplog.text

    @pytest.mark.parametrize("path", ["/nothing", "/in/nothing"])
    async def test_every_error_bears_it(self, tmp_path, path):
        app = App(root=tmp_path)
        app.include(Router("/in"))
        async with Client(app) as client:
            assert len((await client.get(path)).headers["x-request-id"]) == 32

    async def test_every_answer_when_switched_on(self, tmp_path):
        app = App(root=tmp_path, request_id=True)

        @app.get("/")
        async def handler(request: Request):
            return request.id

        async with Client(app) as client:
            page = await client.get("/")
            assert page.headers["x-request-id"] == page.text
