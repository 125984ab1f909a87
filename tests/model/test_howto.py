"""The pages about models hold: every block of them runs, in order, on a database of its own."""

import ast
import inspect
import re
import sys
from types import CodeType, FunctionType, ModuleType

import pytest

from package_source import ROOT
from sennit.model import models_of

PAGES = ["models", "queries"]


def blocks(page: str) -> list[CodeType]:
    """The code of a page, each block at its own line numbers."""
    path = ROOT / "docs" / "howto" / f"{page}.md"
    text = path.read_text("utf-8")
    found = []
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        source = "\n" * text.count("\n", 0, match.start(1)) + match[1]
        found.append(compile(source, str(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
    return found


@pytest.fixture
def module(request):
    made = ModuleType(f"howto_{request.param}")
    made.__file__ = f"{request.param}.py"
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


@pytest.mark.parametrize(("page", "module"), [(page, page) for page in PAGES], indirect=["module"], ids=PAGES)
async def test_every_block_runs(page, module, engine):
    for block in blocks(page):
        async with engine() as db:
            module.__dict__["db"] = db
            running = FunctionType(block, module.__dict__)()
            if inspect.iscoroutine(running):
                await running
        await engine.create_tables(models_of([module.__name__]))
