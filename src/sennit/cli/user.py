"""`sennit user create`: accounts from the terminal."""

import asyncio
import os
import sys

import click

from ..app import App
from .failing import mistakes_shown
from .target import load_app


@click.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("name")
@click.option("--target", help="The program whose account it is. Default: app.py.")
@click.option("--email", default="", help="E-mail address.")
@click.option("--staff", is_flag=True, help="May use the admin console.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(name: str, target: str | None, email: str, staff: bool, password_stdin: bool) -> None:
    """Create the account NAME."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()
    with mistakes_shown():
        asyncio.run(_create(load_app(target), name, password, email, staff))
    click.echo(f"created {name}{' (staff)' if staff else ''}")


def _ask() -> str:
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


async def _create(app: App, name: str, password: str, email: str, staff: bool) -> None:
    from ..auth import create_user

    runtime = app.build(app.settings("run", os.environ), "run")
    await runtime.start(listen=False)
    try:
        async with app.database() as db:
            await create_user(db, username=name, password=password, email=email, staff=staff)
    finally:
        await runtime.stop(drain_s=0)
