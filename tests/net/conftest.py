"""Sockets on both loops, a clock that jumps, listeners that are cut at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvloop

from sennit import net


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class JumpingClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
async def listen(clock: JumpingClock) -> AsyncIterator[Callable[..., Any]]:
    """`await listen(make_protocol, **options)` gives a listener on a free port."""
    opened: list[net.Listener] = []

    async def start(make_protocol: Any, endpoint: str = "tcp:0", **options: Any) -> net.Listener:
        listener = net.Listener(endpoint, make_protocol, clock=clock, **options)
        await listener.start()
        opened.append(listener)
        return listener

    yield start
    for listener in opened:
        await listener.close()


@pytest.fixture
def jump(clock: JumpingClock) -> Callable[[net.Listener, float], None]:
    """`jump(listener, seconds)`: the time has passed, the listener's deadlines are looked at."""

    def jump(listener: net.Listener, seconds: float) -> None:
        clock.now += seconds
        listener.deadlines.sweep()

    return jump


@pytest.fixture
async def dial() -> AsyncIterator[Callable[..., Any]]:
    """`reader, writer = await dial(listener)`"""
    writers: list[asyncio.StreamWriter] = []

    async def connect(listener: net.Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = listener.addresses[0]
        opening = asyncio.open_connection(host, port) if port else asyncio.open_unix_connection(host)
        reader, writer = await opening
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.transport.abort()
