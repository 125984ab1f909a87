"""`sennit run`: development. One process that starts again when a file changes; errors show source and values."""

import os
import sys

import click

from ..app.serving import serve as serve_app
from .access_log import access_log_options, in_this_folder
from .failing import mistakes_shown
from .logs import log_to_terminal
from .reloading import CHILD, run_reloading
from .target import load_app


@click.command()
@click.argument("target", required=False)
@click.option("--host", help="Address to listen on. Default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on. Default: 8000.")
@click.option("--no-reload", is_flag=True, help="Do not start again when a file changes.")
@access_log_options("off")
def run(
    target: str | None,
    host: str | None,
    port: int | None,
    no_reload: bool,
    access_log: str | None,
    access_log_file: str | None,
) -> None:
    """Run TARGET (file.py, file.py:name, package.module:name; default app.py) for development."""
    if not no_reload and CHILD not in os.environ:
        sys.exit(run_reloading(target))
    log_to_terminal()
    with mistakes_shown():
        overrides = {"access_log": access_log, "access_log_file": in_this_folder(access_log_file)}
        serve_app(load_app(target), "run", {"host": host, "port": port, **overrides})
