"""Proxies that lie, stall or break their protocol; their credentials go no further, and the server's do not go to them."""

import pytest

from client.hostile.test_answers import failing
from client.hostile.ways import END, dripping, endless
from sennit.client.errors import ClientError, ConnectFailed, ProtocolFailed, TimedOut, TlsFailed
from sennit.client.proxy import Proxies

TARGET = "https://target.example/"

LIES = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    "403": b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
    "a redirect": b"HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n",
    "no HTTP": b"220 ftp ready\r\n\r\n",
    "a head without an end": endless(b"HTTP/1.1 200 OK\r\n", b"a: " + b"b" * 1000 + b"\r\n"),
    "200 and octets that are no TLS": b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged",
}


def through(server, scheme="http"):
    return {"pool_options": {"proxies": Proxies(f"{scheme}://user:pass-word@127.0.0.1:{server.port}")}}


@pytest.mark.parametrize("answer", LIES.values(), ids=LIES.keys())
async def test_r9_an_answer_to_connect_that_is_no_way_through(hostile, fetch, answer):
    server = await hostile(answer)
    error = await failing(fetch(TARGET, lines=[(b"cookie", b"secret=1")], **through(server)))
    assert isinstance(error, ClientError), error
    assert not isinstance(error, TimedOut)
    assert error.phase in ("proxy", "tls")
    assert "pass-word" not in str(error)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_r9_a_proxy_that_goes(hostile, fetch, scheme, how):
    server = await hostile(b"", getattr(END, how), after_request=scheme == "http")
    error = await failing(fetch(TARGET, **through(server, scheme)))
    assert isinstance(error, (ConnectFailed, ProtocolFailed)), error
    assert error.phase == "proxy"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_r9_a_silent_proxy_ends_with_the_time_out(hostile, fetch, scheme):
    server = await hostile(after_request=False)
    error = await failing(fetch(TARGET, times={"connect_s": 0.2, "total_s": 5}, **through(server, scheme)))
    assert isinstance(error, TimedOut), error
    assert (error.phase, error.kind, error.elapsed_s < 1) == ("proxy", "connect", True)


@pytest.mark.parametrize("how", ["closed", "reset", "held"])
@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"], ids=["nothing", "clear", "alert"]
)
async def test_r9_a_proxy_that_does_not_shake_hands(hostile, fetch, said, how):
    """TLS with the proxy itself comes to nothing: it has not been told what it is wanted for, nor by whom."""
    server = await hostile(said, getattr(END, how), after_request=False)
    error = await failing(fetch(TARGET, times={"connect_s": 0.3, "total_s": 5}, **through(server, "https")))
    assert error.phase == "proxy"
    assert isinstance(error, TimedOut if (how, said) == ("held", b"") else (TlsFailed, ConnectFailed)), error
    assert "pass-word" not in str(error)


async def test_r9_answers_1xx_without_end_to_connect(hostile, fetch):
    server = await hostile(endless(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50))
    error = await failing(fetch(TARGET, **through(server)))
    assert (error.code, error.phase, error.elapsed_s < 2) == ("client.E009", "proxy", True)


async def test_r9_an_answer_to_connect_in_drips_ends_with_the_time_out(hostile, fetch):
    server = await hostile(b"HTTP/1.1 200 OK\r\na: ", dripping(b"b"))
    error = await failing(fetch(TARGET, times={"connect_s": 0.3, "total_s": 5}, **through(server)))
    assert isinstance(error, TimedOut), error
    assert (error.phase, error.kind, error.elapsed_s < 1) == ("proxy", "connect", True)


SOCKS = {
    "another version": b"\x04\x00",
    "no method that is known": b"\x05\xff",
    "a method that was not offered": b"\x05\x01",
    "a password that is refused": b"\x05\x02\x01\x01",
    "a target that is refused": b"\x05\x02\x01\x00\x05\x05\x00\x01\0\0\0\0\0\0",
    "an address of an unknown kind": b"\x05\x02\x01\x00\x05\x00\x00\x09\0\0\0\0\0\0",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("answer", SOCKS.values(), ids=SOCKS)
async def test_r9_a_socks_proxy_that_breaks_its_protocol(hostile, fetch, answer):
    server = await hostile(answer, after_request=False)
    error = await failing(fetch(TARGET, **through(server, "socks5")))
    assert isinstance(error, (ConnectFailed, ProtocolFailed)), error
    assert (error.phase, "pass-word" in str(error)) == ("proxy", False)
