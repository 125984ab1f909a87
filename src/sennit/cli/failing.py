"""Start-up mistakes in the terminal: all of them, each with its fix, and exit status 1 instead of a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import SennitError


@contextmanager
def mistakes_shown() -> Iterator[None]:
    """Turns SennitErrors, alone or grouped, into lines on standard error; any other exception goes on."""
    try:
        yield
    except SennitError as mistake:
        show([mistake])
        sys.exit(1)
    except BaseExceptionGroup as group:
        ours, others = group.split(SennitError)
        if others is not None or ours is None:
            raise
        show([error for error in _flat(ours) if isinstance(error, SennitError)])
        sys.exit(1)


def show(mistakes: list[SennitError]) -> None:
    for mistake in mistakes:
        show_one(mistake, "error", "red")
    click.echo(f"{'Explained' if len(mistakes) == 1 else 'Each explained'} by: sennit explain CODE", err=True)


def show_one(mistake: SennitError, label: str, colour: str) -> None:
    click.secho(f"{label} {mistake.code}", fg=colour, bold=True, nl=False, err=True)
    click.echo(f"  {mistake.what}", err=True)
    if mistake.where:
        click.echo(f"  where: {mistake.where}", err=True)
    if mistake.fix:
        click.echo(f"  fix:   {mistake.fix}", err=True)


def _flat(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        else:
            yield error
