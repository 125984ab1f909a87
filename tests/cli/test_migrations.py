"""`sennit db make`, `migrate`, `rollback`, `status`, `sql`: from models to steps, forth and back."""

import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sennit.cli.main import main

HEAD = """
from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID
from sennit import App, Mapped, Model, column
"""
FIRST = """
class Author(Model):
    name: Mapped[str] = column(unique=True)

class Story(Model):
    title: Mapped[str] = column(index=True)
    author_id: Mapped[int] = column(references=Author.id, on_delete="cascade")
"""
SECOND = """
class Author(Model):
    name: Mapped[str] = column(unique=True)
    email: Mapped[str | None] = column(unique=True)

class Story(Model):
    title: Mapped[str]
    hits: Mapped[int] = column(default=3, index=True)
    editor_id: Mapped[int | None] = column(references=Author.id, on_delete="set null")
    author_id: Mapped[int] = column(references=Author.id, on_delete="cascade")

class Tag(Model):
    word: Mapped[str] = column(length=20)
"""


class Project:
    """A folder with a program whose models change."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._monkeypatch = monkeypatch

    def models(self, source):
        (self.folder / "app.py").write_text(f'{HEAD}{source}\napp = App(database="sqlite:///app.db")\n')

    def __call__(self, *words, typed=None):
        sys.modules.pop("app", None)
        return CliRunner().invoke(main, ["db", *words], input=typed)

    def said(self, *words, typed=None):
        result = self(*words, typed=typed)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result.stdout.splitlines()

    def write(self, name, body, before):
        lines = ["from alembic import op", f'revision = "{name}"', f"down_revision = {before!r}", body]
        (self.folder / "migrations").mkdir(exist_ok=True)
        (self.folder / "migrations" / f"{name}.py").write_text("\n".join(lines))

    def sql(self, text):
        connection = sqlite3.connect(self.folder / "app.db")
        connection.execute("PRAGMA foreign_keys = ON")
        rows = connection.execute(text).fetchall()
        connection.commit()
        connection.close()
        return rows

    def schema(self):
        """Columns, indexes and references of each table, whatever the order in which they were made."""
        tables = [
            t for (t,) in self.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'sennit_migration'")
        ]
        pragmas = ("table_xinfo", "index_list", "foreign_key_list")
        found = {t: [sorted(map(repr, (r[1:] for r in self.sql(f"PRAGMA {p}({t})")))) for p in pragmas] for t in tables}
        counting = [t for t, s in self.sql("SELECT name, sql FROM sqlite_master") if s and "AUTOINCREMENT" in s]
        return found, sorted(counting)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield Project(tmp_path, monkeypatch)
    sys.modules.pop("app", None)


def test_the_first_step_makes_the_tables(project):
    project.models(FIRST)
    assert project.said("make")[-1] == "wrote migrations/0001_initial.py; read it, then: sennit db migrate"
    assert project.said("status")[0] == "pending  0001_initial"
    assert project.said("migrate") == ["0001_initial"]
    assert project.said("migrate") == ["nothing to do"]
    assert project.said("make") == ["nothing has changed"]
    assert project.said("status") == ["applied  0001_initial", "the database, the migrations and the models agree"]


def test_forth_and_back_gives_the_same_schema_and_keeps_the_rows(project):
    project.models(FIRST)
    project.said("make")
    project.said("migrate")
    project.sql("INSERT INTO author (name) VALUES ('ann')")
    project.sql("INSERT INTO story (title, author_id) VALUES ('x', 1)")
    before = project.schema()
    project.models(SECOND)
    lines = project.said("make", "-m", "Hits, and tags")
    assert {"create table tag", "add column story.hits", "add column author.email", "drop index ix_story_title"} <= set(
        lines
    )
    assert project.said("migrate") == ["0002_hits_and_tags"]
    assert project.sql("SELECT title, hits, author_id FROM story") == [("x", 3, 1)]
    assert project.said("make") == ["nothing has changed"]
    after = project.schema()
    assert before[1] == ["author", "story"] and after[1] == ["author", "story", "tag"]

    assert project.said("rollback") == ["undo 0002_hits_and_tags"]
    assert project.schema() == before
    assert project.sql("SELECT title, author_id FROM story") == [("x", 1)]
    project.said("migrate")
    assert project.schema() == after


def test_all_kinds_of_columns_are_found_again_as_they_were_written(project):
    project.models("""
class Colour(Enum):
    RED = "red"
class Every(Model, comment="all of them"):
    a: Mapped[datetime]
    b: Mapped[Decimal]
    c: Mapped[Colour]
    d: Mapped[UUID]
    e: Mapped[dict]
    f: Mapped[list[str]]
    g: Mapped[bool] = column(default=True)
    h: Mapped[float]
    i: Mapped[bytes]
    j: Mapped[int] = column(server_default="7")
    k: Mapped[str] = column(encrypted=True)
    l: Mapped[int] = column(computed="j * 2")
    m: Mapped[Decimal] = column(precision=8, scale=2)
""")
    project.said("make")
    project.said("migrate")
    assert project.said("make") == ["nothing has changed"]
    assert "sennit" not in (project.folder / "migrations/0001_initial.py").read_text()


def test_tables_that_were_made_by_themselves_are_taken_over(project):
    project.models(FIRST)
    project("dump")
    project.sql("INSERT INTO author (name) VALUES ('ann')")
    project.said("make")
    assert project.said("migrate") == ["0001_initial: its tables are there already"]
    assert project.sql("SELECT name FROM author") == [("ann",)]


def test_once_there_are_migrations_no_table_is_made_by_itself(project, caplog):
    project.models(FIRST)
    project.said("make")
    project("dump")
    assert "the database is behind by 1 migration: sennit db migrate" in caplog.text
    assert project.sql("SELECT name FROM sqlite_master") == []
    project.said("migrate")
    project.models(SECOND)
    project("dump")
    assert "the models differ from the migrations" in caplog.text and "sennit db make" in caplog.text


def test_a_step_may_change_rows_in_an_async_function(project):
    project.models(FIRST)
    project.said("make")
    project.said("migrate")
    project.sql("INSERT INTO author (name) VALUES ('ann'), ('bob')")
    project.write(
        "0002_louder",
        """
async def upgrade(db):
    for row in await db.all("SELECT id, name FROM author"):
        await db.execute("UPDATE author SET name = :name WHERE id = :id", id=row.id, name=row.name.upper())
""",
        "0001_initial",
    )
    project.said("migrate")
    assert project.sql("SELECT name FROM author ORDER BY id") == [("ANN",), ("BOB",)]
    refused = project("rollback")
    assert refused.exit_code == 1 and "model.E066" in refused.stderr


def test_the_sql_is_printed_and_not_run(project):
    project.models(FIRST)
    project.said("make")
    lines = project.said("sql")
    assert lines[0] == "-- 0001_initial" and any(line.startswith("CREATE TABLE author") for line in lines)
    assert project.sql("SELECT name FROM sqlite_master") == []


def test_what_fails_is_named_with_its_line_and_leaves_nothing(project):
    project.models(FIRST)
    project.said("make")
    project.write(
        "0002_wrong",
        "def upgrade():\n    op.execute('CREATE TABLE half (id)')\n    op.execute('NONSENSE')",
        "0001_initial",
    )
    result = project("migrate")
    assert result.exit_code == 1
    assert "error model.E063" in result.stderr and "0002_wrong.py:6" in result.stderr
    assert "half" not in project.schema()[0]
    assert project.sql("SELECT revision FROM sennit_migration") == [("0001_initial",)]


def test_references_that_a_step_would_break_are_refused(project):
    project.models(FIRST)
    project.said("make")
    project.said("migrate")
    project.sql("INSERT INTO author (name) VALUES ('ann')")
    project.sql("INSERT INTO story (title, author_id) VALUES ('x', 1)")
    project.write("0002_cut", "def upgrade():\n    op.execute('DELETE FROM author')", "0001_initial")
    result = project("migrate")
    assert result.exit_code == 1 and "model.E065" in result.stderr
    assert project.sql("SELECT name FROM author") == [("ann",)]


def test_files_and_databases_that_do_not_fit_each_other_say_so(project):
    project.models(FIRST)
    project.write("0001_a", "def upgrade(): pass", None)
    project.said("migrate")
    project.write("0001_b", "def upgrade(): pass", None)
    assert "model.E061" in project("migrate").stderr
    (project.folder / "migrations/0001_a.py").unlink()
    assert "model.E062" in project("migrate").stderr
    project.write("0002_c", "def upgrade(): pass", "none")
    assert "model.E060" in project("status").stderr
    (project.folder / "migrations/0002_c.py").unlink()
    assert "model.E064" in project("migrate", "7").stderr


def test_a_new_column_without_a_value_for_rows_that_exist_is_refused(project):
    project.models("class Story(Model):\n    title: Mapped[str]\n")
    project.said("make")
    project.models("class Story(Model):\n    title: Mapped[str]\n    must: Mapped[str]\n")
    result = project("make")
    assert result.exit_code == 1 and "model.E020" in result.stderr


def test_of_two_processes_at_once_one_runs_each_step(project):
    project.models(FIRST)
    project.said("make")
    project.write(
        "0002_once", "def upgrade():\n    op.execute(\"INSERT INTO author (name) VALUES ('ann')\")", "0001_initial"
    )
    command = [sys.executable, "-m", "sennit", "db", "migrate"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project.folder) for _ in range(3)]
    said = sorted(
        line for each in running for line in each.communicate(timeout=100)[0].splitlines() if line != "nothing to do"
    )
    assert said == ["0001_initial", "0002_once"] and all(each.returncode == 0 for each in running)
    assert project.sql("SELECT name FROM author") == [("ann",)]


def test_what_cannot_be_migrated_says_so(project, monkeypatch):
    project.models(FIRST)
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    result = project("make")
    assert result.exit_code == 1 and "model.E067" in result.stderr


@pytest.mark.parametrize(("words", "typed"), [(["--rename", "author.name=nick", "--no-input"], None), ([], "y\n")])
def test_a_renamed_column_keeps_its_values_forth_and_back(project, words, typed):
    project.models(FIRST)
    project.said("make")
    project.said("migrate")
    project.sql("INSERT INTO author (name) VALUES ('ann')")
    before = project.schema()
    project.models(FIRST.replace("name:", "nick:"))
    assert any("rename column author.name to nick" in line for line in project.said("make", *words, typed=typed))
    project.said("migrate")
    assert project.sql("SELECT nick FROM author") == [("ann",)]
    assert project.said("make", "--no-input") == ["nothing has changed"]
    project.said("rollback")
    assert project.schema() == before and project.sql("SELECT name FROM author") == [("ann",)]


def test_a_rename_that_did_not_happen_is_refused(project):
    project.models(FIRST)
    result = project("make", "--rename", "author.nome=nick")
    assert result.exit_code == 2 and "author.nome=nick" in result.stderr
    assert not (project.folder / "migrations").exists()
