"""Order of starting and stopping, failures on the way."""

import asyncio

import pytest

from sennit import net


class Noted:
    def __init__(self, name, notes, fails=None, drains=True):
        self.name, self._notes, self._fails, self._drains = name, notes, fails, drains

    def _note(self, what):
        self._notes.append(f"{what} {self.name}")
        if self._fails == what:
            raise RuntimeError(what)

    async def start(self):
        self._note("start")

    def drain(self):
        self._note("drain")

    async def drained(self):
        if not self._drains:
            await asyncio.Event().wait()

    async def close(self):
        self._note("close")


def tree_of(*services):
    tree = net.ServiceTree()
    for service in services:
        tree.add(service)
    return tree


async def test_services_start_in_order_and_stop_in_reverse():
    notes = []
    tree = tree_of(Noted("a", notes), Noted("b", notes))
    await tree.start()
    await tree.stop()
    assert notes == ["start a", "start b", "drain b", "drain a", "close b", "close a"]


async def test_a_failure_to_start_closes_those_that_run_and_goes_on():
    notes = []
    tree = tree_of(Noted("a", notes), Noted("b", notes, fails="start"), Noted("c", notes))
    with pytest.raises(RuntimeError, match="start"):
        await tree.start()
    assert notes == ["start a", "start b", "close a"]


async def test_a_service_that_does_not_drain_is_cut_after_the_drain_time():
    notes = []
    tree = tree_of(Noted("a", notes, drains=False))
    await tree.start()
    await tree.stop(drain_s=0.01)
    assert notes[-1] == "close a"


@pytest.mark.parametrize("fails", ["drain", "close"])
async def test_a_service_that_fails_to_stop_does_not_keep_the_others(fails, caplog):
    notes = []
    tree = tree_of(Noted("a", notes), Noted("b", notes, fails=fails))
    await tree.start()
    await tree.stop()
    assert "close a" in notes
    assert "could not" in caplog.text


async def test_stopping_twice_is_harmless():
    notes = []
    tree = tree_of(Noted("a", notes))
    await tree.start()
    await tree.stop()
    await tree.stop()
    assert notes.count("close a") == 1


async def test_draining_is_asked_for_once_and_those_that_run_are_known():
    notes, tree = [], net.ServiceTree()
    service = Noted("a", notes)
    tree.add(service)
    await tree.start()
    assert tree.running == [service]
    tree.drain()
    await tree.stop()
    assert notes == ["start a", "drain a", "close a"]
    assert tree.running == []
