"""Text and octets of every size, whole and in fragments, packed and not, both ways."""

import asyncio
import os
from random import Random

import pytest

from interop.websocket.end import ANY
from interop.websocket.meeting import LIBRARIES, meeting

WORDS = Random(7).choices(["braid", "strand", "zoë", "πλέκω", "編む", "\N{SPOOL OF THREAD}"], k=40_000)
MESSAGES = (
    "",
    b"",
    "a",
    b"\0",
    "x" * 125,
    b"x" * 126,  # one octet more than the short form of a length
    "zoë \N{SPOOL OF THREAD}",
    os.urandom(65_535),
    b"y" * 65_536,  # and than the middle one
    " ".join(WORDS),
    os.urandom(1_000_000),
    "strand" * 500_000,
)


KINDS = {"plain": None, "packed": ANY}
each_way = pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in LIBRARIES for kind in KINDS if kind == "plain" or LIBRARIES[name].packs]
)
in_fragments = pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "plain") for name in LIBRARIES if LIBRARIES[name].fragments]
    + [("websockets", "packed"), ("wsproto", "packed")],
)


@each_way
async def test_messages_of_every_size_travel_both_ways(name, ours, kind):
    async with meeting(LIBRARIES[name], ours, deflate=KINDS[kind]) as (ws, theirs):
        for message in MESSAGES:
            await theirs.send(message)
            assert await ws.recv() == message
            await ws.send(message)
            assert await theirs.recv() == message


@each_way
async def test_both_ends_send_at_once(name, ours, kind):
    async with meeting(LIBRARIES[name], ours, deflate=KINDS[kind]) as (ws, theirs):

        async def all_of(send):
            for number in range(300):
                await send(f"{number}")
                await send(b"%d" % number * 1000)

        async def comes_to(recv):
            for number in range(300):
                assert await recv() == f"{number}"
                assert await recv() == b"%d" % number * 1000

        await asyncio.gather(all_of(ws.send), all_of(theirs.send), comes_to(ws.recv), comes_to(theirs.recv))


@in_fragments
@pytest.mark.parametrize(
    "pieces", [["zo", "", "ë", "\N{SPOOL OF THREAD}" * 50_000], [b"\xff", b"\0" * 70_000, b""]], ids=["text", "octets"]
)
async def test_a_message_in_fragments_is_one_message(name, ours, kind, pieces):
    async with meeting(LIBRARIES[name], ours, deflate=KINDS[kind]) as (ws, theirs):
        for _ in range(2):
            await theirs.send_fragments(pieces)
            assert await ws.recv() == pieces[0][:0].join(pieces)
            await theirs.send("next")
            assert await ws.recv() == "next"


async def test_pings_are_answered_both_ways(library, ours):
    async with meeting(library, ours) as (ws, theirs):
        for payload in (b"a", b"\xff" * 125):
            assert await theirs.ping(payload) == payload
        assert 0 <= await ws.ping() < 10
        await theirs.send("after it")
        assert await ws.recv() == "after it"
