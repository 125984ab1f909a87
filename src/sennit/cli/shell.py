"""`sennit shell`: a Python prompt with await, the app and its database."""

import ast
import asyncio
import code
import inspect
import os
from types import FunctionType
from typing import Any

import click

from ..app import App
from .failing import mistakes_shown
from .target import load_app


@click.command()
@click.argument("target", required=False)
def shell(target: str | None) -> None:
    """Open a prompt on TARGET with `app`, `db` and its models; `await` works. What `db` did is committed by db.commit()."""
    with mistakes_shown():
        app = load_app(target)
        runtime = app.build(app.settings("run", os.environ), "run")
        with asyncio.Runner() as runner:
            runner.run(runtime.start(listen=False))
            names = _names(app, runner)
            _Prompt(names, runner).interact(f"{app.title}: {', '.join(sorted(names))}", "")
            runner.run(runtime.stop())


def _names(app: App, runner: asyncio.Runner) -> dict[str, Any]:
    names: dict[str, Any] = {model.__name__: model for model in app.runtime.models()}
    names["app"] = app
    if app.runtime.engine is not None:
        names["db"] = app.database.begin()
    return names


class _Prompt(code.InteractiveConsole):
    """Runs each statement on one loop, so that `await` works at the prompt."""

    def __init__(self, names: dict[str, Any], runner: asyncio.Runner) -> None:
        super().__init__(names)
        self._runner = runner
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    def runcode(self, compiled: Any) -> None:
        try:
            made = FunctionType(compiled, self.locals)()
            if inspect.iscoroutine(made):
                self._runner.run(made)
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()
