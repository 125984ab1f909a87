"""The pytest plugin: `client`, `live` and `db` on the app that the fixture `sennit_app` returns, and `mock_transport` for
programs that ask other servers.

Each test gets a fresh database and real commits. A coroutine test is run here only if it uses one of these fixtures and no
other plugin runs it; under another runner the app starts in that runner's loop, at the first request.
"""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..app import App
from ..errors import SennitError
from .client import Client
from .live import Live
from .mock_transport import MockTransport

NAMES = ("client", "live", "db", "mock_transport")
FIXTURES = frozenset({*NAMES, *(f"sennit_{name}" for name in NAMES)})
_RUNNER = pytest.StashKey[asyncio.Runner]()


def runs_here(item: Any) -> bool:
    """A coroutine test with one of our fixtures that no other plugin has made its own."""
    is_plain = type(item) is pytest.Function and inspect.iscoroutinefunction(item.obj)
    is_claimed = any(item.get_closest_marker(name) for name in ("asyncio", "anyio", "trio"))
    return is_plain and not is_claimed and not FIXTURES.isdisjoint(item.fixturenames)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    runner = pyfuncitem.stash.get(_RUNNER, None)
    if runner is None or not runs_here(pyfuncitem):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    runner.run(pyfuncitem.obj(**arguments))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """The short names yield to those of other plugins."""
    plugins = session.config.pluginmanager
    for name, short in zip(NAMES, (ShortClient, ShortLive, ShortDb, ShortMockTransport), strict=True):
        if not any(hasattr(plugin, name) for plugin in plugins.get_plugins()):
            plugins.register(short(), f"sennit {name}")


@pytest.fixture
def sennit_app() -> App:
    """Override it: return the App to test."""
    raise SennitError(
        code="testing.E001",
        what="there is no fixture `sennit_app` that says which app is tested",
        fix="add to conftest.py or the test file:\n\n@pytest.fixture\ndef sennit_app():\n    return app",
    )


@pytest.fixture
def sennit_runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner | None]:
    """The loop of a coroutine test that is run here."""
    if not runs_here(request.node):
        yield None
        return
    with asyncio.Runner() as runner:
        request.node.stash[_RUNNER] = runner
        yield runner
    del request.node.stash[_RUNNER]


@pytest.fixture
def sennit_client(sennit_runner: asyncio.Runner | None, sennit_app: App, tmp_path: Path) -> Iterator[Client]:
    """A browser without scripts on the running app, on a fresh database."""
    database = f"sqlite:///{tmp_path / 'test.db'}" if sennit_app.arguments["database"] else None
    client = Client(sennit_app, database=database)
    if sennit_runner is None:
        yield client
        _stop_elsewhere(client)
        return
    sennit_runner.run(client.__aenter__())
    yield client
    sennit_runner.run(client.__aexit__())


def _stop_elsewhere(client: Client) -> None:
    """After a test under another runner: in its loop while that is open."""
    loop = client.loop
    if loop is not None and not loop.is_closed():
        loop.run_until_complete(client.__aexit__())


class ShortClient:
    """The fixture `client`: `sennit_client` under its short name."""

    @pytest.fixture
    def client(self, sennit_client: Client) -> Client:
        return sennit_client


@pytest.fixture
def sennit_live(request: pytest.FixtureRequest, sennit_client: Client) -> Iterator[Live]:
    """Browsers with live pages, without sockets and without sleeping."""
    live = Live(sennit_client)
    yield live
    runner = request.node.stash.get(_RUNNER, None)
    if runner is not None:
        runner.run(live.close())
    elif sennit_client.loop is not None and not sennit_client.loop.is_closed():
        sennit_client.loop.run_until_complete(live.close())


class ShortLive:
    """The fixture `live`: `sennit_live` under its short name."""

    @pytest.fixture
    def live(self, sennit_live: Live) -> Live:
        return sennit_live


@pytest.fixture
def sennit_db(request: pytest.FixtureRequest, sennit_client: Client) -> Iterator[Any]:
    """A unit of work on the app's fresh database; `await db.commit()` lets the app see what it did."""
    runner = request.node.stash.get(_RUNNER, None)
    if runner is None:
        raise SennitError(
            code="testing.E002",
            what="the fixture `db` needs a test that this plugin runs",
            where=request.node.nodeid,
            fix="use `async with client.app.database() as db:` in the test instead",
        )
    db = sennit_client.app.database.begin()
    yield db
    runner.run(db.close())


class ShortDb:
    """The fixture `db`: `sennit_db` under its short name."""

    @pytest.fixture
    def db(self, sennit_db: Any) -> Any:
        return sennit_db


@pytest.fixture
def sennit_mock_transport(sennit_runner: asyncio.Runner | None) -> Iterator[MockTransport]:
    """What answers instead of other servers: `Client(transport=mock_transport)`. The test fails at its end if a request met no
    route, even where the program under test has caught the error."""
    mock = MockTransport()
    yield mock
    mock.assert_all_matched()


class ShortMockTransport:
    """The fixture `mock_transport`: `sennit_mock_transport` under its short name."""

    @pytest.fixture
    def mock_transport(self, sennit_mock_transport: MockTransport) -> MockTransport:
        return sennit_mock_transport
