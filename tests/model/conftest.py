"""Fixtures of the model strand: a real database in a temporary file, and the changes that its commits told."""

import pytest

from sennit.model import Change, Engine


@pytest.fixture
async def engine(request, tmp_path):
    """A started engine with the tables of the test module's models."""
    from sennit.model import models_of

    engine = Engine("sqlite:///test.db", root=tmp_path)
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
