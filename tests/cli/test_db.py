"""`sennit db dump`, `load` and `inspect`, as they are typed."""

import json
import sqlite3
import sys

import pytest
from click.testing import CliRunner

from sennit.cli.main import main

PROGRAM = """
from sennit import App, Mapped, Model

class Todo(Model):
    text: Mapped[str]

app = App(database="sqlite:///elsewhere.db")
"""


@pytest.fixture
def type_in(tmp_path, monkeypatch):
    """Runs a command in a folder with a program; its result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "app", raising=False)
    (tmp_path / "app.py").write_text(PROGRAM)

    def run(*words, database="sqlite:///app.db", standard_input=None):
        monkeypatch.setenv("DATABASE_URL", database)
        sys.modules.pop("app", None)
        return CliRunner().invoke(main, ["db", *words], input=standard_input)

    return run


def texts_in(file):
    connection = sqlite3.connect(file)
    found = [text for (text,) in connection.execute("SELECT text FROM todo ORDER BY id")]
    connection.close()
    return found


def filled(file, *texts):
    connection = sqlite3.connect(file)
    connection.executemany("INSERT INTO todo (text) VALUES (?)", [(text,) for text in texts])
    connection.commit()
    connection.close()


def test_a_database_goes_out_and_into_another_one(type_in, tmp_path):
    type_in("dump")  # makes the tables
    filled(tmp_path / "app.db", "milk", "bread")
    dumped = type_in("dump", "app.py", "-o", "dump.jsonl")
    assert dumped.exit_code == 0 and dumped.stderr == "todo: 2\n"
    lines = [json.loads(line) for line in (tmp_path / "dump.jsonl").read_text().splitlines()]
    assert lines[2:] == [[1, "milk"], [2, "bread"], {"rows": 2}]

    loaded = type_in("load", "dump.jsonl", database="sqlite:///new.db")
    assert (loaded.exit_code, loaded.stderr) == (0, "todo: 2\nloaded 2 rows\n")
    assert texts_in(tmp_path / "new.db") == ["milk", "bread"]


def test_it_goes_through_a_pipe(type_in, tmp_path):
    type_in("dump")
    filled(tmp_path / "app.db", "milk")
    through = type_in("load", "-", database="sqlite:///new.db", standard_input=type_in("dump").stdout_bytes)
    assert through.exit_code == 0
    assert texts_in(tmp_path / "new.db") == ["milk"]


def test_what_cannot_be_loaded_is_said_and_nothing_is(type_in, tmp_path):
    result = type_in("load", "-", standard_input=b"not a dump")
    assert result.exit_code == 1
    assert "error model.E031" in result.stderr and "line 1" in result.stderr
    assert texts_in(tmp_path / "app.db") == []


def test_a_program_without_a_database_says_so(type_in, tmp_path):
    (tmp_path / "app.py").write_text("from sennit import App\napp = App()\n")
    result = type_in("dump", database="")
    assert result.exit_code == 1 and "cli.E003" in result.stderr


def test_models_are_written_for_a_database(type_in, tmp_path):
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute("CREATE TABLE todo (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")
    connection.close()
    result = type_in("inspect", "sqlite:///old.db", "--table", "todo")
    assert result.stdout == "from sennit import Mapped, Model\n\n\nclass Todo(Model):\n    text: Mapped[str]\n"


@pytest.mark.parametrize("words", [["sqlite:///none.db"], ["nonsense"], ["sqlite:///app.db", "--table", "none"]])
def test_a_database_that_cannot_be_inspected_says_so(type_in, tmp_path, words):
    sqlite3.connect(tmp_path / "app.db").close()
    result = type_in("inspect", *words)
    assert result.exit_code == 1 and "model.E032" in result.stderr
    assert not (tmp_path / "none.db").exists()
