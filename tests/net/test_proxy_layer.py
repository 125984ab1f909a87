"""Listeners behind a proxy that speaks the PROXY protocol."""

import asyncio
import logging

import pytest

from sennit import net
from sennit.errors import SennitError

LINE = b"PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n"
ENDPOINT = "tcp:0:proxy=1"


class Who(net.Protocol[bytes, bytes]):
    """Answers who it thinks the peer is, and what it said."""

    def received(self, messages):
        self.connection.write(f"{self.connection.peer} ".encode() + b"".join(messages))


@pytest.fixture
def behind(listen):
    async def start(protocol=Who, endpoint=ENDPOINT, trusted=("127.0.0.0/8",), **options):
        return await listen(protocol, endpoint, trusted=trusted, **options)

    return start


@pytest.mark.parametrize("step", [1, 5, 1000])
async def test_the_client_is_whom_the_proxy_names(behind, dial, step):
    listener = await behind()
    reader, writer = await dial(listener)
    whole = LINE + b"hello"
    for at in range(0, len(whole), step):
        writer.write(whole[at : at + step])
        await writer.drain()
        for _ in range(4):
            await asyncio.sleep(0)
    said = await reader.readuntil(b"h")
    assert said == b"192.0.2.1:56324 h"
    (connection,) = listener.connections
    assert connection.peer == net.Address("192.0.2.1", 56324)


async def test_a_health_check_of_the_proxy_keeps_its_own_address(behind, dial):
    listener = await behind()
    reader, writer = await dial(listener)
    writer.write(b"PROXY UNKNOWN\r\nhello")
    assert (await reader.readuntil(b"hello")).startswith(b"127.0.0.1:")


async def test_a_unix_peer_is_a_proxy_when_it_is_trusted(behind, dial, tmp_path):
    listener = await behind(endpoint=f"unix:{tmp_path}/s:proxy=1", trusted=("unix",))
    reader, writer = await dial(listener)
    writer.write(LINE + b"hello")
    assert await reader.readuntil(b"hello") == b"192.0.2.1:56324 hello"


async def test_r8_a_header_is_not_taken_from_a_peer_that_is_not_trusted(behind, dial):
    listener = await behind(trusted=("10.0.0.0/8",))
    reader, writer = await dial(listener)
    writer.write(LINE + b"hello")
    with pytest.raises(ConnectionError):
        if await reader.read() == b"":
            raise ConnectionResetError
    assert not listener.connections and listener._open == 0


async def test_r8_a_connection_without_a_header_is_refused_in_one_line(behind, dial, caplog, until):
    caplog.set_level(logging.INFO, "sennit.net")
    listener = await behind()
    reader, writer = await dial(listener)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ConnectionError):
        if await reader.read() == b"":
            raise ConnectionResetError
    await until(lambda: listener._open == 0)
    (record,) = caplog.records
    assert record.levelno == logging.INFO and record.exc_info is None
    assert "does not begin with a PROXY header" in record.getMessage()


async def test_r15_a_header_that_does_not_come_is_not_waited_for(behind, dial, jump, until):
    listener = await behind()
    silent, _ = await dial(listener)
    drip, writer = await dial(listener)
    writer.write(b"PROXY TCP4 ")
    await until(lambda: len(listener._arriving) == 2)
    jump(listener, 11)
    for reader in (silent, drip):
        with pytest.raises(ConnectionError):
            if await reader.read() == b"":
                raise ConnectionResetError
    await until(lambda: listener._open == 0)


async def test_the_limit_for_one_address_counts_clients_and_not_the_proxy(behind, dial):
    listener = await behind(limits=net.Limits(per_ip=2))
    readers = []
    for _ in range(3):
        reader, writer = await dial(listener)
        writer.write(LINE + b"x")
        readers.append(reader)
        if len(readers) < 3:
            assert await reader.readuntil(b"x") == b"192.0.2.1:56324 x"
    with pytest.raises(ConnectionError):
        if await readers[2].read() == b"":
            raise ConnectionResetError
    other, writer = await dial(listener)
    writer.write(LINE.replace(b"192.0.2.1", b"192.0.2.2") + b"x")
    assert await other.readuntil(b"x") == b"192.0.2.2:56324 x"
    assert (listener._open, dict(listener._by_host)) == (3, {"192.0.2.1": 2, "192.0.2.2": 1})


async def test_the_limit_for_one_address_does_not_bind_a_trusted_proxy(listen, dial, monkeypatch):
    monkeypatch.setattr(net.Address, "is_near", False)
    listener = await listen(Who, trusted=["127.0.0.1"], limits=net.Limits(per_ip=1))
    for _ in range(3):
        reader, writer = await dial(listener)
        writer.write(b"x")
        assert (await reader.readuntil(b"x")).endswith(b"x")


async def test_counts_are_right_when_everybody_has_gone(behind, dial, until):
    listener = await behind()
    for end in (LINE + b"x", LINE, LINE[:9], b"", b"wrong"):
        _, writer = await dial(listener)
        writer.write(end)
        await writer.drain()
        writer.close()
    await until(lambda: listener._open == 0 and not listener._arriving)
    assert not listener._by_host


async def test_without_trusted_networks_it_does_not_start(behind):
    with pytest.raises(SennitError) as caught:
        await behind(trusted=())
    assert caught.value.code == "net.E028"


@pytest.fixture
def until():
    async def until(condition):
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0)

    return until
