"""TARGET: `file.py`, `file.py:name`, `package.module:name`, or left out (`app.py`)."""

import importlib
import sys
from pathlib import Path

from ..app import App
from ..errors import SennitError, did_you_mean

DEFAULT = "app.py"


def load_app(target: str | None) -> App:
    """The App that a target names; its module is imported once under its own name, its folder on sys.path.

    Raises SennitError cli.E001 for a module that is not there, cli.E002 for an app that is not in it.
    """
    place, _, name = (target or DEFAULT).partition(":")
    module = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    if name:
        return _named(module, name, place)
    apps = {key: value for key, value in vars(module).items() if isinstance(value, App)}
    if "app" in apps or len(apps) == 1:
        return apps.get("app") or next(iter(apps.values()))
    raise SennitError(
        code="cli.E002",
        what=f"{place} has {'several apps: ' + ', '.join(apps) if apps else 'no App'}",
        where=place,
        fix=f"name the one to use: {place}:{next(iter(apps), 'app')}" if apps else "add: app = App()",
    )


def _import_file(file: Path) -> object:
    if not file.is_file():
        near = did_you_mean(file.name, [p.name for p in file.parent.glob("*.py")]) if file.parent.is_dir() else ""
        raise SennitError(
            code="cli.E001",
            what=f"there is no file {str(file)!r}.{near}",
            where=str(Path.cwd()),
            fix="give the path of your program: sennit run hello.py",
        )
    sys.path.insert(0, str(file.resolve().parent))
    return importlib.import_module(file.stem)


def _import_module(name: str) -> object:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise SennitError(
            code="cli.E001",
            what=f"there is no module {name!r}",
            where=str(Path.cwd()),
            fix="give a file (app.py), or a module as Python imports it (package.module:app)",
        ) from None


def _named(module: object, name: str, place: str) -> App:
    found = getattr(module, name, None)
    if isinstance(found, App):
        return found
    apps = [key for key, value in vars(module).items() if isinstance(value, App)]
    raise SennitError(
        code="cli.E002",
        what=f"{name!r} in {place} is not an App.{did_you_mean(name, apps)}",
        where=place,
        fix=f"apps in it: {', '.join(apps) or 'none'}",
    )
