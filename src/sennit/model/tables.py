"""Which tables an application has, and making the database fit them: create and extend, never drop."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Index, Inspector, Table, UniqueConstraint
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable, sort_tables

from ..errors import SennitError
from .registry import programs


def models_of(module_names: Iterable[str]) -> list[Any]:
    """All mapped models of the programs that the modules belong to, in the order of their definition."""
    found: dict[Any, None] = {}
    for name in module_names:
        found.update(dict.fromkeys(programs.of_module(name).models.values()))
    return list(found)


def known_models() -> list[Any]:
    """The models of every program in this process, without the strands of sennit."""
    return [model for program in programs if not program.is_strand for model in program.models.values()]


def tables_of(models: Iterable[Any]) -> dict[str, Table]:
    """The tables of the models, of many-to-many relations, and all that these refer to; by name, parents first.

    Raises SennitError `model.E019` when two of them have the same name.
    """
    found: dict[str, Table] = {}
    waiting = [table for model in models for table in _tables_beside(model)]
    while waiting:
        table = waiting.pop()
        if found.get(table.name) is table:
            continue
        if table.name in found:
            raise _same_name(table, found[table.name])
        found[table.name] = table
        waiting += [key.column.table for key in table.foreign_keys]
    return {table.name: table for table in sort_tables(list(found.values()))}


def _tables_beside(model: Any) -> list[Table]:
    relations = model.__mapper__.relationships
    return [model.__table__, *(r.secondary for r in relations if isinstance(r.secondary, Table))]


def _same_name(one: Table, other: Table) -> SennitError:
    models = [table.info.get("model") for table in (one, other)]
    return SennitError(
        code="model.E019",
        what=f"two models of this application have the table {one.name!r}",
        where=" and ".join(f"{m.__module__}.{m.__qualname__}" for m in models if m is not None),
        fix='name one of them differently: class …(Model, table="…")',
    )


def fit(connection: Connection, tables: Mapping[str, Table]) -> list[str]:
    """Create what is missing; the lines to say. The caller holds the database's write lock.

    Raises SennitError `model.E020` for a column that cannot be added to rows that exist.
    """
    inspector = sa_inspect(connection)
    existing = set(inspector.get_table_names())
    lines = []
    created = [table for table in tables.values() if table.name not in existing]
    for table in created:
        _create(connection, table)
    if created:
        lines.append("created " + ", ".join(table.name for table in created))
    for table in tables.values():
        if table.name in existing:
            lines += _extend(connection, inspector, table)
    return lines


def _create(connection: Connection, table: Table) -> None:
    connection.execute(CreateTable(table))
    for index in _sorted(table.indexes):
        connection.execute(CreateIndex(index))


def _extend(connection: Connection, inspector: Inspector, table: Table) -> list[str]:
    lines = []
    existing = {column["name"]: column for column in inspector.get_columns(table.name)}
    added = [column for column in table.columns if column.name not in existing]
    for column in added:
        _add_column(connection, table, column)
        lines.append(f"added {table.name}.{column.name}")
    lines += _add_indexes(connection, inspector, table, added)
    for name, left in existing.items():
        if name not in table.columns:
            required = (
                "" if left["nullable"] or left["default"] is not None else ", and rows cannot be added without it"
            )
            lines.append(f"{table.name}.{name} is in the database but not in the models (kept{required})")
    return lines


def _add_column(connection: Connection, table: Table, column: Column[Any]) -> None:
    default = "" if column.computed is not None else default_for_existing(connection, column)
    if default is None and not column.nullable:
        raise refuse_without_value(table, column)
    compiled = str(CreateColumn(column).compile(dialect=connection.dialect))
    # The engine wants the default beside the column; in our models it stands in Python, so that inserts carry it.
    bare = compiled if column.nullable else compiled.replace(" NOT NULL", "")
    clause = f" DEFAULT {default}" if default else ""
    # SQLite takes no new generated column that says NOT NULL, whatever it is generated from.
    required = "" if column.nullable or column.computed is not None else " NOT NULL"
    preparer = connection.dialect.identifier_preparer
    connection.exec_driver_sql(
        f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {bare}{clause}{required}{_references(connection, column)}"
    )


def refuse_without_value(table: Table, column: Column[Any]) -> SennitError:
    """The error for a column that cannot be added to rows that exist."""
    return SennitError(
        code="model.E020",
        what=f"{table.name}.{column.name} is new, may not be empty and has no default, so existing rows would have no value",
        where=_where(table),
        fix="declare it `Mapped[… | None]`, or give it column(default=…)",
    )


def default_for_existing(connection: Connection, column: Column[Any]) -> str | None:
    """The default as an SQL literal: a value, or what its function gives now."""
    if column.server_default is not None:
        return ""
    default: Any = column.default
    if default is None or not (default.is_scalar or default.is_callable):
        return None
    value = default.arg(None) if default.is_callable else default.arg
    process = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    stored = process(value) if process is not None else value
    if isinstance(stored, bool):
        stored = int(stored)
    if isinstance(stored, (int, float)):
        return repr(stored)
    return "'" + str(stored).replace("'", "''") + "'"


def _references(connection: Connection, column: Column[Any]) -> str:
    preparer = connection.dialect.identifier_preparer
    for key in column.foreign_keys:
        rule = f" ON DELETE {key.ondelete}" if key.ondelete else ""
        target = key.column
        return f" REFERENCES {preparer.format_table(target.table)} ({preparer.format_column(target)}){rule}"
    return ""


def _add_indexes(connection: Connection, inspector: Inspector, table: Table, added: list[Column[Any]]) -> list[str]:
    existing = {index["name"] for index in inspector.get_indexes(table.name)}
    lines = []
    for index in _sorted(table.indexes):
        if index.name not in existing:
            connection.execute(CreateIndex(index))
            lines.append(f"added index {index.name}")
    for constraint in table.constraints:
        # A table cannot be given a UNIQUE afterwards; a unique index is the same.
        if isinstance(constraint, UniqueConstraint) and any(column in added for column in constraint.columns):
            name = str(connection.dialect.identifier_preparer.format_constraint(constraint))
            unique = Index(name, *constraint.columns, unique=True, _table=table)
            connection.execute(CreateIndex(unique))
            table.indexes.discard(unique)
    return lines


def _sorted(indexes: Iterable[Index]) -> list[Index]:
    return sorted(indexes, key=lambda index: str(index.name))


def _where(table: Table) -> str:
    model = table.info.get("model")
    return f"{model.__module__}.{model.__qualname__}" if model is not None else table.name
