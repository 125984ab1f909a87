"""`sennit reload`: makes a running `sennit serve` take new code up."""

import os
import signal

import click

from ..errors import SennitError
from .failing import mistakes_shown


@click.command()
@click.argument("target", required=False)
@click.option("--pid-file", help="The pid file that `sennit serve` was started with.")
def reload(target: str | None, pid_file: str | None) -> None:
    """Bring up new workers, with the code as it is now, before the old ones drain.

    Found by --pid-file, or by the setting `pid_file` of TARGET.
    """
    from ..supervisor import running_process

    with mistakes_shown():
        number = running_process(pid_file or _pid_file(target))
        os.kill(number, signal.SIGHUP)
    click.echo(f"process {number} reloads; its log says how it goes")


def _pid_file(target: str | None) -> str:
    from .target import load_app

    found = load_app(target).settings("serve", os.environ).pid_file
    if found is None:
        raise SennitError(
            code="serve.E005",
            what="it is not known which process is to reload: there is no pid file",
            where="looked in --pid-file, and for pid_file in sennit.toml and SENNIT_PID_FILE",
            fix='start with `sennit serve --pid-file run/app.pid`, or add to sennit.toml: pid_file = "run/app.pid"',
        )
    return found
