"""Every case of Autobahn|Testsuite against the server and against the client: `make autobahn`. A line for each section."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from conformance.websocket.cases import EVERY_CASE, IN_ONE_BREATH, UNDEFINED, Allowed, faults
from conformance.websocket.fuzzing import play_against_client, play_against_server
from conformance.websocket.processes import EchoClient, EchoServer
from plain_source import SOURCE

LONGEST_S = 1200
LOOPS = ("asyncio", "uvloop")


async def play(name: str, run: Callable[[list[str]], Awaitable[list[Any]]], allowed: Allowed) -> int:
    """How many cases are not as they have to be."""
    wrong = 0
    for section, cases in EVERY_CASE.items():
        began = time.monotonic()
        results = await run(cases)
        complaints = faults(results, allowed)
        wrong += len(complaints) + (not results)
        print(
            f"{name}  {section:<24}{len(results):>4} cases  {len(complaints)} wrong  {time.monotonic() - began:6.1f} s",
            flush=True,
        )
        for complaint in complaints:
            print(f"    {complaint}")
    return wrong


async def main() -> int:
    wrong = 0
    for loop in LOOPS:
        with EchoServer(SOURCE, loop) as server:
            url = f"{server.url}/echo"
            wrong += await play(
                f"server, {loop:<8}", lambda cases, url=url: play_against_server(url, cases, timeout_s=LONGEST_S), UNDEFINED  # type: ignore[misc]
            )  # fmt: skip
        with EchoClient(SOURCE, loop) as client:
            wrong += await play(
                f"client, {loop:<8}", lambda cases, run=client.play: play_against_client(run, cases, timeout_s=LONGEST_S), IN_ONE_BREATH  # type: ignore[misc]
            )  # fmt: skip
    return wrong


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main()) else 0)
