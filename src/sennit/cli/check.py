"""`sennit check`: everything that would stop the app from starting, without starting it."""

import click

from .failing import mistakes_shown
from .target import load_app


@click.command()
@click.argument("target", required=False)
def check(target: str | None) -> None:
    """Check TARGET: routes, parameters, views, settings."""
    with mistakes_shown():
        app = load_app(target)
        runtime = app.build(app.settings("run", {}), "run")
    click.echo(f"{app.title}: {len(runtime.site.routes)} routes, no mistakes found")
