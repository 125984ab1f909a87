"""`sennit check`: everything that would stop the app from starting, without starting it."""

import click

from .failing import mistakes_shown, show_one
from .target import load_app


@click.command()
@click.argument("target", required=False)
def check(target: str | None) -> None:
    """Check TARGET: routes, parameters, views, settings. Warnings go to the error output and change no exit status."""
    with mistakes_shown():
        app = load_app(target)
        runtime = app.build(app.settings("run", {}), "run")
    for warning in runtime.site.warnings():
        show_one(warning, "warning", "yellow")
    click.echo(f"{app.title}: {len(runtime.site.routes)} routes, no mistakes found")
