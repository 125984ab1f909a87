"""What a query depends on: tables, and of each the rows that it provably reads.

Sound by construction: whatever is not understood is read as a whole, and a text that could name any table reads
everything. See `change_matches` for the other half.
"""

import datetime
import enum
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BindParameter, Boolean, Column, Date, Enum, Integer, Select, String, Table, Uuid
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnClause, Grouping, Null, TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import FromClause, Join, SelectBase, TableClause

from .joins import entities_of

if TYPE_CHECKING:
    from .query import Parts, Query

EVERYTHING = "*"
"""The table name that stands for all tables."""


class TableRead(NamedTuple):
    """A dependence on `table`: only rows where every (column, value) of `equals` holds matter, and of an update only
    `columns`; None means all of them. Names are those of the database."""

    table: str
    equals: frozenset[tuple[str, Any]] = frozenset()
    columns: frozenset[str] | None = None


Equals = dict[str, Any]


def reads_of(query: "Query[Any]") -> frozenset[TableRead]:
    """The read set of a query."""
    parts = query.parts
    if parts.statement is not None:
        return _reads_of_statement(query.select())
    found = _broad_reads(_expressions(parts), parts.model.__table__)
    found |= {TableRead(name) for entity in entities_of(parts.joins) for name in tables_in(entity)}
    if TableRead(EVERYTHING) in found:
        return frozenset({TableRead(EVERYTHING)})
    equals = {} if any(r.table == parts.model.__table__.name for r in found) else _own_equals(parts)
    found.add(TableRead(parts.model.__table__.name, frozenset(equals.items()), _columns_read(parts)))
    return frozenset(found | _relation_reads(parts, equals))


def _expressions(parts: "Parts") -> list[Any]:
    found = [*parts.conditions, *parts.order, *parts.columns, *parts.group, *parts.having]
    for join in parts.joins:
        found += [join.target] if join.on is None else [join.on]
    return found


def reads_of_select(statement: Any) -> frozenset[TableRead]:
    """The read set of any SQLAlchemy statement; text that is not understood reads everything."""
    return _reads_of_statement(statement)


def _own_equals(parts: "Parts") -> Equals:
    pairs = [(parts.model.__mapper__.columns[name], value) for name, value in parts.equal]
    found = {column.name: value for column, value in pairs if isinstance(column, Column) and is_exact(column, value)}
    for column, value in conjuncts(parts.conditions):
        if column.table is parts.model.__table__ and is_exact(column, value):
            found.setdefault(column.name, value)
    return found


# -- equalities that can be trusted ---------------------------------------------------------------------------------

_EXACT: tuple[tuple[type, tuple[type, ...]], ...] = (
    (Boolean, (bool,)),
    (Uuid, (uuid.UUID,)),
    (Date, (datetime.date,)),
    (Integer, (int, bool)),
)


def is_exact(column: Column[Any], value: object) -> bool:
    """Whether `column = value` means the same to the database as `==` to Python.

    A text compared with an integer column, a collation, a rounded number or a time may be equal to the one and
    not to the other; such an equality proves nothing.
    """
    kind = column.type
    if value is None:
        return True
    if isinstance(kind, Enum):
        return isinstance(value, enum.Enum) and type(value) is kind.enum_class
    if isinstance(kind, String):
        return type(value) is str and kind.collation is None
    return any(isinstance(kind, sql) and type(value) in python for sql, python in _EXACT)


def conjuncts(conditions: Iterable[Any]) -> Iterator[tuple[Column[Any], Any]]:
    """The `column = constant` and `column IS NULL` that must hold for all the conditions to hold."""
    for condition in conditions:
        element = condition.__clause_element__() if hasattr(condition, "__clause_element__") else condition
        if isinstance(element, Grouping):
            yield from conjuncts([element.element])
        elif isinstance(element, BooleanClauseList):
            if element.operator is operators.and_:
                yield from conjuncts(element.clauses)
        elif isinstance(element, BinaryExpression):
            yield from _equality(element)


def _equality(element: BinaryExpression[Any]) -> Iterator[tuple[Column[Any], Any]]:
    left, right = element.left, element.right
    if element.operator is operators.is_ and isinstance(right, Null) and _table_column(left) is not None:
        yield _table_column(left), None
    if element.operator is operators.eq:
        for column, constant in ((left, right), (right, left)):
            if _table_column(column) is not None and _is_constant(constant):
                yield _table_column(column), constant.value


def _table_column(element: Any) -> Any:
    """The column of a table itself (not of an alias) that an expression is, or None."""
    column = element._deannotate() if hasattr(element, "_deannotate") else element
    if not isinstance(column, Column) or not isinstance(column.table, Table):
        return None
    # Annotated copies compare and hash apart from the column of the table.
    return column.table.columns.get(column.key, column)


def _is_constant(element: Any) -> bool:
    # A parameter with a name of its own may be given another value when the statement runs.
    return (
        isinstance(element, BindParameter)
        and element.unique
        and not element.required
        and element.callable is None
        and not element.expanding
        and element.value is not None
    )


# -- tables that occur in expressions -------------------------------------------------------------------------------


def _broad_reads(expressions: Iterable[Any], main: Table | None) -> set[TableRead]:
    """Whole-table reads for every table in the expressions other than plain columns of `main`."""
    found: set[TableRead] = set()
    for expression in expressions:
        element = expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression
        if not hasattr(element, "get_children"):
            continue
        for part in visitors.iterate(element):
            found |= _reads_of_part(part, main)
    return found


def _reads_of_part(part: Any, main: Table | None) -> set[TableRead]:
    if _is_text(part):
        return {TableRead(EVERYTHING)}
    # A function is a FROM clause to SQLAlchemy; what it computes with is among the parts.
    if isinstance(part, (SelectBase, FromClause)) and not isinstance(part, FunctionElement):
        return {TableRead(name) for name in tables_in(part)}
    if isinstance(part, Column) and part.table is not None:
        return {TableRead(name) for name in tables_in(part.table) if main is None or name != main.name}
    return set()


def _is_text(part: Any) -> bool:
    """Whether a part of a statement is SQL that somebody wrote, which may name any table."""
    if isinstance(part, ColumnClause) and part.is_literal:
        return not part.name.isdigit() and part.name != "*"  # EXISTS (SELECT 1 …), count(*)
    return isinstance(part, TextClause)


def tables_in(element: Any) -> set[str]:
    """The names of all tables inside a selectable; EVERYTHING where a text is among them."""
    names = set()
    for part in visitors.iterate(element):
        if isinstance(part, (Table, TableClause)):
            names.add(part.name)
        elif _is_text(part):
            names.add(EVERYTHING)
        elif isinstance(part, Select) and part._setup_joins:
            # What `join(Book.genres)` passes through stands nowhere in the statement until it is compiled.
            names |= {name for source in part.get_final_froms() for name in tables_in(source)}
        elif isinstance(part, Column) and isinstance(part.table, Table):
            names.add(part.table.name)
        elif hasattr(part, "element") and isinstance(part.element, (SelectBase, FromClause)) and part is not element:
            names |= tables_in(part.element)
    return names


def _columns_read(parts: "Parts") -> frozenset[str] | None:
    """The columns of the model's table that the result depends on, None for all."""
    if parts.shape in ("rows", "first", "page") and not parts.columns:
        return None
    if _is_whole_row(parts):
        return None
    if parts.joins:
        return None  # the conditions of the joins are as good as further ones
    names = {parts.model.__mapper__.columns[name].name for name, _ in parts.equal}
    for expression in _expressions(parts):
        names |= _column_names(expression, parts.model.__table__)
    return frozenset(names)


def _is_whole_row(parts: "Parts") -> bool:
    # `count()` of distinct rows compares every column.
    return parts.distinct and not parts.columns


def _column_names(expression: Any, table: Table) -> set[str]:
    element = expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression
    if not hasattr(element, "get_children"):
        return set()
    return {
        part.name
        for part in visitors.iterate(element)
        if isinstance(part, Column) and part.table is not None and part.table.name == table.name
    }


# -- relations that are loaded with the rows ------------------------------------------------------------------------


def _relation_reads(parts: "Parts", equals: Equals) -> set[TableRead]:
    known: dict[Any, Equals] = {parts.model: equals}
    found: set[TableRead] = set()
    for relation in parts.load:
        target, target_equals = _through(relation, known)
        # A model reached twice is read by both ways.
        known[target] = {} if target in known else target_equals
        found.add(TableRead(target.__table__.name, frozenset(target_equals.items())))
        if relation.property.secondary is not None:
            found |= {TableRead(name) for name in tables_in(relation.property.secondary)}
        found |= _broad_reads([relation.property.primaryjoin], target.__table__) - _owner_read(relation)
    return found


def _owner_read(relation: InstrumentedAttribute[Any]) -> set[TableRead]:
    return {TableRead(relation.property.parent.class_.__table__.name)}


def _through(relation: InstrumentedAttribute[Any], known: dict[Any, Equals]) -> tuple[Any, Equals]:
    """The relation's target and what is known of its rows: `comment.article_id = 5` gives `article.id = 5`."""
    prop = relation.property
    owner = next((equals for model, equals in known.items() if issubclass(model, prop.parent.class_)), {})
    pairs = prop.local_remote_pairs if prop.secondary is None else ()
    carried = {r.name: owner[c.name] for c, r in pairs if owner.get(c.name) is not None and is_exact(r, owner[c.name])}
    return prop.mapper.class_, carried


# -- any statement --------------------------------------------------------------------------------------------------


def _reads_of_statement(statement: Any) -> frozenset[TableRead]:
    names = tables_in(statement)
    if EVERYTHING in names or not names:
        return frozenset({TableRead(EVERYTHING)})
    equals = _equals_of_select(statement) if isinstance(statement, Select) else {}
    return frozenset(TableRead(name, frozenset(equals.get(name, {}).items())) for name in names)


def _equals_of_select(statement: Select[Any]) -> dict[str, Equals]:
    """By table: what the outermost WHERE says of tables that stand in FROM exactly once, as themselves."""
    sources = [source for from_ in statement.get_final_froms() for source in _plain_sources(from_)]
    once = {source.name for source in sources if _occurrences(statement, source) == 1}
    has_outer_join = any(join.isouter or join.full for join in _joins(statement))
    found: dict[str, Equals] = {}
    for column, value in conjuncts(_where(statement)):
        # A row that an outer join fills up with NULLs fulfils IS NULL, and goes when a partner comes.
        if column.table.name in once and is_exact(column, value) and not (value is None and has_outer_join):
            found.setdefault(column.table.name, {}).setdefault(column.name, value)
    return found


def _where(statement: Select[Any]) -> list[Any]:
    return [] if statement.whereclause is None else [statement.whereclause]


def _plain_sources(source: Any) -> list[Table]:
    if isinstance(source, Join):
        return _plain_sources(source.left) + _plain_sources(source.right)
    bare = source._deannotate() if hasattr(source, "_deannotate") else source
    return [bare] if isinstance(bare, Table) else []


def _joins(statement: Select[Any]) -> list[Join]:
    return [part for from_ in statement.get_final_froms() for part in visitors.iterate(from_) if isinstance(part, Join)]


def _occurrences(statement: Select[Any], table: Table) -> int:
    """How often a table is a source: in the outermost FROM, and 2 more where it stands in a subquery or alias."""
    count = sum(source.name == table.name for from_ in statement.get_final_froms() for source in _plain_sources(from_))
    nested = {
        name
        for part in visitors.iterate(statement)
        if part is not statement and isinstance(part, (SelectBase, FromClause)) and not isinstance(part, (Table, Join))
        for name in tables_in(part)
    }
    return count + 2 * (table.name in nested)
