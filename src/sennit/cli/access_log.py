"""The options of `run` and `serve` about the access log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def access_log_options(default: str) -> Callable[[F], F]:
    """`--access-log common|json|off` and `--access-log-file F`; `default` is what the command does without them."""

    def add(command: F) -> F:
        formats = click.Choice(["common", "json", "off"])
        command = click.option("--access-log-file", metavar="FILE", help="Where to. Default: standard output.")(command)
        return click.option("--access-log", type=formats, help=f"A line for each request. Default: {default}.")(command)

    return add


def in_this_folder(file: str | None) -> str | None:
    """What a person types starts at the folder the person is in, not at the app's."""
    return None if file is None else str(Path(file).absolute())
