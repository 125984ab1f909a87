"""Echo servers and echo clients in processes of their own: both twins, both loops, one of each in a test worker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from conformance.websocket.processes import EchoClient, EchoServer, Process
from plain_source import COMPILED, SOURCE

KINDS = [(twin, loop) for twin in ("compiled", "plain") for loop in ("asyncio", "uvloop")]
every_kind = pytest.fixture(params=KINDS, ids=["-".join(kind) for kind in KINDS])

P = TypeVar("P", bound=Process)
Starter = Callable[[type[P], tuple[str, str]], P]


@pytest.fixture(scope="session")
def processes(plain: Path) -> Iterator[Starter[Process]]:
    """`processes(EchoServer, (twin, loop))`: started when first asked for."""
    running: dict[tuple[object, ...], Process] = {}

    def started(program: type[Process], kind: tuple[str, str]) -> Process:
        twin, loop = kind
        if (program, kind) not in running:
            running[program, kind] = program(SOURCE if twin == "compiled" else plain, loop)  # type: ignore[call-arg, arg-type]
        return running[program, kind]

    yield started
    for process in running.values():
        process.stop()


@every_kind
def echo_server(request: pytest.FixtureRequest, processes: Starter[EchoServer]) -> EchoServer:
    return processes(EchoServer, can_run(request.param))


@every_kind
def echo_client(request: pytest.FixtureRequest, processes: Starter[EchoClient]) -> EchoClient:
    return processes(EchoClient, can_run(request.param))


def can_run(kind: tuple[str, str]) -> tuple[str, str]:
    twin, loop = kind
    if twin == "compiled" and not COMPILED:
        pytest.skip("the compiled twins are not built: run `make setup`")
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    return kind
