"""`sennit db make`, `migrate`, `rollback`, `status`, `sql`: the commands over the `migrations` folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import click

from ..app.runtime import needs
from ..errors import SennitError
from .failing import mistakes_shown
from .target import load_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Table

    from ..model.migrations.folder import Folder

_TARGET = click.argument("revision", required=False)
_APP = click.option("--app", "target", metavar="TARGET", help="The program. Default: app.py.")


class Program(NamedTuple):
    """What a command works on."""

    connection: "Connection"
    tables: "Mapping[str, Table]"
    folder: "Folder"


@click.command()
@_APP
@click.option("--message", "-m", help="What the step does, in a few words; names the file.")
@click.option("--rename", "renames", multiple=True, metavar="TABLE.OLD=NEW", help="A renamed column. May be repeated.")
@click.option("--no-input", is_flag=True, help="Do not ask: what --rename does not name is no rename.")
def make(target: str | None, message: str | None, renames: tuple[str, ...], no_input: bool) -> None:
    """Write the step from the migrations to the models as a new file in `migrations/`."""
    from ..model.migrations.difference import difference
    from ..model.migrations.written import write

    with mistakes_shown(), opened(target) as program:
        migrations = program.folder.migrations()
        found = difference(migrations, program.tables, _answers(renames, may_ask=not no_input))
        _refuse_unfound(renames, found.lines)
        if not found.lines:
            click.echo("nothing has changed")
            return
        for line in found.lines:
            click.echo(line)
        file = write(program.folder, migrations, message or ("change" if migrations else "initial"), found)
        click.echo(f"wrote {_shown(str(file))}; read it, then: sennit db migrate")


@click.command()
@_TARGET
@_APP
def migrate(revision: str | None, target: str | None) -> None:
    """Run the migrations that the database has not had, up to REVISION (a number or a name)."""
    from ..model.migrations.folder import position
    from ..model.migrations.steps import migrate as run

    with mistakes_shown(), opened(target) as program:
        migrations = program.folder.migrations()
        wanted = position(migrations, revision) + 1 if revision else len(migrations)
        if not run(program.connection, migrations, wanted, click.echo):
            click.echo("nothing to do")


@click.command()
@_TARGET
@_APP
def rollback(revision: str | None, target: str | None) -> None:
    """Undo the last migration, or all after REVISION (a number or a name; `0`: all)."""
    from ..model.migrations import record
    from ..model.migrations.folder import position
    from ..model.migrations.steps import rollback as run

    with mistakes_shown(), opened(target) as program:
        migrations = program.folder.migrations()
        if revision is None:
            had = record.applied(program.connection)
            keep = max((i for i, each in enumerate(migrations) if each.revision in had), default=0)
        else:
            keep = 0 if revision == "0" else position(migrations, revision) + 1
        if not run(program.connection, migrations, keep, click.echo):
            click.echo("nothing to do")


@click.command()
@_APP
def status(target: str | None) -> None:
    """Say which migrations the database has had, which it has not, and what no migration says of the models."""
    from ..model.migrations import record
    from ..model.migrations.difference import difference

    with mistakes_shown(), opened(target) as program:
        migrations = program.folder.migrations()
        had = record.applied(program.connection)
        record.refuse_ahead(had, migrations)
        for each in migrations:
            click.echo(f"{'applied' if each.revision in had else 'pending'}  {each.revision}")
        lines = difference(migrations, program.tables).lines
        for line in lines:
            click.echo(f"no migration: {line}")
        click.echo(_what_to_do(len(migrations) - len(had), len(lines)))


@click.command()
@_APP
def sql(target: str | None) -> None:
    """Print the SQL of the migrations that the database has not had, and run none of it."""
    from ..model.migrations import record
    from ..model.migrations.script import script

    with mistakes_shown(), opened(target) as program:
        migrations = program.folder.migrations()
        for line in script(migrations, record.pending(program.connection, migrations)):
            click.echo(line)


COMMANDS = (make, migrate, rollback, status, sql)


def _what_to_do(pending: int, changes: int) -> str:
    words = [*(["sennit db make"] if changes else []), *(["sennit db migrate"] if pending else [])]
    return f"next: {', then '.join(words)}" if words else "the database, the migrations and the models agree"


def _answers(renames: tuple[str, ...], *, may_ask: bool) -> "Callable[[str, str, str], bool]":
    def is_rename(table: str, old: str, new: str) -> bool:
        if f"{table}.{old}={new}" in renames:
            return True
        return may_ask and click.confirm(f"was the column {table}.{old} renamed to {new}?")

    return is_rename


def _refuse_unfound(renames: tuple[str, ...], lines: list[str]) -> None:
    for each in renames:
        if f"rename column {each.replace('=', ' to ')}" not in lines:
            raise click.BadParameter(f"{each!r}: no column of that type went and came", param_hint="--rename")


def _shown(path: str) -> str:
    return os.path.relpath(path)


@contextmanager
def opened(target: str | None) -> Iterator[Program]:
    """The app's database, tables and folder. Nothing of the app itself starts, and no table is made."""
    app = load_app(target)
    runtime = app.build(app.settings("run", os.environ), "run")
    if runtime.settings.database is None:
        raise SennitError(
            code="cli.E003",
            what=f"{target or 'app.py'} has no database",
            where="sennit db",
            fix='say where it is: App(database="sqlite:///app.db"), or DATABASE_URL in the environment',
        )
    needs("alembic", "db", "sennit db")
    from ..model import use_secrets
    from ..model.migrations.connecting import connected, location_of
    from ..model.migrations.folder import Folder
    from ..model.tables import tables_of

    use_secrets(runtime.models(), runtime.settings.secrets)
    with connected(location_of(runtime.settings.database, app.root)) as connection:
        yield Program(connection, tables_of(runtime.models()), Folder(app.root / "migrations"))
