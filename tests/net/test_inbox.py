"""What waits for the coroutine that receives: taken at once where it is there, woken inside the read where it is not."""

import asyncio
from inspect import isawaitable

import pytest

from sennit.errors import SennitError
from sennit.net import ConnectionClosed
from sennit.net.inbox import FAIR_SHARE, Inbox
from sennit.net.reason import Clean


class Line(Inbox):
    """An inbox whose connection only keeps what it is told."""

    def why_ended(self):
        return ConnectionClosed(Clean())


@pytest.fixture
async def line(dial, listen):
    """An inbox on a real connection, of which nothing is sent but by the test."""
    made = []

    class Kept:
        def __call__(self):
            from sennit import net

            protocol = net.Protocol()
            made.append(protocol)
            return protocol

    listener = await listen(Kept())
    await dial(listener)
    async with asyncio.timeout(5):
        while not (made and hasattr(made[0], "connection")):
            await asyncio.sleep(0)
    line = Line(4, 1000)
    line.connection = made[0].connection
    return line


def put(line, *messages):
    line.put(list(messages), sum(map(len, messages)))


def at_once(awaitable):
    """The value of something that does not suspend."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


class TestReceiving:
    async def test_a_message_that_is_there_is_taken_without_a_wait(self, line):
        put(line, "a", "b")
        assert at_once(line.receive()) == "a"
        assert at_once(line.next()) == "b"
        assert line.waiting == 0

    async def test_whoever_waits_goes_on_before_put_returns(self, line):
        got = []

        async def take():
            got.append(await line.receive())
            got.append(await line.receive())

        task = asyncio.ensure_future(take())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(lambda: (put(line, "a", "b"), got.append("put has returned")))
        await task
        assert got == ["a", "b", "put has returned"]

    async def test_in_the_middle_of_a_task_it_goes_on_in_the_next_turn(self, line):
        task = asyncio.ensure_future(wrapped(line))
        await asyncio.sleep(0)
        put(line, "a")
        assert not task.done()
        assert await task == "a"

    async def test_it_counts_as_a_coroutine(self, line):
        assert isawaitable(line.receive())
        task = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        put(line, "a")
        assert await task == "a"
        put(line, "b")
        assert await asyncio.wait_for(line.receive(), 5) == "b"
        assert await anext(line_iterator(line, "c")) == "c"

    async def test_a_wait_that_is_cancelled_loses_nothing(self, line):
        task = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await task
        put(line, "a")
        assert at_once(line.receive()) == "a"

    async def test_nor_does_one_that_is_cancelled_after_its_message_came(self, line):
        task = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        put(line, "a")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert line.waiting == 1

    async def test_a_time_out_leaves_it_usable(self, line):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await line.receive()
        task = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        put(line, "a")
        assert await task == "a"

    async def test_an_exception_thrown_in_ends_the_wait(self, line):
        receiving = line.receive()
        receiving.send(None)
        with pytest.raises(ZeroDivisionError):
            receiving.throw(ZeroDivisionError("x"))
        second = line.receive()
        second.send(None)
        second.close()
        line.receive().send(None)

    async def test_only_one_may_wait(self, line):
        task = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        with pytest.raises(SennitError) as caught:
            await line.receive()
        assert caught.value.code == "net.E005"
        task.cancel()

    async def test_a_busy_one_lets_others_run(self, line):
        put(line, *"x" * (2 * FAIR_SHARE))
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, "others")
        for _ in range(2 * FAIR_SHARE):
            await line.receive()
        assert turns == ["others"]


class TestTheEnd:
    async def test_what_is_here_is_taken_first_then_it_raises(self, line):
        put(line, "a")
        line.end_input()
        assert await line.receive() == "a"
        for _ in range(2):
            with pytest.raises(ConnectionClosed):
                await line.receive()

    async def test_iteration_stops(self, line):
        put(line, "a")
        line.end_input()
        assert await line.next() == "a"
        with pytest.raises(StopAsyncIteration):
            await line.next()

    async def test_whoever_waits_is_told(self, line):
        task = asyncio.create_task(wrapped(line))
        await asyncio.sleep(0)
        line.end_input()
        with pytest.raises(ConnectionClosed):
            await task

    async def test_draining_stops_iteration_behind_what_is_in_hand(self, line):
        put(line, "a")
        line.begin_draining()
        put(line, "b")
        assert await line.next() == "a"
        with pytest.raises(StopAsyncIteration):
            await line.next()
        assert await line.receive() == "b"


class TestBounds:
    @pytest.mark.parametrize("messages", ["abcde", ["x" * 1001]], ids=["in number", "in bytes"])
    async def test_reading_pauses_above_them_and_goes_on_when_a_quarter_is_left(self, line, messages):
        transport = line.connection._transport
        put(line, *messages)
        assert not transport.is_reading()
        while line.waiting > 1:
            await line.receive()
        assert len(messages) == 1 or transport.is_reading()
        line.drop_input()
        assert transport.is_reading()

    async def test_what_was_taken_is_not_held(self, line):
        put(line, "first")
        for _ in range(100):
            put(line, "next")
            await line.receive()
        assert line.waiting == 1


async def wrapped(line):
    return await line.receive()


class line_iterator:
    def __init__(self, line, message):
        put(line, message)
        self._line = line

    def __aiter__(self):
        return self

    def __anext__(self):
        return self._line.next()
