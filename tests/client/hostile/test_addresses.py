"""URLs that lead into one's own network (SSRF), however they are written and whatever their names resolve to."""

import asyncio
import socket

import pytest

from client.hostile.test_answers import failing
from client.wire.scripted import call, read_all
from sennit.client import Client
from sennit.client.address_guard import AddressGuard
from sennit.client.connecting import Connector
from sennit.client.errors import ConnectFailed
from sennit.client.pool import Pool

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",  # the metadata service of most clouds
    "100.100.100.200",  # and of one more
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::",
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo, behind which 127.0.0.1 stands
    "fc00::1",
    "fd00:ec2::254",  # the metadata service over IPv6
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "4000::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_r9_what_is_not_of_the_internet_is_refused(address):
    assert not AddressGuard().lets_through(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is_of_the_internet_is_let_through(address):
    assert AddressGuard().lets_through(address)


def test_a_network_that_is_allowed_is_let_through_and_no_other():
    guard = AddressGuard(["10.20.0.0/16"])
    assert guard.lets_through("10.20.3.4")
    assert guard.lets_through("::ffff:10.20.3.4")
    assert not guard.lets_through("10.21.0.1")


SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "0",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "[::ffff:127.0.0.1]",
    "[::]",
]


@pytest.mark.parametrize("host", SPELLINGS)
async def test_r9_no_spelling_of_this_machine_gets_past_the_guard(hostile, fetch, host):
    """What resolvers make of old spellings is looked at, not the text."""
    server = await hostile(OK)
    error = await failing(fetch(f"http://{host}:{server.port}/", pool_options={"guard": AddressGuard()}))
    assert isinstance(error, ConnectFailed)
    assert server.peers == []


async def test_r9_a_unix_socket_is_refused(hostile, fetch, tmp_path):
    await hostile(OK, path=str(tmp_path / "app.sock"))
    url = f"http+unix://{str(tmp_path / 'app.sock').replace('/', '%2F')}/"
    assert (await failing(fetch(url, pool_options={"guard": AddressGuard()}))).code == "client.E008"
    assert await fetch(url) == b"ok"


def resolving(monkeypatch, *answers):
    """The loop's resolver says each of these in turn, about names; addresses it leaves as they are."""
    left = list(answers)

    async def getaddrinfo(host, port, **options):
        found = [host] if host[:1].isdigit() else left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_r9_a_name_that_changes_its_mind_is_looked_at_again(hostile, monkeypatch):
    """DNS rebinding: allowed when it is looked at first, this machine when a new connection is opened."""
    server = await hostile(OK + b"more than was asked for")  # so the connection is not used again
    resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    connectors = []

    def make_connector(**options):
        connectors.append(Connector(**options))
        return connectors[0]

    pool = Pool(guard=AddressGuard(["127.0.0.1"]), make_connector=make_connector)
    url = f"http://rebinding.example:{server.port}/"
    assert await read_all(await pool.send(call(url))) == b"ok"
    connectors[0].names.forget("rebinding.example", server.port)  # its time has come
    with pytest.raises(ConnectFailed) as caught:
        await pool.send(call(url))
    assert caught.value.code == "client.E008"
    await pool.close()


async def test_r9_of_several_addresses_only_the_allowed_are_tried(hostile, fetch, monkeypatch):
    server = await hostile(OK)
    resolving(monkeypatch, ["10.0.0.1", "127.0.0.1", "169.254.169.254"])
    url = f"http://mixed.example:{server.port}/"
    assert await fetch(url, pool_options={"guard": AddressGuard(["127.0.0.1"])}) == b"ok"


async def test_r9_a_redirect_into_ones_own_network_is_refused(hostile):
    inner = await hostile(OK)
    outer = await hostile(
        f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2:{inner.port}/\r\ncontent-length: 0\r\n\r\n".encode()
    )
    async with Client(guard=AddressGuard(["127.0.0.1"]), follow_redirects=True, proxy=False) as client:
        with pytest.raises(ConnectFailed) as caught:
            await client.get(outer.url)
    assert caught.value.code == "client.E008"
    assert inner.peers == []
