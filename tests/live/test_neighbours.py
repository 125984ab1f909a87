"""Several processes, one application: a page follows what commits in another one. Here they are two runtimes on one bus."""

import asyncio
import datetime
import enum
import os
import socket
import uuid

import pytest

from live.todo_program import Todo, build
from sennit.bus import Relay, UnixBus
from sennit.live.change_message import MOST_CHANGES, decode_changes, encode_changes
from sennit.model import Change
from sennit.testing.client import Client
from sennit.testing.live import Live


@pytest.fixture
async def workers(tmp_path):
    """Two, as the tests see pages of each."""
    relay, lives = Relay(), []
    for _ in range(2):
        ours, theirs = socket.socketpair()
        await relay.join(ours)
        app = build(tmp_path)
        client = Client(app)
        client._runtime = app.build(app.settings("test", os.environ, {}), "test", UnixBus(theirs))
        client.loop = asyncio.get_running_loop()
        await client.runtime.start(listen=False)
        lives.append(Live(client))
    yield lives
    for live in lives:
        await live.close()
        await live.client.runtime.stop(drain_s=0)
    relay.close()


async def until(condition, *lives):
    async with asyncio.timeout(20):
        while not condition():
            for live in lives:
                await live.settled()
            await asyncio.sleep(0.005)


async def test_a_commit_in_one_worker_updates_the_page_of_another(workers):
    a, b = workers
    page = await b.open("/")
    async with a.database() as db:
        db.add(Todo(text="milk"))
    await until(lambda: page.texts("li") == ["milk toggle"], b)
    assert page.texts("p") == ["1 left"]


async def test_a_topic_is_touched_everywhere(workers):
    a, b = workers
    await b.open("/")
    a.hub.touch("clock")
    await until(lambda: b.renders > 0, b)


async def test_readers_of_all_workers_are_counted_together(workers):
    a, b = workers
    here, there = await a.open("/readers"), await b.open("/readers")
    await until(lambda: here.texts("p") == there.texts("p") == ["2 readers"], a, b)
    await b.close()
    await until(lambda: here.texts("p") == ["1 readers"], a)


async def test_after_a_loss_everything_is_looked_at_again(workers):
    a, b = workers
    page = await b.open("/")
    a.hub._neighbours._bus.publish("live.changes", bytes(300_000))
    await until(lambda: b.renders > 0, b)
    assert page.texts("p") == ["0 left"]


async def test_what_cannot_be_read_counts_as_a_loss(workers):
    a, b = workers
    await b.open("/")
    a.hub._neighbours._bus.publish("live.changes", b"\xc1nonsense")
    await until(lambda: b.renders > 0, b)


class Colour(enum.Enum):
    RED = "red"


class TestChangeMessages:
    def test_values_whose_equality_counts_arrive_as_they_were(self):
        row = {"a": None, "b": True, "c": -5, "d": "text", "e": uuid.UUID(int=7), "f": datetime.date(2026, 1, 2)}
        change = Change(None, "todo", "update", None, frozenset({"a", "b"}), row, {**row, "c": 6})
        (arrived,) = decode_changes(encode_changes([change]))
        assert arrived == change
        assert [type(value) for value in arrived.old.values()] == [type(value) for value in row.values()]

    @pytest.mark.parametrize(
        "value",
        [Colour.RED, 1.5, 1 << 70, b"x", datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)],
        ids=["enum", "float", "big", "bytes", "time"],
    )
    def test_other_values_count_as_unknown(self, value):
        (arrived,) = decode_changes(encode_changes([Change(None, "todo", "insert", new={"a": value, "b": 1})]))
        assert arrived.new == {"b": 1}

    def test_a_huge_commit_travels_as_its_tables(self):
        changes = [Change(None, f"t{n % 2}", "insert", key=n, new={"id": n}) for n in range(MOST_CHANGES + 1)]
        assert decode_changes(encode_changes(changes)) == [Change(None, "t0", "any"), Change(None, "t1", "any")]

    @pytest.mark.parametrize("octets", [b"", b"\xc1", b"\x91\x01"], ids=["nothing", "nonsense", "no change"])
    def test_what_is_no_list_of_changes_is_refused(self, octets):
        with pytest.raises(ValueError):
            decode_changes(octets)
