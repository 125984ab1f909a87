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

SOURCE = Path(__file__).parents[2] / "src"
APP = Path(__file__).with_name("app.py")
KINDS = [(twin, loop) for twin in ("compiled", "plain") for loop in ("asyncio", "uvloop")]


@pytest.fixture(scope="session")
def plain_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources without compiled modules; one for all workers of a run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    place = shared / "plain-source"
    if not place.exists():
        # Made aside and renamed: another worker sees all of it or nothing.
        aside = Path(tempfile.mkdtemp(dir=shared))
        shutil.copytree(SOURCE / "sennit", aside / "sennit", ignore=_left_out)
        try:
            aside.rename(place)
        except OSError:
            shutil.rmtree(aside)  # another worker was first
    return place


def _left_out(folder: str, names: list[str]) -> set[str]:
    kept_out = (".so", ".pyd", ".c", ".pyx", ".pxd", ".css", ".js")
    return {name for name in names if name.endswith(kept_out) or name in ("__pycache__", "vendor")}


@pytest.fixture(scope="session")
def start(plain_source: Path) -> Iterator[Callable[[str, str], ServerProcess]]:
    """`start(twin, loop)`: the one process of that kind in this worker."""
    running: dict[tuple[str, str], ServerProcess] = {}
    sockets = Path(tempfile.mkdtemp(prefix="sennit-"))  # short: the path of a Unix socket has at most 107 octets

    def start(twin: str, loop: str) -> ServerProcess:
        if (twin, loop) not in running:
            source = SOURCE if twin == "compiled" else plain_source
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
    if twin == "compiled" and not list(SOURCE.rglob("*.so")) and not list(SOURCE.rglob("*.pyd")):
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
