"""What the models say that the migrations do not yet: found by Alembic, as lines of Python."""

import re
from collections.abc import Mapping
from textwrap import dedent
from typing import Any, NamedTuple

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Boolean, Column, Connection, Enum, Integer, MetaData, Numeric, String, Table, text
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..inspection import OUR_OWN
from ..registry import NAMING_CONVENTION
from ..tables import default_for_existing, refuse_without_value
from .connecting import scratch
from .folder import Migration
from .renames import IsRename, RenameColumn, join_renamed
from .steps import run


class Difference(NamedTuple):
    """Bodies of `upgrade` and `downgrade`, and what they do in words; empty where nothing has changed."""

    upgrade: str
    downgrade: str
    lines: list[str]


def unasked(table: str, old: str, new: str) -> bool:
    """Nothing is a rename that nobody has said is one."""
    return False


def difference(migrations: list[Migration], tables: Mapping[str, Table], is_rename: IsRename = unasked) -> Difference:
    """From the state after all migrations to the tables.

    The migrations run on an empty database for it, so it makes no difference which state the program's own one is in.
    Raises SennitError `model.E020` for a new column that rows which exist would have no value for.
    """
    with scratch() as connection:
        for migration in migrations:
            run(connection, migration, migration.upgrade)
        return _compared(connection, tables, is_rename)


def _compared(connection: Connection, tables: Mapping[str, Table], is_rename: IsRename) -> Difference:
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    for table in tables.values():
        copied = table.to_metadata(metadata)
        copied.info = {}  # what sennit notes there is not for the file
    options = {"compare_type": True, "compare_server_default": True, "include_name": _is_of_the_program}
    context = MigrationContext.configure(connection, opts=options)
    script = produce_migrations(context, metadata)
    assert script.upgrade_ops is not None, "Alembic always makes them"
    forth = script.upgrade_ops
    join_renamed(forth, is_rename)
    back = forth.reverse()
    lines = [line for op in forth.ops for line in _said(op)]
    _fill(connection, forth, tables)
    _fill(connection, back, {})
    return Difference(_rendered(forth, context, tables), _rendered(back, context, tables), lines)


def _is_of_the_program(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "table" or OUR_OWN.match(name or "") is None


def _fill(connection: Connection, container: ops.UpgradeOps | ops.DowngradeOps, tables: Mapping[str, Table]) -> None:
    """Give rows that exist a value for each new column that may not be empty; the column has no default afterwards."""
    filled: list[Any] = []
    for op in container.ops:
        filled.append(op)
        if isinstance(op, ops.ModifyTableOps):
            afterwards = [each for inner in op.ops for each in _filled(connection, inner, tables)]
            filled += [ops.ModifyTableOps(op.table_name, afterwards)] if afterwards else []
    container.ops[:] = filled


def _filled(connection: Connection, op: Any, tables: Mapping[str, Table]) -> list[ops.AlterColumnOp]:
    if not isinstance(op, ops.AddColumnOp):
        return []
    column = op.column
    if column.nullable or column.server_default is not None or column.computed is not None:
        return []
    table = tables.get(op.table_name)
    value = _neutral(column.type) if table is None else default_for_existing(connection, table.columns[column.name])
    if value is None:
        assert table is not None, "there is always a neutral value"
        raise refuse_without_value(table, column)
    op.column = shown = Column(column.name, column.type, nullable=False, server_default=text(value))
    return [
        ops.AlterColumnOp(
            op.table_name,
            column.name,
            existing_type=column.type,
            existing_nullable=False,
            modify_server_default=None,
            existing_server_default=shown.server_default,
        )
    ]


def _neutral(kind: TypeEngine[Any]) -> str:
    """For what comes back empty: its values went with the column."""
    return "0" if isinstance(kind, (Integer, Numeric, Boolean)) else "''"


def _rendered(container: Any, context: MigrationContext, tables: Mapping[str, Table]) -> str:
    code = render_python_code(container, render_as_batch=True, render_item=_plain_type, migration_context=context)
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("# ###")]
    # Alembic indents all lines but the first.
    body = dedent("    " + "\n".join(line.rstrip() for line in lines).strip())
    return re.sub(r"op\.batch_alter_table\('([^']+)', schema=None\)", lambda found: _batch(found[1], tables), body)


def _batch(name: str, tables: Mapping[str, Table]) -> str:
    """A table that is rebuilt loses what SQLite does not tell about it."""
    is_counting = name in tables and tables[name].dialect_options["sqlite"]["autoincrement"]
    kept = ", table_kwargs={'sqlite_autoincrement': True}" if is_counting else ""
    return f"op.batch_alter_table('{name}'{kept})"


def _plain_type(kind: str, item: Any, context: Any) -> Any:
    """A migration holds types of SQL: it must mean the same when the program's own types are changed or gone."""
    if kind != "type":
        return False
    plain = plain_type(item)
    if plain is item:
        return False
    from alembic.autogenerate.render import _repr_type  # the only way to have a type written

    return _repr_type(plain, context)


def plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, TypeDecorator):
        return plain_type(kind.impl_instance)
    if isinstance(kind, Enum) and not kind.native_enum:
        return String(kind.length)
    return kind


def _said(op: Any) -> list[str]:
    if isinstance(op, ops.ModifyTableOps):
        return [line for inner in op.ops for line in _said(inner)]
    return [" ".join(str(part) for part in _diff_words(op))]


def _diff_words(op: Any) -> list[str]:
    match op:
        case ops.CreateTableOp() | ops.DropTableOp():
            return [_VERBS[type(op)], op.table_name]
        case ops.AddColumnOp():
            return [f"add column {op.table_name}.{op.column.name}"]
        case ops.DropColumnOp():
            return [f"drop column {op.table_name}.{op.column_name}"]
        case RenameColumn():
            return [f"rename column {op.table_name}.{op.column_name} to {op.new}"]
        case ops.AlterColumnOp():
            return [f"alter column {op.table_name}.{op.column_name}"]
        case ops.CreateIndexOp() | ops.DropIndexOp():
            return [_VERBS[type(op)], str(op.index_name)]
    named = str(getattr(op, "constraint_name", ""))
    return [("drop" if isinstance(op, ops.DropConstraintOp) else "add") + f" constraint {named}"]


_VERBS: dict[type, str] = {
    ops.CreateTableOp: "create table",
    ops.DropTableOp: "drop table",
    ops.CreateIndexOp: "create index",
    ops.DropIndexOp: "drop index",
}
