"""What to say at the start of an app that has migrations."""

import importlib.util
from collections.abc import Mapping

from sqlalchemy import Table

from ..sqlite import Location
from . import record
from .connecting import connected
from .folder import Folder


def behind(location: Location, folder: Folder) -> list[str]:
    """A line when the database has not had all migrations."""
    migrations = folder.migrations()
    with connected(location) as connection:
        count = len(record.pending(connection, migrations))
    said = "1 migration" if count == 1 else f"{count} migrations"
    return [f"the database is behind by {said}: sennit db migrate"] if count else []


def differing(folder: Folder, tables: Mapping[str, Table]) -> list[str]:
    """A line when the models say what no migration does. Loads Alembic: for development."""
    if importlib.util.find_spec("alembic") is None:
        return []
    from .difference import difference

    lines = difference(folder.migrations(), tables).lines
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return [f"the models differ from the migrations ({lines[0]}{more}): sennit db make"] if lines else []
