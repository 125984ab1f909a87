"""Two ends of a connection in memory keep the contract of asyncio's transports."""

import asyncio
from typing import Any

import pytest

from sennit.net import Address
from sennit.testing.memory_pipe import READ_BYTES, MemoryTransport


class Told:
    """A protocol that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.said.append("made")

    def data_received(self, data: bytes) -> None:
        self.said.append(data)

    def eof_received(self) -> bool:
        self.said.append("eof")
        return True

    def pause_writing(self) -> None:
        self.said.append("pause")

    def resume_writing(self) -> None:
        self.said.append("resume")

    def connection_lost(self, error: Exception | None) -> None:
        self.said.append(error)

    def take(self) -> list[Any]:
        said, self.said = self.said, []
        return said


class Pair:
    def __init__(self) -> None:
        self.told_a, self.told_b = Told(), Told()
        here, there = Address("127.0.0.1", 50_000), Address("127.0.0.1", 80)
        self.a = MemoryTransport(self.told_a, here, there)
        self.b = MemoryTransport(self.told_b, there, here)
        self.a.join(self.b)
        assert self.told_a.take() == self.told_b.take() == ["made"]


@pytest.fixture
async def pair() -> Pair:
    return Pair()


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_it_is_told_where_it_is(pair: Pair) -> None:
    assert pair.a.get_extra_info("sockname") == pair.b.get_extra_info("peername") == ("127.0.0.1", 50_000)
    assert pair.a.get_extra_info("socket") is None


async def test_what_one_writes_the_other_receives_in_a_later_turn(pair: Pair) -> None:
    pair.a.write(b"one")
    pair.a.writelines([b"two", b"three"])
    pair.a.write(b"")
    assert pair.told_b.said == []
    assert pair.a.get_write_buffer_size() == 11
    await turns()
    assert pair.told_b.take() == [b"one", b"twothree"]
    assert pair.a.get_write_buffer_size() == 0


async def test_large_pieces_come_as_a_socket_would_give_them(pair: Pair) -> None:
    pair.a.set_write_buffer_limits(high=10 * READ_BYTES)
    pair.a.write(bytes(2 * READ_BYTES + 1))
    await turns()
    assert [len(piece) for piece in pair.told_b.take()] == [READ_BYTES, READ_BYTES, 1]


async def test_who_writes_is_paused_while_the_other_does_not_read(pair: Pair) -> None:
    pair.b.pause_reading()
    pair.a.set_write_buffer_limits(high=4)
    assert pair.a.get_write_buffer_limits() == (1, 4)
    pair.a.write(b"12345")
    await turns()
    assert (pair.told_a.take(), pair.told_b.take(), pair.b.is_reading()) == (["pause"], [], False)
    pair.b.resume_reading()
    await turns()
    assert (pair.told_a.take(), pair.told_b.take()) == (["resume"], [b"12345"])


async def test_an_end_comes_behind_what_was_written_and_the_other_way_stays_open(pair: Pair) -> None:
    pair.a.write(b"last")
    pair.a.write_eof()
    pair.a.write(b"dropped")
    await turns()
    assert pair.told_b.take() == [b"last", "eof"]
    pair.b.write(b"answer")
    await turns()
    assert pair.told_a.take() == [b"answer"]


async def test_close_delivers_and_abort_drops(pair: Pair) -> None:
    pair.a.write(b"last")
    pair.a.close()
    pair.a.close()
    assert pair.a.is_closing()
    await turns()
    assert (pair.told_a.take(), pair.told_b.take()) == ([None], [b"last", "eof"])
    other = Pair()
    other.a.write(b"lost")
    other.a.abort()
    await turns()
    assert (other.told_a.take(), other.told_b.take()) == ([None], ["eof"])


async def test_writing_to_one_that_has_gone_resets(pair: Pair) -> None:
    pair.a.abort()
    await turns()
    pair.b.write(b"anybody?")
    await turns()
    eof, error = pair.told_b.take()
    assert (eof, type(error)) == ("eof", ConnectionResetError)
    pair.b.write(b"dropped")
    pair.b.resume_reading()
    await turns()
    assert pair.told_b.take() == []
