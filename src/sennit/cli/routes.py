"""`sennit routes`: what answers where."""

import click

from ..app import App
from ..web.route import Route
from .failing import mistakes_shown
from .target import load_app


@click.command()
@click.argument("target", required=False)
def routes(target: str | None) -> None:
    """List the routes of TARGET: methods, path, name, who may, where the function stands."""
    with mistakes_shown():
        rows = [_row(route) for route in _routes(load_app(target))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _routes(app: App) -> list[Route]:
    return app.build(app.settings("test", {}), "test").site.routes


def _row(route: Route) -> tuple[str, ...]:
    methods = ",".join(sorted(route.methods - {"HEAD"}) or ["HEAD"])
    rules = " and ".join(getattr(rule, "__name__", str(rule)) for rule in route.rules) or "-"
    return methods, route.pattern.text, route.name, rules, route.where.rsplit("/", 1)[-1]
