"""Who really asked (RFC 7239, X-Forwarded-*): the pure function as a table, then a server behind a proxy."""

import random

import pytest

from sennit.http import Address
from sennit.net import Networks
from sennit.server.forwarded import Ambiguous, Seen, seen_by_proxies

PROXY = Address("10.0.0.1", 5000)
OWN = Seen(PROXY, "http", "inner:8000")
TRUSTED = Networks(["10.0.0.0/8", "fd00::/8"])


def seen(*lines: tuple[str, str], trusted: Networks = TRUSTED) -> Seen:
    return seen_by_proxies(OWN, [(name.encode(), value.encode("latin-1")) for name, value in lines], trusted)


def test_without_such_fields_the_connection_counts():
    assert seen(("Accept", "*/*"), ("X-Real-IP", "192.0.2.1"), ("X_Forwarded_For", "192.0.2.1")) is OWN


class TestForwarded:  # RFC 7239
    @pytest.mark.parametrize(
        ("value", "client"),
        [
            ("for=192.0.2.60", ("192.0.2.60", 0)),
            ('For="192.0.2.60:4711"', ("192.0.2.60", 4711)),
            ('for="[2001:db8:cafe::17]:4711"', ("2001:db8:cafe::17", 4711)),
            ('for="[2001:DB8::1]"', ("2001:db8::1", 0)),
            ("for=192.0.2.43, for=10.1.1.1", ("192.0.2.43", 0)),
            ("for=198.51.100.1,for=192.0.2.43 , , for=10.1.1.1", ("192.0.2.43", 0)),
            ("for=10.1.1.1, for=10.2.2.2", ("10.1.1.1", 0)),
            ("for=192.0.2.1, for=unknown", ("unknown", 0)),
            ("for=192.0.2.1;by=10.0.0.1, for=_hidden;proto=https", ("_hidden", 0)),
            ('for="::ffff:192.0.2.1"', ("192.0.2.1", 0)),
        ],
        ids=str,
    )
    def test_the_rightmost_who_is_not_trusted_is_the_client(self, value, client):
        assert seen(("forwarded", value)).client == Address(*client)

    def test_scheme_and_host_are_those_of_the_clients_own_element(self):
        value = 'for=192.0.2.1;proto=http;host=evil, for=192.0.2.43;proto=HTTPS;host="Example.org:444", for=10.0.0.9'
        assert seen(("Forwarded", value)) == Seen(Address("192.0.2.43", 0), "https", "example.org:444")

    def test_lines_are_one_list(self):
        assert seen(("Forwarded", "for=192.0.2.43"), ("Forwarded", "for=10.1.1.1")).client.host == "192.0.2.43"

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "for",
            "for=",
            "for=192.0.2.1;for=192.0.2.2",
            'for="192.0.2.1',
            "for=192.0.2.1 proto=https",
            "for=300.1.1.1",
            "for=2001:db8::1",
            'for="[192.0.2.1]"',
            "for=[2001:db8::1]",
            "proto=https",
            "for=192.0.2.1;proto=gopher",
            'for=192.0.2.1;host="a b"',
            'for=192.0.2.1;host="a,b"',
            'for="192.0.2.1"x',
            "for=192.0.2.1, for=a.example",
        ],
        ids=repr,
    )
    def test_what_is_malformed_counts_for_nothing_as_a_whole(self, value):
        assert seen(("Forwarded", value), ("X-Forwarded-Proto", "https")) is OWN

    def test_an_open_quote_of_a_client_does_not_swallow_the_line_of_the_proxy(self):
        assert seen(("Forwarded", 'for="1'), ("Forwarded", "for=192.0.2.1")) is OWN


class TestXForwarded:
    @pytest.mark.parametrize(
        ("value", "client"),
        [
            ("192.0.2.60", ("192.0.2.60", 0)),
            ("192.0.2.60:1234", ("192.0.2.60", 1234)),
            ("2001:db8::1", ("2001:db8::1", 0)),
            ("[2001:db8::1]:99", ("2001:db8::1", 99)),
            ("192.0.2.43, 10.1.1.1,10.2.2.2", ("192.0.2.43", 0)),
            ("1.2.3.4, 192.0.2.43, 10.1.1.1", ("192.0.2.43", 0)),
            ("garbage, <script>, 192.0.2.43", ("192.0.2.43", 0)),
            ("::ffff:192.0.2.43, ::ffff:10.1.1.1", ("192.0.2.43", 0)),
            ("fd00::1", ("fd00::1", 0)),
        ],
        ids=str,
    )
    def test_the_rightmost_who_is_not_trusted_is_the_client(self, value, client):
        assert seen(("X-Forwarded-For", value)).client == Address(*client)

    def test_scheme_and_host_come_along(self):
        lines = (
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "Example.org"),
        )
        assert seen(*lines) == Seen(Address("192.0.2.1", 0), "https", "example.org")

    def test_a_websocket_has_the_scheme_of_its_handshake(self):
        assert seen(("X-Forwarded-Proto", "wss")).scheme == "https"

    def test_one_scheme_for_each_hop_is_read_beside_the_client(self):
        lines = (("X-Forwarded-For", "1.1.1.1, 192.0.2.1, 10.0.0.2"), ("X-Forwarded-Proto", "http, https, http"))
        assert seen(*lines)[:2] == (Address("192.0.2.1", 0), "https")

    @pytest.mark.parametrize("value", ["300.0.0.1", "a.example", "192.0.2.1, x", "[::1", "1.2.3.4:x:y"])
    def test_what_is_malformed_where_it_matters_counts_for_nothing_as_a_whole(self, value):
        assert seen(("X-Forwarded-For", value), ("X-Forwarded-Proto", "https")) is OWN

    @pytest.mark.parametrize("host", ["a b", "a/b", "a@b", "a,b", "[::1", "é"])
    def test_a_host_that_is_none_counts_for_nothing(self, host):
        found = None
        try:
            found = seen(("X-Forwarded-Host", host))
        except Ambiguous:  # "a,b" is a list, and there are no hops that it could belong to
            assert host == "a,b"
        assert found in (OWN, None)


class TestAmbiguity:
    @pytest.mark.parametrize(
        "lines",
        [
            (("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")),
            (("Forwarded", "for=192.0.2.1"), ("X-Forwarded-Proto", "https")),
            (("Forwarded", "for=192.0.2.1;proto=https"), ("X-Forwarded-For", "192.0.2.1")),
            (("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https, http")),
            (("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")),
            (("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "a.example, b.example")),
        ],
        ids=str,
    )
    def test_fields_that_contradict_each_other_are_refused(self, lines):
        with pytest.raises(Ambiguous):
            seen(*lines)

    def test_both_kinds_that_agree_are_taken(self):
        assert seen(("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.1")).client.host == "192.0.2.1"


def test_hostile_values_raise_nothing_else_and_take_linear_time():
    chance = random.Random(3)
    words = ["for=", '"', "\\", ";", ",", " ", "192.0.2.1", "[::1]", "proto=https", "host=a", "=", "unknown", "\t", "é"]
    for _ in range(3000):
        value = "".join(chance.choice(words) for _ in range(chance.randrange(12)))
        for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"):
            try:
                seen((name, value))
            except Ambiguous:
                pass
    for piece in ('for="\\', "for=1.1.1.1,", ",", '"', "a=b;", "10.0.0.1,"):
        seen(("Forwarded", piece * 10_000), ("X-Forwarded-For", "10.0.0.1" * 1000))


class TestServer:
    """What a handler sees; Unix and loopback peers stand for the proxy."""

    FIELDS = "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"

    async def ask(self, serve, dial, trusted, fields, endpoint="tcp:0"):
        def handler(exchange):
            text = f"{exchange.client.host} {exchange.scheme} {exchange.host}"
            exchange.respond(200, (), text.encode())

        running = await serve(handler, endpoint, trusted=trusted)
        client = await dial(running)
        return await client.ask(f"GET / HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n".encode())

    async def test_r8_a_trusted_proxy_is_believed(self, serve, dial):
        answer = await self.ask(serve, dial, ["127.0.0.0/8"], self.FIELDS)
        assert answer.body == b"192.0.2.7 https shop.example"

    async def test_r8_anybody_else_never_is(self, serve, dial):
        for trusted in ([], ["10.0.0.0/8", "unix"]):
            answer = await self.ask(serve, dial, trusted, self.FIELDS + "Forwarded: for=1.1.1.1;proto=https\r\n")
            assert answer.body == b"127.0.0.1 http a.example"

    async def test_r8_a_unix_peer_is_trusted_by_name(self, serve, dial, tmp_path):
        answer = await self.ask(serve, dial, ["unix"], self.FIELDS, f"unix:{tmp_path}/s")
        assert answer.body == b"192.0.2.7 https shop.example"

    async def test_each_request_of_a_connection_is_looked_at_by_itself(self, serve, dial):
        def handler(exchange):
            exchange.respond(200, (), exchange.client.host.encode())

        running = await serve(handler, trusted=["127.0.0.1"])
        client = await dial(running)
        for host in ("192.0.2.1", "192.0.2.2"):
            answer = await client.ask(f"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {host}\r\n\r\n".encode())
            assert answer.body.decode() == host
        assert (await client.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).body == b"127.0.0.1"

    async def test_r4_what_is_ambiguous_is_refused_and_the_connection_closed(self, serve, dial):
        answer = await self.ask(serve, dial, ["127.0.0.1"], self.FIELDS + "Forwarded: for=1.1.1.1\r\n")
        assert answer.status == 400 and answer.closes
        assert b"Forwarded and X-Forwarded-* disagree" in answer.body
