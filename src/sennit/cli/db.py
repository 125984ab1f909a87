"""`sennit db`: what is in the database, out of it, into it, and as models; the steps of its tables."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING

import click

from ..errors import SennitError
from .failing import mistakes_shown
from .migrating import COMMANDS
from .target import load_app

if TYPE_CHECKING:
    from ..model import Engine


@click.group()
def db() -> None:
    """The database: migrations, dump, load, inspect."""


for command in COMMANDS:
    db.add_command(command)


@db.command()
@click.argument("target", required=False)
@click.option("--output", "-o", type=click.File("wb", lazy=True), default="-", help="A file. Default: standard output.")
def dump(target: str | None, output: IO[bytes]) -> None:
    """Write every row of TARGET's database as lines of JSON, as of one moment, the same for every engine.

    Private columns are in it in the clear.
    """
    with mistakes_shown():
        asyncio.run(_dump(target, output))


@db.command()
@click.argument("file", type=click.File("rb"))
@click.argument("target", required=False)
def load(file: IO[bytes], target: str | None) -> None:
    """Put the rows of FILE, `-` for standard input, into the empty tables of TARGET's database: all or none."""
    with mistakes_shown():
        count = asyncio.run(_load(target, file))
    click.echo(f"loaded {count:,} rows", err=True)


@db.command()
@click.argument("url")
@click.option("--table", "tables", multiple=True, help="Only this table, and those it refers to. May be repeated.")
def inspect(url: str, tables: tuple[str, ...]) -> None:
    """Print models for the database at URL: `sennit db inspect sqlite:///old.db > models.py`."""
    from ..model.inspection import inspect_url

    with mistakes_shown():
        click.echo(inspect_url(url, tables), nl=False)


async def _dump(target: str | None, output: IO[bytes]) -> None:
    from ..model.dump import dump

    async with _engine_of(target) as engine:
        with engine.thread_engine.connect() as connection:
            for line in dump(connection, engine.tables(), _tell):
                output.write(line)


async def _load(target: str | None, file: IO[bytes]) -> int:
    from ..model.load import load

    async with _engine_of(target) as engine:
        with engine.thread_engine.connect() as connection:
            count = load(connection, engine.tables(), file, _tell)
            connection.commit()
            return count


def _tell(table: str, count: int) -> None:
    """On standard error: what is dumped may go to standard output."""
    click.echo(f"{table}: {count:,}", err=True)


@asynccontextmanager
async def _engine_of(target: str | None) -> "AsyncIterator[Engine]":
    """The app's database, open and with its tables."""
    app = load_app(target)
    runtime = app.build(app.settings("run", os.environ), "run")
    await runtime.start(listen=False)
    try:
        if runtime.engine is None:
            raise SennitError(
                code="cli.E003",
                what=f"{target or 'app.py'} has no database",
                where="sennit db",
                fix='say where it is: App(database="sqlite:///app.db"), or DATABASE_URL in the environment',
            )
        yield runtime.engine
    finally:
        await runtime.stop(drain_s=0)
