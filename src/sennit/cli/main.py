"""`sennit`: the group of commands, each imported when it is used: the supervisor of `serve` stays small."""

from importlib import import_module

import click

from .. import __version__

COMMANDS = ("run", "serve", "reload", "worker", "routes", "check", "shell", "user", "db", "explain")
"""A command is the function of this name in the file of this name."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sennit")
def main() -> None:
    """Web applications and network services from one package."""
