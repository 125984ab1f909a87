"""`sennit routes` and `sennit check` say what answers where, and what may be wrong."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from sennit.cli.main import main

PROGRAM = """
from sennit import App, Controller, Router, get, public

app = App("shop", hosts=["example.org", ".example.org"])
api = Router("/v1", host="api.example.org", name="api", access=public)


@api.get("/things/{id:int}")
async def thing(id: int):
    return {}


class Articles(Controller, path="/articles"):
    @get("/")
    async def index(self):
        return ""


async def old(scope, receive, send): ...


app.mount("/old", old)
app.include(api, Articles)
"""


@pytest.fixture
def program(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """`program(text)` writes a program; a module stays imported, so each test has one of its own name."""
    monkeypatch.setattr(sys, "path", sys.path[:])

    def write(text: str = PROGRAM) -> Path:
        file = tmp_path / f"listed_{request.node.name}.py"
        file.write_text(text)
        return file

    return write


def test_hosts_methods_paths_names_access_and_places_in_columns(program):
    file = program()
    result = CliRunner().invoke(main, ["routes", str(file)])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    (thing,) = [line for line in lines if "things" in line]
    words = ["api.example.org", "GET", "/v1/things/{id:int}", "api.thing", "public", f"{file.name}:8", "thing"]
    assert thing.split() == words
    (index,) = [line for line in lines if "/articles/" in line]
    assert index.startswith("any host ") and index.endswith(f"{file.name}:14 Articles.index")
    assert index.index("/articles/") == thing.index("/v1/"), "the columns stand below each other"
    assert next(line.split()[2:4] for line in lines if "/old" in line) == ["any", "/old/…"]


def test_without_hosts_there_is_no_column_of_hosts(program):
    file = program(PROGRAM.replace(', host="api.example.org"', ""))
    result = CliRunner().invoke(main, ["routes", str(file)])
    assert "any host" not in result.output


def test_as_json(program):
    result = CliRunner().invoke(main, ["routes", str(program()), "--json"])
    (thing,) = [row for row in json.loads(result.output) if row["name"] == "api.thing"]
    assert thing["host"] == "api.example.org" and thing["access"] == "public" and thing["path"] == "/v1/things/{id:int}"


def test_check_warns_and_still_succeeds(program):
    file = program(PROGRAM + '\n@app.get("/a/{x}")\nasync def unused():\n    return ""\n')
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 0
    assert "route.E020" in result.output and "no mistakes found" in result.output


def test_check_shows_every_mistake_with_both_places(program):
    twice = '\n@app.get("/b/{x}")\nasync def one(x: str): ...\n\n@app.get("/b/{y}")\nasync def two(y: str): ...\n'
    file = program(PROGRAM + twice)
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 1
    assert "route.E003" in result.output
    assert result.output.count(f"{file.name}:") == 2
