"""Puts the rows of a dump into empty tables: all of them, or none."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, select, text

from ..errors import SennitError, did_you_mean
from .dump import CHUNK, OnTable
from .dump_format import VERSION, reader_of
from .failures import mended


class Lines:
    """The lines of a dump, counted, each as its JSON value. Raises SennitError (`model.E031`)."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = next(self._lines)
        self.number += 1
        try:
            return msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.wrong(f"it is not JSON: {error}") from None

    def wrong(self, why: str) -> SennitError:
        """The error for the line that was read last."""
        return SennitError(
            code="model.E031",
            what=f"the dump cannot be loaded, and nothing was: {why}",
            where=f"line {self.number}",
            fix="make it again with `sennit db dump`; a dump of other models needs those models, or a migration first",
        )


def load(
    connection: Connection, tables: Mapping[str, Table], lines: Iterable[bytes], on_table: OnTable | None = None
) -> int:
    """Insert all rows of a dump; how many there were. The caller commits, or rolls back what raised.

    tables: by name, as `Engine.tables()` gives them; they must be empty. Observers are not told. Raises SennitError:
    `model.E030` for a table that has rows, `model.E031` for lines that are no dump of these tables, and Conflict for rows
    that contradict each other.
    """
    with mended(tables):
        _begin(connection)
        _refuse_rows(connection, tables)
        total = _insert_all(connection, tables, Lines(lines), on_table)
        for table in tables.values():
            _go_on_counting(connection, table)
        return total


def _insert_all(connection: Connection, tables: Mapping[str, Table], lines: Lines, on_table: OnTable | None) -> int:
    _check_header(lines)
    total = count = 0
    name, insert_rows = "", None
    rows: list[list[Any]] = []
    for line in lines:
        if isinstance(line, list):
            if insert_rows is None:
                raise lines.wrong("rows stand before the name of their table")
            rows.append(line)
            count += 1
            if len(rows) == CHUNK:
                insert_rows(rows)
                rows = []
            continue
        if insert_rows is not None:
            insert_rows(rows)
            _told(on_table, name, count)
        rows, total, count = [], total + count, 0
        if "rows" in line:
            if line["rows"] != total:
                raise lines.wrong(f"it says {line['rows']} rows, and {total} came")
            return total
        name = line.get("table", "")
        insert_rows = _inserting(connection, tables, line, lines)
    raise lines.wrong("its last line is missing")


def _told(on_table: OnTable | None, name: str, count: int) -> None:
    if on_table is not None:
        on_table(name, count)


def _check_header(lines: Lines) -> None:
    header = next(lines, None)
    if not isinstance(header, dict) or header.get("sennit") != "dump":
        raise lines.wrong("its first line is not that of a dump")
    if header.get("version") != VERSION:
        raise lines.wrong(f"it is of version {header.get('version')!r}, and this sennit reads {VERSION}")


def _inserting(
    connection: Connection, tables: Mapping[str, Table], line: dict[str, Any], lines: Lines
) -> Callable[[list[list[Any]]], None]:
    """What inserts rows of the table that a line begins."""
    name, columns = line.get("table", ""), line.get("columns", [])
    table = tables.get(name)
    if table is None:
        raise lines.wrong(f"there is no table {name!r}{did_you_mean(name, list(tables))}")
    for column in columns:
        if column not in table.columns:
            raise lines.wrong(f"{name} has no column {column!r}{did_you_mean(column, [*table.columns.keys()])}")
    readers = [(column, reader_of(table.columns[column])) for column in columns]

    def values_of(row: list[Any]) -> dict[str, Any]:
        if len(row) != len(readers):
            raise lines.wrong(f"a row of {name} has {len(row)} values for {len(readers)} columns")
        try:
            return {column: read(value) for (column, read), value in zip(readers, row, strict=True)}
        except (TypeError, ValueError) as error:
            raise lines.wrong(f"a row of {name} has a value that does not fit: {error}") from None

    def insert_rows(rows: list[list[Any]]) -> None:
        if rows:
            connection.execute(insert(table), [values_of(row) for row in rows])

    return insert_rows


def _refuse_rows(connection: Connection, tables: Mapping[str, Table]) -> None:
    for table in tables.values():
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise SennitError(
                code="model.E030",
                what=f"{table.name} has rows already, and a dump is loaded into empty tables alone",
                where="sennit db load",
                fix="load it into a new database: DATABASE_URL=… sennit db load FILE",
            )


def _begin(connection: Connection) -> None:
    """References are looked at when all rows are there: a row may refer to one that comes later."""
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        case "mysql" | "mariadb":
            connection.exec_driver_sql("SET foreign_key_checks = 0")


def _go_on_counting(connection: Connection, table: Table) -> None:
    """The next row gets a number that no loaded row has; SQLite and MariaDB see to it themselves."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = text("SELECT pg_get_serial_sequence(:table, :column)")
    name = connection.execute(sequence, {"table": table.name, "column": column.name}).scalar()
    highest = connection.execute(select(func.max(column))).scalar()
    if name and highest is not None:
        connection.execute(select(func.setval(name, highest)))
