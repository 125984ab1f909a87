"""A connection to the first of several addresses that answers (RFC 8305)."""

import asyncio
import errno
import socket

import pytest

from sennit.net.racing import NoneAnswered, interleaved, open_first

BLACK_HOLE_BACKLOG = 0


@pytest.fixture
def listening():
    """Addresses that answer."""
    sockets = []

    def listen(host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.socket(family)
        server.bind((host, 0))
        server.listen()
        sockets.append(server)
        return (int(family), server.getsockname())

    yield listen
    for each in sockets:
        each.close()


@pytest.fixture
def refusing():
    """An address that refuses: bound, so that nobody else takes it, and not listening."""
    sockets = []

    def bind():
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        sockets.append(bound)
        return (int(socket.AF_INET), bound.getsockname())

    yield bind
    for each in sockets:
        each.close()


@pytest.fixture
def silent():
    """An address that never answers: its queue of connections is full, and the kernel drops what comes."""
    kept = []

    async def fill():
        server = socket.socket()
        server.bind(("127.0.0.1", 0))
        server.listen(BLACK_HOLE_BACKLOG)
        kept.append(server)
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            kept.append(client)
        return (int(socket.AF_INET), server.getsockname())

    yield fill
    for each in kept:
        each.close()


async def test_the_families_take_turns():  # §4
    six = [(int(socket.AF_INET6), (f"2001:db8::{n}", 80, 0, 0)) for n in (1, 2, 3)]
    four = [(int(socket.AF_INET), (f"192.0.2.{n}", 80)) for n in (1, 2)]
    assert interleaved(six + four) == [six[0], four[0], six[1], four[1], six[2]]
    assert interleaved(four + six)[0] == four[0]


async def test_the_first_that_answers_wins(listening):
    first, second = listening(), listening()
    with await open_first([first, second]) as opened:
        assert opened.getpeername() == first[1]
        assert opened.gettimeout() == 0


async def test_one_that_refuses_gives_way_at_once(listening, refusing):
    async with asyncio.timeout(5):
        with await open_first([refusing(), good := listening()], stagger_s=3600) as opened:
            assert opened.getpeername() == good[1]


async def test_one_that_is_silent_gives_way_after_its_stagger(listening, silent):
    """What a network with a broken IPv6 is like."""
    async with asyncio.timeout(5):
        with await open_first([await silent(), good := listening()], stagger_s=0.01) as opened:
            assert opened.getpeername() == good[1]


async def test_when_all_fail_the_error_names_each(refusing):
    addresses = [refusing(), refusing(), refusing()]
    with pytest.raises(NoneAnswered) as caught:
        await open_first(addresses)
    assert caught.value.errno == errno.ECONNREFUSED
    for _, (host, port) in addresses:
        assert f"{host}:{port}: Connection refused" in str(caught.value)
    assert [address for address, _ in caught.value.failures] == addresses


async def test_one_address_alone_raises_its_own_error(refusing):
    with pytest.raises(ConnectionRefusedError):
        await open_first([refusing()])


async def test_a_race_that_is_cancelled_leaves_nothing(silent):
    before = len(asyncio.all_tasks())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await open_first([await silent(), await silent()], stagger_s=0.001)
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before
