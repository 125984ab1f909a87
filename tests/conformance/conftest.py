"""Four real server processes: both loops, both twins. Each runs `app.py` and is asked what it really is."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.wire import Conversation, ServerProcess
from plain_source import COMPILED, SOURCE, plain_source

APP = Path(__file__).with_name("app.py")
KINDS = [(twin, loop) for twin in ("compiled", "plain") for loop in ("asyncio", "uvloop")]


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain sources; one copy for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    return plain_source(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def start(plain: Path) -> Iterator[Callable[[str, str], ServerProcess]]:
    """`start(twin, loop)`: the one process of that kind in this worker."""
    running: dict[tuple[str, str], ServerProcess] = {}
    sockets = Path(tempfile.mkdtemp(prefix="sennit-"))  # short: the path of a Unix socket has at most 107 octets

    def start(twin: str, loop: str) -> ServerProcess:
        if (twin, loop) not in running:
            source = SOURCE if twin == "compiled" else plain
            path = str(sockets / f"{twin}-{loop}")
            process = subprocess.Popen(
                [sys.executable, str(APP), loop, path],
                env={"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert process.stdout is not None
            running[twin, loop] = ServerProcess(process, int(process.stdout.readline()), path)
        return running[twin, loop]

    yield start
    for server in running.values():
        server.stop()
    shutil.rmtree(sockets)


@pytest.fixture(params=KINDS, ids=["-".join(kind) for kind in KINDS])
def server(request: pytest.FixtureRequest, start: Callable[[str, str], ServerProcess]) -> ServerProcess:
    twin, loop = request.param
    if twin == "compiled" and not COMPILED:
        pytest.skip("the compiled twins are not built: run `make setup`")
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    return start(twin, loop)


@pytest.fixture
def talk(server: ServerProcess) -> Iterator[Callable[[], Conversation]]:
    """`talk()` opens a connection for a test that says and hears in turns."""
    opened: list[Conversation] = []

    def talk() -> Conversation:
        opened.append(Conversation(server.connect()))
        return opened[-1]

    yield talk
    for conversation in opened:
        conversation.close()
