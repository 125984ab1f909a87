"""The closing handshake, begun by either end: the codes and reasons that arrive."""

import asyncio

import pytest

from interop.websocket.meeting import meeting
from sennit.http import WebSocketClosed

CLOSINGS = [
    (1000, ""),
    (1000, "bye"),
    (1001, "going"),
    (1003, ""),
    (1007, ""),
    (1008, "policy"),
    (1009, ""),
    (1011, "zoë"),
    (3000, "registered"),
    (4000, "own"),
    (4999, "x" * 123),
]
each_closing = pytest.mark.parametrize(("code", "reason"), CLOSINGS, ids=lambda value: str(value)[:12])


@each_closing
async def test_what_sennit_says_arrives(library, ours, code, reason):
    async with meeting(library, ours) as (ws, theirs):
        await ws.close(code, reason)
        assert await theirs.closed() == (code, reason)
        assert (ws.is_closed, ws.close_code, ws.close_reason) == (True, code, reason)


@each_closing
async def test_what_the_other_says_arrives(library, ours, code, reason):
    async with meeting(library, ours) as (ws, theirs):
        await theirs.send("last")
        await theirs.close(code, reason)
        assert await ws.recv() == "last"
        with pytest.raises(WebSocketClosed) as caught:
            await ws.recv()
        assert (caught.value.code, caught.value.reason) == (code, reason)
        answer, _ = await theirs.closed()
        assert answer == code or not library.tells_answer


async def test_both_close_at_once(library, ours):
    async with meeting(library, ours) as (ws, theirs):
        await ws.send("last")
        assert await theirs.recv() == "last"
        await asyncio.gather(theirs.close(4001, "theirs"), ws.close(4002, "ours"))
        assert ws.is_closed and ws.close_code in (4001, 4002)


async def test_a_lost_connection_is_1006(library, ours):
    async with meeting(library, ours) as (ws, theirs):
        theirs.abort()
        with pytest.raises(WebSocketClosed) as caught:
            await ws.recv()
        assert caught.value.code == 1006
