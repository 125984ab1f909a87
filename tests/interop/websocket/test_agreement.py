"""What the handshake agrees on: subprotocols, and every parameter of permessage-deflate."""

import asyncio
from itertools import product
from random import Random

import pytest

from interop.websocket.end import Deflate
from interop.websocket.meeting import LIBRARIES, LONGEST_S, OurServer, meet_theirs, meeting

TEXT = " ".join(Random(5).choices(["braid", "strand", "zoë", "編む"], k=4_500))
"""With much in common, and twice as much as the largest window: what refers too far back is seen."""
MESSAGES = (TEXT, "short", TEXT.encode())
BITS = range(9, 16)
TAKEOVERS = pytest.mark.parametrize(
    ("server_forgets", "client_forgets"),
    list(product((False, True), repeat=2)),
    ids=["both keep", "client forgets", "server forgets", "both forget"],
)
with_parameters = pytest.mark.parametrize("name", [name for name in LIBRARIES if LIBRARIES[name].parameters])


@pytest.mark.parametrize(
    ("offered", "known", "agreed"),
    [
        ((), (), None),
        (("a",), ("a",), "a"),
        (("a", "b"), ("b",), "b"),
        (("a", "b"), (), None),
        (
            ("graphql-transport-ws", "v2.sennit!#$%&'*+-.^_`|~"),
            ("v2.sennit!#$%&'*+-.^_`|~",),
            "v2.sennit!#$%&'*+-.^_`|~",
        ),
    ],
    ids=["none", "the one", "the second", "none that is known", "odd names"],
)
async def test_the_subprotocol_is_the_same_at_both_ends(library, ours, offered, known, agreed):
    async with meeting(library, ours, offered=offered, known=known) as (ws, theirs):
        assert (ws.subprotocol, theirs.subprotocol) == (agreed, agreed)
        await ws.send("open")
        assert await theirs.recv() == "open"


@with_parameters
@TAKEOVERS
async def test_whatever_another_client_asks_for(name, server_forgets, client_forgets):
    async with OurServer(()) as server:
        for asked in parameters(server_forgets, client_forgets):
            await talk(server.meet(LIBRARIES[name], deflate=asked))


@with_parameters
@TAKEOVERS
async def test_whatever_another_server_insists_on(name, server_forgets, client_forgets):
    for insisted in parameters(server_forgets, client_forgets):
        wish = Deflate(False, False, 15, 15, least=0)
        await talk(meet_theirs(LIBRARIES[name], deflate=insisted, wish=wish))


@with_parameters
@TAKEOVERS
async def test_whatever_sennit_asks_another_server_for(name, server_forgets, client_forgets):
    for wish in parameters(server_forgets, client_forgets):
        await talk(meet_theirs(LIBRARIES[name], deflate=wish, wish=wish))


@pytest.mark.parametrize("name", ["aiohttp", "tornado"])
async def test_the_window_of_those_that_choose_the_rest_for_a_program(name):
    async with OurServer(()) as server:
        for bits in BITS:
            asked = Deflate(server_max_window_bits=bits, client_max_window_bits=bits)
            await talk(server.meet(LIBRARIES[name], deflate=asked))
            await talk(meet_theirs(LIBRARIES[name], deflate=asked, wish=asked))


def parameters(server_forgets, client_forgets):
    for server_bits, client_bits in product(BITS, repeat=2):
        yield Deflate(server_forgets, client_forgets, server_bits, client_bits)


async def talk(meeting):
    async with asyncio.timeout(LONGEST_S), meeting as (ws, theirs):
        for message in MESSAGES:
            await theirs.send(message)
            assert await ws.recv() == message
            await ws.send(message)
            assert await theirs.recv() == message
