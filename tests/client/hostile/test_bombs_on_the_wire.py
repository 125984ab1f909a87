"""A gibibyte in a mebibyte, sent by a server: what the client keeps meanwhile, measured."""

import tracemalloc

import pytest

from client.hostile.test_bombs import BOMBS, MIB, gzip_bomb
from sennit.client import Client
from sennit.client.errors import ProtocolFailed, TooLarge
from sennit.client.limits import Limits
from sennit.client.pool import Pool


def answer(coding: str, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\ncontent-length: %d\r\n\r\n%b" % (
        coding.encode(),
        len(body),
        body,
    )


@pytest.fixture(scope="module")
def bombs():
    made = {}

    def bomb(coding):
        if coding not in made:
            made[coding] = BOMBS[coding]()
        return made[coding]

    return bomb


@pytest.mark.parametrize("coding", BOMBS)
async def test_r9_a_whole_answer_is_stopped_at_the_limit_of_what_it_expands_to(hostile, bombs, coding):
    server = await hostile(answer(coding, bombs(coding)))
    pool = Pool()
    client = Client(transport=pool, limits=Limits(expanded=8 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as caught:
            await client.get(server.url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (caught.value.url, caught.value.phase) == (server.url, "decode")
    assert peak < 32 * MIB
    await client.close()
    assert (pool.open, len(pool.connections)) == (0, 0)


@pytest.mark.parametrize("coding", BOMBS)
async def test_r9_a_streamed_answer_is_stopped_by_its_ratio_and_fills_no_memory(hostile, bombs, coding):
    server = await hostile(answer(coding, bombs(coding)))
    pool = Pool()
    client = Client(transport=pool, limits=Limits(ratio=50))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            async with client.stream("GET", server.url) as response:
                async for _ in response:
                    pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB
    await client.close()
    assert (pool.open, len(pool.connections)) == (0, 0)


async def test_r9_a_coding_that_is_cut_off_is_an_error(hostile):
    server = await hostile(answer("gzip", gzip_bomb()[:1000]))
    async with Client(proxy=False) as client:
        with pytest.raises(ProtocolFailed, match="cut off"):
            await client.get(server.url)
