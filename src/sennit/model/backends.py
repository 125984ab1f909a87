"""Which kind of database a URL names."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import SennitError
from .backend import Backend


def backend_of(url: str, root: Path) -> Backend:
    """What opens the database. Raises SennitError `model.E013` for what is no URL, `model.E014` for other kinds."""
    parsed = _parsed(url)
    match parsed.get_backend_name() if parsed.drivername.startswith("sqlite") else parsed.drivername:
        case "sqlite":
            from .sqlite_backend import SqliteBackend

            return SqliteBackend(url, root)
        case "postgresql" | "postgres":
            from .postgres_backend import PostgresBackend

            return PostgresBackend(url)
    raise SennitError(
        code="model.E014",
        what=f"databases of the kind {parsed.render_as_string()!r} are not built; SQLite and PostgreSQL are",
        where="database=",
        fix='database="sqlite:///app.db" or "postgresql://user:password@host/name", without a driver\'s name',
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise SennitError(
            code="model.E013",
            what=f"{url!r} is not a database URL",
            where="database=",
            fix='database="sqlite:///app.db" (a file beside the program), "sqlite://" (in memory) '
            'or "postgresql://user:password@host/name"',
        ) from error
