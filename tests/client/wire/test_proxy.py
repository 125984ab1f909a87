"""Through proxies: which is asked, how it is asked, and who gets to see whose credentials."""

import ssl

import pytest
import trustme

from client.wire.relays import Relay, http, socks
from client.wire.scripted import call, read_all, until
from sennit import net
from sennit.client.address_guard import AddressGuard
from sennit.client.errors import ConnectFailed, TlsFailed
from sennit.client.proxy import Proxies, Proxy
from sennit.client.proxy_exempt import Exempt
from sennit.errors import SennitError

SECRET = (b"authorization", b"Bearer for-the-origin")
WAYS = {"http": http, "https": http, "socks5": socks("me", "pass word"), "socks5h": socks("me", "pass word")}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority, tmp_path):
    """Of the client: believes the authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return net.TLS(ca=str(tmp_path / "ca.pem"))


@pytest.fixture
def certified(authority):
    """A server's context: `certified("localhost")`."""

    def context(name):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(made)
        return made

    return context


@pytest.fixture
async def relay():
    relays = []

    async def start(greet, port, context=None):
        one = Relay(greet, ("127.0.0.1", port))
        relays.append(one)
        await one.start(context)
        return one

    yield start
    for each in relays:
        await each.close()


async def answering(peer):
    while True:
        peer.heard = await peer.answer(b"hello")


def through(scheme, one, user="me:pass%20word@"):
    host = "localhost" if scheme == "https" else "127.0.0.1"
    return Proxies(f"{scheme}://{user}{host}:{one.port}")


class TestAsking:
    @pytest.mark.parametrize("scheme", WAYS)
    async def test_a_server_that_speaks_tls_is_reached_end_to_end(
        self, serve, make_pool, relay, tls, certified, scheme
    ):
        server = await serve(answering, context=certified("origin.example"))
        one = await relay(WAYS[scheme], server.port, certified("localhost") if scheme == "https" else None)
        pool = make_pool(proxies=through(scheme, one), tls=tls)
        for _ in range(2):
            reply = await pool.send(call("https://origin.example/path", lines=[SECRET]))
            assert await read_all(reply) == b"hello"
        assert len(one.asked) == 1, "the way is used again"
        assert "origin.example:443" in one.asked[0]
        assert b"for-the-origin" not in one.heard, "the proxy sees ciphertext alone"
        assert "pass word" not in server.peers[0].heard
        assert "proxy-authorization" not in server.peers[0].heard

    @pytest.mark.parametrize("scheme", WAYS)
    async def test_a_large_answer_comes_through_whole(self, serve, make_pool, relay, tls, certified, scheme):
        body = bytes(range(256)) * 20_000

        async def script(peer):
            await peer.answer(body)

        server = await serve(script, context=certified("origin.example"))
        one = await relay(WAYS[scheme], server.port, certified("localhost") if scheme == "https" else None)
        pool = make_pool(proxies=through(scheme, one), tls=tls)
        assert await read_all(await pool.send(call("https://origin.example/"))) == body

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_clear_text_is_asked_for_in_absolute_form(self, serve, make_pool, relay, tls, certified, scheme):
        """RFC 9112 §3.2.2."""
        server = await serve(answering)
        one = await relay(http, server.port, certified("localhost") if scheme == "https" else None)
        pool = make_pool(proxies=through(scheme, one), tls=tls)
        assert await read_all(await pool.send(call("http://origin.example:81/path?q=1"))) == b"hello"
        assert one.asked[0].startswith("GET http://origin.example:81/path?q=1 HTTP/1.1\r\nhost: origin.example:81\r\n")
        assert "proxy-authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in one.asked[0]

    async def test_a_proxy_without_credentials_is_told_none(self, serve, make_pool, relay):
        server = await serve(answering)
        one = await relay(http, server.port)
        pool = make_pool(proxies=through("http", one, user=""))
        await read_all(await pool.send(call("http://origin.example/")))
        assert "authorization" not in one.asked[0]

    async def test_connect_carries_nothing_of_the_request(self, serve, make_pool, relay, tls, certified):
        server = await serve(answering, context=certified("origin.example"))
        one = await relay(http, server.port)
        pool = make_pool(proxies=through("http", one), tls=tls)
        await read_all(await pool.send(call("https://origin.example/private", lines=[SECRET, (b"cookie", b"a=b")])))
        assert one.asked[0].split("\r\n")[:3] == [
            "CONNECT origin.example:443 HTTP/1.1",
            "host: origin.example:443",
            "proxy-authorization: Basic bWU6cGFzcyB3b3Jk",
        ]
        assert one.asked[0].count("\r\n") == 4

    async def test_a_websocket_in_clear_text_asks_for_a_way(self, serve, make_pool, relay):
        """RFC 6455 §4.1: proxies that read requests do not know what to do with an upgrade."""
        server = await serve(answering)
        one = await relay(http, server.port)
        pool = make_pool(proxies=through("http", one))
        await read_all(await pool.send(call("ws://origin.example/chat")))
        assert one.asked[0].startswith("CONNECT origin.example:80 HTTP/1.1\r\n")

    @pytest.mark.parametrize(
        ("host", "asked"),
        [
            ("origin.example", "origin.example:80"),
            ("192.0.2.1", "c0000201:80"),
            ("[2001:db8::1]", f"20010db8{'0' * 23}1:80"),
        ],
    )
    async def test_socks_is_given_names_as_names_and_addresses_as_addresses(self, serve, make_pool, relay, host, asked):
        """RFC 1928 §5: it resolves names itself."""
        server = await serve(answering)
        one = await relay(socks(), server.port)
        pool = make_pool(proxies=through("socks5", one, user=""))
        assert await read_all(await pool.send(call(f"http://{host}/"))) == b"hello"
        assert one.asked == [asked]

    @pytest.mark.parametrize("greet", [socks("me", "another"), socks("other", "pass word")], ids=["password", "user"])
    async def test_socks_that_lets_us_not_in_says_so(self, serve, make_pool, relay, greet):
        server = await serve(answering)
        one = await relay(greet, server.port)
        pool = make_pool(proxies=through("socks5", one))
        with pytest.raises(ConnectFailed) as caught:
            await pool.send(call("http://origin.example/"))
        assert (caught.value.code, caught.value.phase) == ("client.E009", "proxy")
        assert "pass word" not in str(caught.value)
        assert server.peers == []


class TestTlsToTheProxy:
    async def test_r9_its_certificate_is_checked_before_it_gets_a_word(self, serve, make_pool, relay, tls, certified):
        server = await serve(answering)
        one = await relay(http, server.port, certified("another.example"))
        pool = make_pool(proxies=through("https", one), tls=tls)
        for url in ("http://origin.example/", "https://origin.example/"):
            with pytest.raises(TlsFailed, match="the proxy's certificate is refused") as caught:
                await pool.send(call(url))
            assert caught.value.phase == "proxy"
        assert (one.asked, server.peers) == ([], [])

    async def test_r9_the_servers_certificate_is_checked_behind_it(self, serve, make_pool, relay, tls, certified):
        server = await serve(answering, context=certified("another.example"))
        one = await relay(http, server.port, certified("localhost"))
        pool = make_pool(proxies=through("https", one), tls=tls)
        with pytest.raises(TlsFailed, match="the server's certificate is refused") as caught:
            await pool.send(call("https://origin.example/"))
        assert caught.value.phase == "tls"

    async def test_r9_it_does_not_get_the_clients_certificate(
        self, serve, make_pool, relay, authority, certified, tmp_path
    ):
        """Which says to servers who the program is."""
        shown = []
        context = certified("localhost")
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL

        async def looking(one, reader, writer):
            shown.append(writer.get_extra_info("peercert"))
            return await http(one, reader, writer)

        own = authority.issue_cert("program@example.org")
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
        (tmp_path / "own.pem").chmod(0o600)
        server = await serve(answering)
        one = await relay(looking, server.port, context)
        tls = net.TLS(ca=str(tmp_path / "ca.pem"), cert=str(tmp_path / "own.pem"))
        pool = make_pool(proxies=through("https", one), tls=tls)
        await read_all(await pool.send(call("http://origin.example/")))
        assert not shown[0]

    async def test_one_that_speaks_no_tls_is_told_so(self, serve, make_pool, relay, tls):
        async def clear_text(one, reader, writer):
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        one = await relay(clear_text, 0)
        pool = make_pool(proxies=through("https", one), tls=tls)
        with pytest.raises(TlsFailed, match="the TLS handshake with the proxy failed") as caught:
            await pool.send(call("https://origin.example/"))
        assert (caught.value.phase, "does not speak TLS" in caught.value.fix) == ("proxy", True)


class TestGuard:
    async def test_r9_a_proxy_gets_the_address_that_was_looked_at(self, serve, make_pool, relay):
        """Else it would resolve the name again, to whatever it is by then. In clear text, too, a way is asked for."""
        server = await serve(answering)
        one = await relay(http, server.port)
        pool = make_pool(proxies=through("http", one), guard=AddressGuard(["127.0.0.0/8"]))
        await read_all(await pool.send(call(f"http://localhost:{server.port}/", lines=[])))
        assert one.asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n")
        await until(lambda: hasattr(server.peers[0], "heard"))
        assert f"host: localhost:{server.port}\r\n" in server.peers[0].heard

    @pytest.mark.parametrize("greet", [http, socks()], ids=["http", "socks5"])
    async def test_r9_a_proxy_is_not_asked_for_what_is_private(self, serve, make_pool, relay, greet):
        server = await serve(answering)
        one = await relay(greet, server.port)
        pool = make_pool(proxies=through("http" if greet is http else "socks5", one, user=""), guard=AddressGuard())
        for url in ("http://localhost/", "https://localhost/", "http://169.254.169.254/latest/", "http://[::1]/"):
            with pytest.raises(ConnectFailed) as caught:
                await pool.send(call(url))
            assert caught.value.code == "client.E008"
        assert (one.asked, server.peers) == ([], [])


class TestEnvironment:
    def test_each_scheme_has_its_own_and_the_rest_the_one_for_all(self):
        proxies = Proxies.of_environment(
            {"http_proxy": "one:1", "HTTPS_PROXY": "http://two:2", "ALL_PROXY": "socks5h://three"}
        )
        assert str(proxies.proxy_for("http", "a.example")) == "http://one:1"
        assert str(proxies.proxy_for("ws", "a.example")) == "http://one:1"
        assert str(proxies.proxy_for("https", "a.example")) == "http://two:2"
        assert str(proxies.proxy_for("wss", "a.example")) == "http://two:2"
        only_all = Proxies.of_environment({"all_proxy": "socks5h://three"})
        assert str(only_all.proxy_for("https", "a.example")) == "socks5://three:1080"

    def test_lower_case_goes_before_upper_case(self):
        proxies = Proxies.of_environment({"http_proxy": "lower:1", "HTTP_PROXY": "upper:2"})
        assert str(proxies.proxy_for("http", "a.example")) == "http://lower:1"

    def test_r9_in_cgi_a_header_of_a_request_names_no_proxy(self):
        """The header `Proxy:` comes as HTTP_PROXY there (httpoxy, CVE-2016-5385)."""
        environment = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil.example"}
        assert not Proxies.of_environment(environment)
        assert Proxies.of_environment(environment | {"http_proxy": "http://right.example"})
        assert Proxies.of_environment({"REQUEST_METHOD": "GET", "HTTPS_PROXY": "http://right.example"})

    def test_nothing_there_means_no_proxy(self):
        assert not Proxies.of_environment({})
        assert not Proxies.of_environment({"http_proxy": "", "no_proxy": "*"})

    @pytest.mark.parametrize(
        ("entry", "reached", "proxied"),
        [
            ("*", ["a.example", "10.0.0.1"], []),
            (
                "example.org",
                ["example.org", "www.example.org", "EXAMPLE.org", "example.org."],
                ["badexample.org", "org"],
            ),
            (".example.org", ["www.example.org", "example.org"], ["badexample.org"]),
            ("*.example.org", ["www.example.org"], ["badexample.org"]),
            ("a.example, b.example", ["a.example", "b.example"], ["c.example"]),
            ("a.example b.example", ["a.example", "b.example"], ["c.example"]),
            ("10.0.0.0/8", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.1", "10.example"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.70", "1.192.0.2.7"]),
            ("2001:db8::7", ["2001:db8::7", "2001:DB8:0::7"], ["2001:db8::8"]),
            ("[2001:db8::7]", ["2001:db8::7"], ["2001:db8::8"]),
            ("fd00::/8", ["fd12::1"], ["2001:db8::1"]),
            ("localhost,127.0.0.1,::1", ["localhost", "127.0.0.1", "::1"], ["localhost.example"]),
            ("", [], ["a.example"]),
            (",, ,", [], ["a.example"]),
            ("10.0.0.0/99", [], ["10.0.0.1"]),
        ],
    )
    def test_no_proxy_names_who_is_reached_without(self, entry, reached, proxied):
        exempt = Exempt(entry)
        assert [host for host in reached if not exempt.holds(host, 443)] == []
        assert [host for host in proxied if exempt.holds(host, 443)] == []

    @pytest.mark.parametrize(
        ("entry", "host"),
        [
            ("a.example:8080", "a.example"),
            ("a.example:8080", "b.a.example"),
            ("10.0.0.1:8080", "10.0.0.1"),
            ("[::1]:8080", "::1"),
        ],
    )
    def test_a_port_in_no_proxy_means_that_port(self, entry, host):
        assert Exempt(entry).holds(host, 8080)
        assert not Exempt(entry).holds(host, 443)

    async def test_the_port_of_the_url_is_looked_at(self, serve, make_pool, relay):
        server = await serve(answering)
        one = await relay(http, server.port)
        pool = make_pool(proxies=Proxies(f"http://127.0.0.1:{one.port}", f"127.0.0.1:{server.port}"))
        await read_all(await pool.send(call(server.url)))
        assert one.asked == []


class TestSpelling:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("proxy.example", "http://proxy.example:3128"),
            ("proxy.example:8080", "http://proxy.example:8080"),
            ("http://proxy.example", "http://proxy.example:3128"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("socks5://proxy.example", "socks5://proxy.example:1080"),
            ("socks5h://me:secret@proxy.example:1", "socks5://proxy.example:1"),
        ],
    )
    def test_a_proxy_is_a_url_and_is_shown_without_its_credentials(self, text, shown):
        assert str(Proxy.parse(text)) == shown
        assert "secret" not in repr(Proxy.parse(text))

    @pytest.mark.parametrize(
        "text", ["ftp://me:secret@a", "http://", "http://a:99999", "socks4://a", "http://a:b", "://"]
    )
    def test_anything_else_is_told_without_its_credentials(self, text):
        with pytest.raises(SennitError) as caught:
            Proxy.parse(text)
        assert (caught.value.code, "secret" in str(caught.value)) == ("client.E012", False)
