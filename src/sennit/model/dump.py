"""Every row of a database as lines of text, whatever engine it is on; `load.py` puts them back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, Text, select, type_coerce

from .dump_format import VERSION, serialize, writable
from .encrypted import Encrypted

CHUNK = 500
"""Rows in memory at once."""

OnTable = Callable[[str, int], None]


def dump(connection: Connection, tables: Mapping[str, Table], on_table: OnTable | None = None) -> Iterator[bytes]:
    """The lines of a dump, as of one moment; parents stand before what refers to them.

    tables: by name, parents first, as `Engine.tables()` gives them. on_table: told each table's name and rows when it is
    written.
    """
    _begin_snapshot(connection)
    yield serialize({"sennit": "dump", "version": VERSION, "tables": [str(name) for name in tables]})
    total = 0
    for name, table in tables.items():
        yield serialize({"table": str(name), "columns": [str(column.name) for column in _stored(table)]})
        count = 0
        for row in _rows(connection, table):
            yield serialize([writable(value) for value in row])
            count += 1
        total += count
        if on_table is not None:
            on_table(name, count)
    yield serialize({"rows": total})


def _stored(table: Table) -> list[Any]:
    """The columns that are stored; what the database computes is computed again."""
    return [column for column in table.columns if column.computed is None]


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    statement = select(*map(_as_stored, _stored(table))).order_by(*table.primary_key.columns)
    with connection.execution_options(yield_per=CHUNK).execute(statement) as result:
        yield from result


def _as_stored(column: Any) -> Any:
    """Encrypted text stays encrypted."""
    return type_coerce(column, Text()).label(column.name) if isinstance(column.type, Encrypted) else column


def _begin_snapshot(connection: Connection) -> None:
    """All tables as of the same moment, without keeping anybody from writing."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
