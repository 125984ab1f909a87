"""The bus between workers: what one says all others hear; what is lost is told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from sennit.bus import Relay, UnixBus
from sennit.bus.frame import FAREWELL, GAP, MESSAGE, MOST_FRAME, FrameError, FrameReader, frame, message_frame


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Worker:
    def __init__(self, bus: UnixBus) -> None:
        self.bus = bus
        self.heard: list[tuple[str, bytes]] = []
        self.gaps = 0
        self._grew = asyncio.Event()
        bus.listen(self._message, self._gap)

    def _message(self, subject: str, payload: bytes) -> None:
        self.heard.append((subject, payload))
        self._grew.set()

    def _gap(self) -> None:
        self.gaps += 1
        self._grew.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._grew.clear()
            await self._grew.wait()


@pytest.fixture
async def hire() -> AsyncIterator[Callable[[], "asyncio.Future[Worker]"]]:
    """`await hire()`: a worker on one bus with all others."""
    relay, workers = Relay(), []

    async def hire() -> Worker:
        ours, theirs = socket.socketpair()
        await relay.join(ours)
        worker = Worker(UnixBus(theirs))
        await worker.bus.start()
        workers.append(worker)
        return worker

    yield hire
    for worker in workers:
        await worker.bus.close()
    relay.close()


async def test_a_message_reaches_every_other_worker_in_order_and_not_its_sender(hire):
    a, b, c = [await hire() for _ in range(3)]
    for number in range(100):
        a.bus.publish("rates", str(number).encode())
    expected = [("rates", str(number).encode()) for number in range(100)]
    await b.until(lambda: len(b.heard) == 100)
    await c.until(lambda: len(c.heard) == 100)
    assert b.heard == c.heard == expected
    assert a.heard == []


async def test_a_worker_that_ends_in_good_order_loses_nothing(hire):
    a, b = await hire(), await hire()
    a.bus.publish("last", b"words")
    await a.bus.close()
    await b.until(lambda: b.heard != [])
    assert (b.heard, b.gaps) == ([("last", b"words")], 0)


async def test_a_worker_that_is_killed_leaves_a_gap_with_all_others(hire):
    a, b = await hire(), await hire()
    a.bus._line._transport.abort()
    await b.until(lambda: b.gaps == 1)
    assert b.heard == []


async def test_a_message_that_is_too_long_arrives_as_a_gap(hire):
    a, b = await hire(), await hire()
    a.bus.publish("big", bytes(MOST_FRAME))
    a.bus.publish("small", b"x")
    await b.until(lambda: b.heard != [])
    assert (b.heard, b.gaps) == ([("small", b"x")], 1)


async def test_a_worker_that_does_not_read_costs_bounded_memory_and_is_told_of_its_loss(hire):
    a, b, slow = [await hire() for _ in range(3)]
    slow.bus._line._transport.pause_reading()
    piece = bytes(100_000)
    for number in range(60):
        a.bus.publish("much", piece)
        await b.until(lambda n=number: len(b.heard) == n + 1)
    assert b.gaps == 0
    slow.bus._line._transport.resume_reading()
    await slow.until(lambda: slow.gaps == 1)
    assert len(slow.heard) < 60


async def test_a_worker_whose_supervisor_has_gone_hears_of_a_gap(hire):
    a = await hire()
    a.bus._line._transport.abort()
    await a.until(lambda: a.gaps == 1)
    a.bus.publish("nobody", b"listens")


class TestFrames:
    frames = (frame(MESSAGE, "subject", b"payload"), frame(GAP), frame(MESSAGE, "größe", b""), frame(FAREWELL))
    meant = ((MESSAGE, "subject", b"payload"), (GAP, "", b""), (MESSAGE, "größe", b""), (FAREWELL, "", b""))

    @pytest.mark.parametrize("cut", range(1, len(b"".join(frames))))
    def test_frames_come_whole_wherever_they_are_cut(self, cut):
        octets, reader = b"".join(self.frames), FrameReader()
        assert (*reader.feed(octets[:cut]), *reader.feed(octets[cut:])) == self.meant

    @pytest.mark.parametrize(
        "octets",
        [
            b"\xff\xff\xff\xff\x00\x00",
            b"\x00\x00\x00\x00\x00\x00",
            b"\x00\x00\x00\x02\x00\x01",
            b"\x00\x00\x00\x03\x00\x01\xff",
        ],
        ids=["too long", "too short", "shorter than its subject", "not UTF-8"],
    )
    def test_what_is_no_frame_is_refused(self, octets):
        with pytest.raises(FrameError):
            FrameReader().feed(octets)

    def test_the_longest_message_still_travels(self):
        octets = message_frame("s", bytes(MOST_FRAME - 7))
        assert len(octets) == MOST_FRAME
        assert len(FrameReader().feed(octets)) == 1
        assert message_frame("s", bytes(MOST_FRAME)) == frame(GAP)
