"""The two sides that play cases: against a server, and against a client that comes for them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from kosoku import FailureError, run_fuzzingclient, run_fuzzingserver

from conformance.websocket.unpacked_echo import take_unpacked_echoes

take_unpacked_echoes()
AT_ONE_TIME = 16
"""Some cases wait for seconds; they wait together."""
BUSY_AT_ONE_TIME = 3
"""Others work for seconds, and each has 60 of them."""


async def play_against_server(
    url: str, cases: Sequence[str], *, at_one_time: int = AT_ONE_TIME, timeout_s: float = 60
) -> list[Any]:
    async with asyncio.timeout(timeout_s):
        return await _results(run_fuzzingclient(url, cases, None, at_one_time))


async def play_against_client(
    run_client: Callable[[str, int], Awaitable[None]],
    cases: Sequence[str],
    *,
    at_one_time: int = AT_ONE_TIME,
    timeout_s: float = 60,
) -> list[Any]:
    """`run_client(url, at_one_time)` asks `url`/getCaseCount, echoes in each `url`/runCase, and ends with `url`/updateReports."""
    async with asyncio.timeout(timeout_s), run_fuzzingserver(cases, None, port=0) as server:
        await run_client(f"ws://{server.address}:{server.port}", at_one_time)
        return await _results(server.get_result())


async def _results(run: Awaitable[list[Any]]) -> list[Any]:
    try:
        return await run
    except FailureError as failure:  # judged by the caller
        return list(failure.results)
