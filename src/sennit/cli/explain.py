"""`sennit explain CODE`: the page of an error code."""

import sys
from importlib.resources import files

import click

from ..errors import did_you_mean


@click.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what an error CODE such as route.E003 means and how to mend it."""
    folder = files("sennit") / "error_pages"
    known = sorted(page.name.removesuffix(".md") for page in folder.iterdir() if page.name.endswith(".md"))
    if code not in known:
        click.echo(f"There is no error code {code!r}.{did_you_mean(code, known)}", err=True)
        sys.exit(1)
    click.echo((folder / f"{code}.md").read_text("utf-8"))
