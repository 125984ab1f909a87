"""The first connection: what keeps a program from starting is told as what it is, not as a busy database."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import SennitError, ServiceUnavailable
from .postgres import shown
from .postgres_failures import refusal_of

_FIXES = {
    "28P01": "correct the user and the password in the URL; DATABASE_URL=… keeps them out of the program",
    "28000": "correct the user in the URL, or let it in with a line in the server's pg_hba.conf",
    "3D000": "createdb NAME, or correct the database's name in the URL",
    "53300": "raise max_connections of the server, or run fewer workers",
}


@contextmanager
def refuse_to_open(url: str) -> Iterator[None]:
    """Turn what keeps the first connection from being made into SennitError `model.E051`."""
    try:
        yield
    except ServiceUnavailable as error:
        cause = error.__cause__
        refusal = refusal_of(cause)
        raise SennitError(
            code="model.E051",
            what=f"PostgreSQL cannot be opened: {refusal.message if refusal else cause or 'no answer'}",
            where=f"database={shown(url)!r}",
            fix=_FIXES.get(
                refusal.sqlstate if refusal else "", "start the server, or correct host and port in the URL"
            ),
        ) from cause
