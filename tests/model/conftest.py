"""Fixtures of the model strand: a real database on each engine, and the changes that its commits told."""

import pytest

from postgresql import PostgreSQL
from sennit.model import Change, Engine


@pytest.fixture(scope="session")
def postgresql_server():
    """A PostgreSQL for the tests of this process."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database_url(request):
    """The URL of an empty database of this test's own. A module about one engine alone has a fixture of this name."""
    if request.param == "sqlite":
        yield "sqlite:///test.db"
    else:
        with request.getfixturevalue("postgresql_server").new_database() as url:
            yield url


@pytest.fixture
async def engine(request, tmp_path, database_url):
    """A started engine with the tables of the test module's models."""
    from sennit.model import models_of

    engine = Engine(database_url, root=tmp_path)
    await engine.start()
    await engine.create_tables(models_of([request.module.__name__]))
    yield engine
    await engine.dispose()


@pytest.fixture
def told(engine) -> list[tuple[Change, ...]]:
    """What each commit told, in order."""
    commits: list[tuple[Change, ...]] = []
    engine.on_commit(commits.append)
    return commits
