"""Sockets that become ready in one turn of the loop: what each is answered leaves whole and in its order, whatever follows it."""

import asyncio
import socket

import pytest

from sennit.net import poller as plain

try:
    from sennit.net._poller import Poller as Compiled
except ImportError:
    Compiled = plain.Poller

POLLERS = [plain.Poller, Compiled] if Compiled is not plain.Poller else [plain.Poller]
LARGE = b"x" * 200_000


class Answering(asyncio.Protocol):
    """Does `answer(transport)` once something comes."""

    def __init__(self, answer):
        self.answer = answer
        self.is_lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.answer(self.transport)

    def connection_lost(self, error):
        self.is_lost.set_result(error)


def writes(transport):
    transport.write(b"one ")
    transport.write(b"two")


def writes_much(transport):
    transport.write(b"one ")
    transport.write(LARGE)


def writes_pieces(transport):
    transport.write(b"one ")
    transport.writelines([b"two ", b"three"])


def writes_and_closes(transport):
    transport.write(b"last words")
    transport.close()


def writes_and_ends(transport):
    transport.write(b"last words")
    transport.write_eof()


def writes_and_asks(transport):
    transport.write(b"one ")
    assert transport.get_write_buffer_size() == 0  # the kernel has taken it


def fails_after_writing(transport):
    transport.write(b"one ")
    raise ZeroDivisionError


CASES = {
    writes: b"one two",
    writes_much: b"one " + LARGE,
    writes_pieces: b"one two three",
    writes_and_closes: b"last words",
    writes_and_ends: b"last words",
    writes_and_asks: b"one ",
}


@pytest.fixture(params=POLLERS, ids=lambda each: each.__module__.rpartition(".")[2])
async def attached(request):
    """`far = attached(answer)`: the other end of a socket whose input is answered so."""
    poller, opened = request.param(), []
    poller.start()

    async def attaching(answer):
        near, far = socket.socketpair()
        near.setblocking(False)
        protocol = Answering(answer)
        poller.attach(protocol, near, lambda: None)
        while not hasattr(protocol, "transport"):
            await asyncio.sleep(0)
        opened.append((protocol, far))
        return far

    yield attaching
    for protocol, far in opened:
        protocol.transport.abort()
        far.close()
        await protocol.is_lost
    poller.close()


async def received(far, size):
    far.setblocking(False)
    got = b""
    while len(got) < size:
        got += await asyncio.get_running_loop().sock_recv(far, 1 << 20)
    return got


async def test_what_many_are_answered_in_one_turn_arrives_whole(attached):
    peers = [(await attached(answer), expected) for _ in range(6) for answer, expected in CASES.items()]
    for far, _ in peers:
        far.send(b"go")
    for far, expected in peers:
        assert await received(far, len(expected)) == expected


async def test_one_that_fails_takes_nothing_of_the_others_with_it(attached):
    peers = [await attached(writes) for _ in range(3)]
    failing = await attached(fails_after_writing)
    reported = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    for far in [peers[0], failing, *peers[1:]]:
        far.send(b"go")
    for far in peers:
        assert await received(far, 7) == b"one two"
    assert isinstance(reported[0]["exception"], ZeroDivisionError)
