"""`sennit serve`: production. Several workers under a supervisor; reload and stop without losing a request."""

import asyncio
import os
import sys
from typing import Any

import click
import msgspec

from .access_log import access_log_options, in_this_folder
from .failing import mistakes_shown
from .logs import log_to_terminal

SIZE = "SIZE"


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
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes. Default: one for each core.")
@click.option(
    "--drain",
    "drain_s",
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="For what is in hand at a stop or a reload. Default: 30.",
)
@click.option("--pid-file", type=click.Path(dir_okay=False), help="Holds the supervisor's number, for `sennit reload`.")
@click.option("--user", envvar="SENNIT_USER", help="User to become once the sockets are bound.")
@click.option("--group", envvar="SENNIT_GROUP", help="Group to become. Default: the user's.")
@click.option("--max-requests", type=click.IntRange(1), help="Replace a worker that has answered so many.")
@click.option("--max-memory", metavar="SIZE", help="Replace a worker that uses more, such as 512M.")
@click.option(
    "--hang",
    "hang_s",
    type=click.FloatRange(5, 3600),
    metavar="SECONDS",
    help="Kill and replace a worker whose loop stands still for so long. Default: 30.",
)
@access_log_options("common")
def serve(target: str | None, bind: tuple[str, ...], user: str | None, group: str | None, **options: Any) -> None:
    """Serve TARGET (file.py, file.py:name, package.module:name; default app.py) in production.

    SIGHUP or `sennit reload` brings up new workers with new code before the old ones end; SIGTERM stops.
    """
    log_to_terminal()
    overrides = {"bind": list(bind) or None, **options}
    overrides["access_log_file"] = in_this_folder(options["access_log_file"])
    if os.name != "posix":
        _serve_alone(target, overrides)
        return
    with mistakes_shown():
        sys.exit(_supervise(target, overrides, user, group))


def _supervise(target: str | None, overrides: dict[str, Any], user: str | None, group: str | None) -> int:
    """The exit status. The program itself is imported by the workers only."""
    from ..supervisor import Notifier, Privileges, Spawner, Supervisor

    privileges = Privileges.of(user, group)
    options = msgspec.json.encode(overrides).decode()
    # -P: the working directory is not searched for modules, as it is not for the `sennit` command itself.
    command = [sys.executable, "-P", "-m", "sennit", "worker", target or "", options]
    supervisor = Supervisor(Spawner(command, privileges), privileges=privileges, notifier=Notifier(os.environ))
    return asyncio.run(supervisor.run())


def _serve_alone(target: str | None, overrides: dict[str, Any]) -> None:
    """Where processes cannot pass sockets on."""
    from ..app.serving import serve as serve_app
    from .target import load_app

    click.echo("one process, without a supervisor: this system has no Unix sockets to pass on", err=True)
    with mistakes_shown():
        serve_app(load_app(target), "serve", overrides)
