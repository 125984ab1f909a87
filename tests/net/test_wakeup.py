"""What a task waits for and goes on inside the read that brings it: both twins, as asyncio's tasks use them."""

import asyncio
import importlib

import pytest

from sennit.net import wakeup as plain

TWINS = [plain.Wakeup]
try:
    TWINS.append(importlib.import_module("sennit.net._wakeup").Wakeup)
except ImportError:
    pass


@pytest.fixture(params=TWINS, ids=lambda twin: twin.__module__.rpartition(".")[2])
def wakeup(request):
    async def make():
        return request.param(asyncio.get_running_loop())

    return make


async def begun(wakeup):
    """A task that waits, and what it has got."""
    got = []

    async def wait():
        try:
            await wakeup
            got.append(wakeup.result())
        except BaseException as error:
            got.append(error)
            raise

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task, got


async def test_the_task_goes_on_before_wake_returns(wakeup):
    waits = await wakeup()
    _, got = await begun(waits)
    asyncio.get_running_loop().call_soon(lambda: (waits.wake("here"), got.append("returned")))
    await asyncio.sleep(0)
    assert got == ["here", "returned"]


async def test_it_goes_on_in_a_later_turn_where_another_task_is_in_a_step(wakeup):
    waits = await wakeup()
    _, got = await begun(waits)
    waits.wake("here")
    assert got == []
    await asyncio.sleep(0)
    assert got == ["here"]


async def test_what_is_done_already_is_no_wait(wakeup):
    waits = await wakeup()
    waits.wake_soon("before")
    await waits
    assert waits.result() == "before"


async def test_a_failure_is_raised_where_it_is_awaited(wakeup):
    waits = await wakeup()
    task, got = await begun(waits)
    error = ValueError("why")
    waits.fail_soon(error)
    with pytest.raises(ValueError, match="why"):
        await task
    assert got == [error]
    assert waits.exception() is error


async def test_the_first_word_counts(wakeup):
    waits = await wakeup()
    waits.wake_soon(1)
    waits.wake_soon(2)
    waits.fail_soon(ValueError())
    assert waits.result() == 1
    assert waits.exception() is None
    assert not waits.cancel()


async def test_cancelling_the_task_ends_the_wait(wakeup):
    waits = await wakeup()
    task, got = await begun(waits)
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waits.cancelled() and waits.done()
    waits.wake("too late")
    assert [type(error) for error in got] == [asyncio.CancelledError]


async def test_there_is_no_result_before_it_is_done(wakeup):
    with pytest.raises(asyncio.InvalidStateError):
        (await wakeup()).result()
