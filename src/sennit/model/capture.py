"""How changes are noticed: rows of the unit of work one by one, any other statement by what it says.

Each way may be broad where it cannot be precise; none may be silent.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Delete, Insert, Table, Update, event
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.sql.elements import ClauseElement

from .base import Model
from .changes import Change, Op
from .reads import EVERYTHING, conjuncts, is_exact
from .soft_delete import is_deleted, mark
from .sqlite import is_writing
from .unit import MOST_ROWS, Unit

log = logging.getLogger("sennit.model")

OPTION = "sennit_unit"
"""The execution option under which a connection knows its unit of work."""

_READING = frozenset({"select", "values", "explain", "pragma", "savepoint", "release", "rollback", "begin", "commit"})
_CHANGING_WORD = re.compile(r"\b(insert|update|delete|replace|merge|truncate|drop|alter|create)\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(\w+)", re.DOTALL)


def unit_of(connection: Connection) -> Unit | None:
    """The unit of work that a connection serves, None outside one."""
    unit: Unit | None = connection.get_execution_options().get(OPTION)
    return unit


# -- rows of the unit of work ---------------------------------------------------------------------------------------


def routing(table: Table) -> frozenset[str]:
    """The columns by which changes find those who watch: primary key, foreign keys, indexed columns."""
    known: frozenset[str] | None = table.info.get("routing")
    if known is None:
        indexed = {column.name for index in table.indexes for column in index.columns if isinstance(column, Column)}
        keyed = {column.name for column in table.columns if column.primary_key or column.foreign_keys or column.unique}
        known = table.info["routing"] = frozenset(indexed | keyed)
    return known


def _always_changed(table: Table) -> frozenset[str]:
    """Columns that an update may change without naming them."""
    return frozenset(
        column.name
        for column in table.columns
        if column.onupdate is not None or column.server_onupdate is not None or column.computed is not None
    )


def _current(mapper: Any, target: Any) -> dict[str, Any]:
    """The routing columns of an object, where the value is one that SQL and Python agree on."""
    values, table = sa_inspect(target).dict, mapper.local_table
    found = {}
    for name in routing(table):
        column = table.columns.get(name, None)
        attribute = mapper.get_property_by_column(column).key if column is not None else None
        if attribute in values and is_exact(column, values[attribute]):
            found[name] = values[attribute]
    return found


def _key(mapper: Any, target: Any) -> Any:
    identity = mapper.primary_key_from_instance(target)
    return identity[0] if len(identity) == 1 else tuple(identity)


def _inserted(mapper: Any, connection: Connection, target: Any) -> None:
    unit = unit_of(connection)
    if unit is not None:
        unit.changed(
            Change(type(target), mapper.local_table.name, "insert", _key(mapper, target), new=_current(mapper, target))
        )


def _deleted(mapper: Any, connection: Connection, target: Any) -> None:
    unit = unit_of(connection)
    if unit is not None:
        old, _ = _before(mapper, target)
        unit.changed(Change(type(target), mapper.local_table.name, "delete", _key(mapper, target), old=old))


def _updated(mapper: Any, connection: Connection, target: Any) -> None:
    unit = unit_of(connection)
    if unit is None:
        return
    old, columns = _before(mapper, target)
    if columns:
        columns |= _always_changed(mapper.local_table)
        if mapper.version_id_col is not None:
            columns |= {mapper.version_id_col.name}
        new = _current(mapper, target)
        unit.changed(
            Change(type(target), mapper.local_table.name, "update", _key(mapper, target), frozenset(columns), old, new)
        )


def _before(mapper: Any, target: Any) -> tuple[dict[str, Any], set[str]]:
    """The routing columns as they were in the database, and the names of the columns that have changed since."""
    old, columns = _current(mapper, target), set()
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if attribute.key not in sa_inspect(target).committed_state or not isinstance(column, Column):
            continue
        history = get_history(target, attribute.key)
        if not history.has_changes():
            continue
        columns.add(column.name)
        old.pop(column.name, None)
        if column.name in routing(mapper.local_table) and history.deleted and is_exact(column, history.deleted[0]):
            old[column.name] = history.deleted[0]
    return old, columns


event.listen(Model, "after_insert", _inserted, propagate=True)
event.listen(Model, "after_update", _updated, propagate=True)
event.listen(Model, "after_delete", _deleted, propagate=True)


# -- any other statement --------------------------------------------------------------------------------------------


def statement_changes(context: Any, statement: str, rowcount: int, tables: Mapping[str, Table]) -> list[Change]:
    """What an executed statement may have changed."""
    invoked = context.invoked_statement if context.compiled is not None else None
    if isinstance(invoked, Insert):
        return _changes_of_insert(invoked, context)
    if isinstance(invoked, (Update, Delete)):
        # With RETURNING (which SQLAlchemy may add by itself) the count is known only after the rows were fetched.
        if rowcount == 0 and not context.compiled.effective_returning:
            return []
        return [_change_of_update(invoked, context)] if isinstance(invoked, Update) else [_change_of_delete(invoked)]
    if invoked is not None and not context.isddl and not _is_text(invoked):
        return []
    return changes_of_text(statement, tables)


def _is_text(invoked: Any) -> bool:
    return getattr(invoked, "__visit_name__", "") in ("textclause", "textual_select", "tstring")


def _of(table: Any, op: Op, **known: Any) -> Change:
    info = getattr(table, "info", {})
    return Change(info.get("model"), table.name, op, **known)


def _changes_of_insert(statement: Any, context: Any) -> list[Change]:
    table = statement.table
    if statement._post_values_clause is not None or statement._prefixes:
        return [_of(table, "any")]  # ON CONFLICT DO UPDATE, OR REPLACE
    rows = context.compiled_parameters
    if statement.select is not None or statement._multi_values or len(rows) > MOST_ROWS:
        return [_of(table, "insert")]
    return [_of(table, "insert", **_inserted_row(table, row)) for row in rows]


def _inserted_row(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    known = {c.name: row[c.key] for c in table.columns if c.key in row and _is_known(c, row[c.key])}
    return {"key": _key_in(table, known), "new": {name: known[name] for name in known if name in routing(table)}}


def _is_known(column: Column[Any], value: Any) -> bool:
    return not isinstance(value, ClauseElement) and is_exact(column, value)


def _key_in(table: Table, known: Mapping[str, Any]) -> Any:
    names = [column.name for column in table.primary_key]
    if not names or not all(name in known for name in names):
        return None
    return known[names[0]] if len(names) == 1 else tuple(known[name] for name in names)


def _where(statement: Any) -> dict[str, Any]:
    if statement.whereclause is None:
        return {}
    table = statement.table
    pairs = conjuncts([statement.whereclause])
    known = {c.name: value for c, value in pairs if c.table.name == table.name and is_exact(c, value)}
    return {name: value for name, value in known.items() if name in routing(table)}


def _change_of_delete(statement: Any) -> Change:
    old = _where(statement)
    return _of(statement.table, "delete", key=_key_in(statement.table, old), old=old)


def _change_of_update(statement: Any, context: Any) -> Change:
    table, old = statement.table, _where(statement)
    values = _set_values(statement)
    if values is None:
        return _of(table, "update", key=_key_in(table, old), old=old)
    new = {name: value for name, value in old.items() if name not in values}
    new.update({name: value for name, value in values.items() if value is not _UNKNOWN and name in routing(table)})
    columns = frozenset(values) | _always_changed(table)
    new = {name: value for name, value in new.items() if name not in columns or name in values}
    return _of(table, "update", key=_key_in(table, old), columns=columns, old=old, new=new)


_UNKNOWN: Any = object()


def _set_values(statement: Any) -> dict[str, Any] | None:
    """Column name -> value or _UNKNOWN for SET; None when the values came from outside the statement."""
    given = statement._values
    if not given or statement._multi_values:
        return None
    return {
        _column_name(statement.table, column): _constant(statement.table, column, value)
        for column, value in given.items()
    }


def _column_name(table: Table, column: Any) -> str:
    return str(getattr(column, "name", column))


def _constant(table: Table, column: Any, value: Any) -> Any:
    name = _column_name(table, column)
    plain = value.value if getattr(value, "__visit_name__", "") == "bindparam" and value.callable is None else _UNKNOWN
    if plain is None and getattr(value, "required", False):
        return _UNKNOWN
    known = table.columns.get(name)
    return plain if plain is not _UNKNOWN and known is not None and is_exact(known, plain) else _UNKNOWN


def changes_of_text(statement: str, tables: Mapping[str, Table]) -> list[Change]:
    """Every known table that a changing text names; a text that names none may have changed anything."""
    if not may_change(statement):
        return []
    words = {word.lower() for word in re.findall(r"\w+", statement)}
    named = [table for name, table in tables.items() if name.lower() in words]
    return [_of(table, "any") for table in named] or [Change(None, EVERYTHING, "any")]


def may_change(statement: str) -> bool:
    """Whether SQL text may change something. `WITH` may precede both."""
    first = _FIRST_WORD.match(statement)
    word = first[1].lower() if first else ""
    if word == "with":
        return _CHANGING_WORD.search(statement) is not None
    return word not in _READING


# -- the hooks ------------------------------------------------------------------------------------------------------


def watch_engine(engine: SqlEngine, tables: Any) -> None:
    """Note what connections of an engine change, and open the transaction before the first change.

    tables: a function that gives the known tables by name.
    """

    if engine.dialect.name == "sqlite":
        event.listen(engine, "before_cursor_execute", _begin_before_change)

    @event.listens_for(engine, "after_cursor_execute")
    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        unit = unit_of(connection)
        if unit is None or unit.follow_savepoint(statement):
            return
        if not _is_change(context, statement) or _is_row_of_flush(unit, context):
            return
        for change in _noticed(context, statement, cursor.rowcount, tables()):
            unit.changed(change)


def _noticed(context: Any, statement: str, rowcount: int, tables: Mapping[str, Table]) -> list[Change]:
    try:
        return statement_changes(context, statement, rowcount, tables)
    except Exception:
        # The statement has succeeded; a form of it that we do not understand may have changed anything.
        log.exception(
            "the changes of a statement were not understood, so everything is taken as changed: %s", statement
        )
        return [Change(None, EVERYTHING, "any")]


def _begin_before_change(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    # A savepoint by itself would open a transaction that others can overtake.
    locks = statement[:9].upper() == "SAVEPOINT" or _is_locking(context)
    if (locks or _is_change(context, statement)) and not is_writing(connection):
        _begin_immediate(connection, cursor)


def begin_writing(connection: Connection) -> None:
    """Open the transaction that changes are made in, where the first statement has not done so."""
    if connection.dialect.name == "sqlite" and not is_writing(connection):
        _begin_immediate(connection)


def _begin_immediate(connection: Connection, cursor: Any = None) -> None:
    """Open the transaction that nobody else can write beside."""
    unit = unit_of(connection)
    if unit is not None:
        unit.take_turn()
    if cursor is not None:
        cursor.execute("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_change(context: Any, statement: str) -> bool:
    if context.isinsert or context.isupdate or context.isdelete or context.isddl:
        return True
    if context.compiled is not None and not _is_text(context.invoked_statement):
        return False
    return may_change(statement)


def _is_locking(context: Any) -> bool:
    """Whether a select() asks for the rows FOR UPDATE; SQLite's only lock is the right to write."""
    return getattr(context.invoked_statement, "_for_update_arg", None) is not None if context.compiled else False


def _is_row_of_flush(unit: Unit, context: Any) -> bool:
    # The unit of work brings its own cache of compiled statements: told row by row, through the mapper's events.
    return unit.is_flushing and context.execution_options.get("compiled_cache") is not None


class WatchedSession(Session):
    """SQLAlchemy's session whose connections know the unit of work. Made with `info={OPTION: unit}`."""

    def delete(self, instance: object) -> None:
        """Delete with the next flush; a row of a model with `soft_delete=` is marked instead."""
        if not mark(instance):
            super().delete(instance)

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """The row with a key; None where it is marked as deleted."""
        found: Any = super().get(entity, ident, **options)
        return None if found is not None and is_deleted(found) else found


@event.listens_for(WatchedSession, "after_begin")
def _join_unit(session: Session, transaction: Any, connection: Connection) -> None:
    connection.execution_options(**{OPTION: session.info[OPTION]})


@event.listens_for(WatchedSession, "before_flush")
def _before_flush(session: Session, context: Any, instances: Any) -> None:
    session.info[OPTION].is_flushing = True


@event.listens_for(WatchedSession, "after_flush")
def _after_flush(session: Session, context: Any) -> None:
    session.info[OPTION].is_flushing = False


@event.listens_for(WatchedSession, "after_soft_rollback")
def _after_rollback(session: Session, transaction: Any) -> None:
    session.info[OPTION].is_flushing = False  # a flush that failed had no end


@event.listens_for(WatchedSession, "after_commit")
def _after_commit(session: Session) -> None:
    if session.get_nested_transaction() is None:  # a savepoint that is released is no commit yet
        session.info[OPTION].committed()


@event.listens_for(WatchedSession, "after_transaction_end")
def _after_end(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info[OPTION].ended()
