"""`sennit routes`: what answers where."""

import json

import click

from ..app import App
from ..web.route import Route
from ..web.routing import ANY, WEBSOCKET
from .failing import mistakes_shown
from .target import load_app

COLUMNS = ("host", "methods", "path", "name", "access", "handler")
_SPECIAL = {ANY: "any", WEBSOCKET: "websocket"}


@click.command()
@click.argument("target", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of the table.")
def routes(target: str | None, as_json: bool) -> None:
    """List the routes of TARGET: hosts where there are any, methods, path, name, who may, where the function stands."""
    with mistakes_shown():
        rows = [_row(route) for route in _routes(load_app(target))]
    click.echo(json.dumps(rows, indent=2) if as_json else _table(rows))


def _routes(app: App) -> list[Route]:
    return app.build(app.settings("test", {}), "test").site.routes


def _row(route: Route) -> dict[str, str]:
    methods = ",".join(sorted(route.methods - {"HEAD"}) or ["HEAD"])
    rules = " and ".join(getattr(rule, "__name__", str(rule)) for rule in route.rules) or "-"
    return {
        "host": route.host.text if route.host is not None else "",
        "methods": _SPECIAL.get(methods, methods),
        "path": (route.pattern.text or "") + "/…" if route.pattern.is_mount else route.pattern.text,
        "name": route.name,
        "access": rules,
        "handler": route.where.rsplit("/", 1)[-1],
    }


def _table(rows: list[dict[str, str]]) -> str:
    """A line each, in columns; the one of hosts only where some route has one."""
    columns = [column for column in COLUMNS if column != "host" or any(row["host"] for row in rows)]
    widths = {column: max((len(row[column] or "any host") for row in rows), default=0) for column in columns}
    lines = ["  ".join((row[column] or "any host").ljust(widths[column]) for column in columns) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
