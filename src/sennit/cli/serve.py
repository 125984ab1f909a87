"""`sennit serve`: production. Drains on SIGTERM; refuses to start without secret and allowed hosts."""

import click

from ..app.serving import serve as serve_app
from .access_log import access_log_options, in_this_folder
from .failing import mistakes_shown
from .logs import log_to_terminal
from .target import load_app


@click.command()
@click.argument("target", required=False)
@click.option(
    "--bind",
    multiple=True,
    metavar="ENDPOINT",
    help="Where to listen: tcp:8000, unix:/run/app.sock, systemd:web. May be repeated.",
)
@click.option("--host", help="Address to listen on. Default: all.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on. Default: 8000.")
@click.option(
    "--drain", type=click.FloatRange(0, 3600), metavar="SECONDS", help="For what is in hand at a stop. Default: 30."
)
@access_log_options("common")
def serve(
    target: str | None,
    bind: tuple[str, ...],
    host: str | None,
    port: int | None,
    drain: float | None,
    access_log: str | None,
    access_log_file: str | None,
) -> None:
    """Serve TARGET (file.py, file.py:name, package.module:name; default app.py) in production."""
    log_to_terminal()
    overrides = {"bind": list(bind) or None, "host": host, "port": port, "drain_s": drain}
    overrides |= {"access_log": access_log, "access_log_file": in_this_folder(access_log_file)}
    with mistakes_shown():
        serve_app(load_app(target), "serve", overrides)
