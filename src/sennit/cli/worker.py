"""`sennit worker`: what the supervisor of `sennit serve` starts. Not for people."""

import logging
import os

import click
import msgspec

from .failing import mistakes_shown
from .logs import log_to_terminal
from .target import load_app


@click.command(hidden=True)
@click.argument("target")
@click.argument("overrides")
@click.argument("control", type=int)
@click.argument("bus", type=int)
def worker(target: str, overrides: str, control: int, bus: int) -> None:
    """Serve TARGET on the sockets that come through the descriptor CONTROL."""
    log_to_terminal(logging.INFO, f"[{os.getpid()}] ")
    with mistakes_shown():
        from ..app.supervised import serve_supervised

        serve_supervised(load_app(target or None), msgspec.json.decode(overrides), control, bus)
