"""Every library on both loops, at either end."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from interop.websocket.end import Library
from interop.websocket.meeting import LIBRARIES, SIDES


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Library:
    return LIBRARIES[request.param]


@pytest.fixture(params=SIDES, ids=["sennit serves", "sennit calls"])
def ours(request: pytest.FixtureRequest) -> str:
    """The side that sennit plays."""
    side: str = request.param
    return side
