"""`sennit`: the group of commands."""

import click

from .. import __version__
from .check import check
from .explain import explain
from .routes import routes
from .run import run
from .serve import serve
from .shell import shell
from .user import user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sennit")
def main() -> None:
    """Web applications and network services from one package."""


for command in (run, serve, routes, check, shell, user, explain):
    main.add_command(command)
