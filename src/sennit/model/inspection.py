"""`sennit db inspect`: models for a database that exists, as the text of a Python file."""

import keyword
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    Table,
    UniqueConstraint,
    create_engine,
    make_url,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import sort_tables

from ..errors import SennitError
from .annotations import annotation_of
from .mapping import RESERVED, snake_case

OUR_OWN = re.compile(r"sennit_|sqlite_|alembic_version")
"""Tables that belong to sennit or to the engine."""
_SQL = "from sqlalchemy import "


def inspect_url(url: str, only: Iterable[str] = ()) -> str:
    """`inspect_models` of the database at a URL. Raises SennitError (`model.E032`) when it cannot be opened."""
    try:
        _refuse_missing_file(url)
        engine = create_engine(url)
        with engine.connect() as connection:
            return inspect_models(connection, only)
    except (SQLAlchemyError, ImportError, FileNotFoundError) as error:
        raise SennitError(
            code="model.E032",
            what=f"the database cannot be inspected: {str(getattr(error, 'orig', None) or error).splitlines()[0]}",
            where="sennit db inspect",
            fix="give the URL of a database that is there: sqlite:///app.db; --table takes names of its tables",
        ) from error


def _refuse_missing_file(url: str) -> None:
    """SQLite would make one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise FileNotFoundError(f"there is no file {parsed.database!r}")


def inspect_models(connection: Connection, only: Iterable[str] = ()) -> str:
    """The text of a file that has a model for each table, parents first; `only`: names of tables, none means all.

    What a model cannot say stands in a comment beside it: nothing is left out in silence.
    """
    metadata = MetaData()
    metadata.reflect(connection, only=list(only) or None)
    tables = [table for table in sort_tables(list(metadata.tables.values())) if not OUR_OWN.match(table.name)]
    if connection.dialect.name == "sqlite":
        for table in tables:
            _rules_of_sqlite(connection, table)
    written = [_Written(table, {each.name for each in tables}) for table in tables]
    texts = [each.text() for each in written]
    return "\n\n\n".join([_imports(texts, set().union(*(each.needs for each in written))), *texts]) + "\n"


def class_name(table: str) -> str:
    """`order_line` -> `OrderLine`; always a name that Python takes."""
    words = [word for word in re.split(r"\W+|_", table) if word]
    name = "".join(word[0].upper() + word[1:] for word in words) or "Table"
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"Table{name}"


def attribute_name(column: str) -> str:
    """The column's own name where Python and the model leave it free."""
    name = re.sub(r"\W", "_", column)
    if not name or name[0].isdigit():
        name = f"column_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED or name.startswith("__") else name


class _Written:
    """One model. `needs`: lines of import that its text uses."""

    def __init__(self, table: Table, known: set[str]) -> None:
        self._table = table
        self._known = known
        self.name = class_name(table.name)
        self.needs: set[str] = set()

    def text(self) -> str:
        keyword_ = "" if snake_case(self.name) == self._table.name else f", table={quoted(self._table.name)}"
        body = [*self._columns(), *self._relations(), *self._rest()] or ["pass"]
        return "\n".join([f"class {self.name}(Model{keyword_}):", *(f"    {line}" for line in body)])

    # ── columns ──────────────────────────────────────────────────────────────

    def _columns(self) -> Iterator[str]:
        for column in self._table.columns:
            if not self._is_made_by_itself(column):
                yield self._column(column)

    def _is_made_by_itself(self, column: Column[Any]) -> bool:
        """The `id` that a model without a key gets."""
        keys = [*self._table.primary_key.columns]
        return (
            keys == [column] and column.name == "id" and annotation_of(column).text == "int" and not column.foreign_keys
        )

    def _column(self, column: Column[Any]) -> str:
        annotation = annotation_of(column)
        self.needs.update(annotation.imports)
        may_be_none = " | None" if column.nullable and not column.primary_key else ""
        options = ", ".join([*annotation.options, *self._options(column)])
        declared = f"{attribute_name(column.name)}: Mapped[{annotation.text}{may_be_none}]"
        remarks = [annotation.remark] if annotation.remark else []
        if column.computed is not None:
            remarks.append(f"computed by the database: {column.computed.sqltext}")
        remark = f"  # {'; '.join(remarks)}" if remarks else ""
        return f"{declared} = column({options}){remark}" if options else declared + remark

    def _options(self, column: Column[Any]) -> Iterator[str]:
        if attribute_name(column.name) != column.name:
            yield f"name={quoted(column.name)}"
        if column.primary_key:
            yield "primary_key=True"
        yield from self._reference(column)
        if self._is_unique(column):
            yield "unique=True"
        elif self._is_indexed(column):
            yield from () if self._is_reference(column) else ("index=True",)
        elif self._is_reference(column) and not column.primary_key:
            yield "index=False"
        if column.server_default is not None and column.computed is None and column.identity is None:
            yield from self._server_default(column)
        if column.comment:
            yield f"comment={quoted(column.comment)}"

    def _server_default(self, column: Column[Any]) -> Iterator[str]:
        default = getattr(column.server_default, "arg", None)
        said = str(getattr(default, "text", default))
        if "nextval(" not in said:
            self.needs.add("from sqlalchemy import text")
            yield f"server_default=text({quoted(said)})"

    def _is_reference(self, column: Column[Any]) -> bool:
        return self._key_of(column) is not None

    def _key_of(self, column: Column[Any]) -> ForeignKeyConstraint | None:
        """The foreign key of this column alone, to a table that is written as well."""
        for key in self._table.foreign_key_constraints:
            if key.column_keys == [column.name] and key.referred_table.name in self._known:
                return key
        return None

    def _reference(self, column: Column[Any]) -> Iterator[str]:
        key = self._key_of(column)
        if key is None:
            return
        target = key.elements[0].column
        yield f'references="{class_name(target.table.name)}.{attribute_name(target.name)}"'
        if key.ondelete and key.ondelete.upper() != "NO ACTION":
            yield f'on_delete="{key.ondelete.lower()}"'

    def _is_unique(self, column: Column[Any]) -> bool:
        constraints = [[*each.columns] for each in self._table.constraints if isinstance(each, UniqueConstraint)]
        indexes = [[*index.columns] for index in self._table.indexes if index.unique]
        return [column] in [*constraints, *indexes]

    def _is_indexed(self, column: Column[Any]) -> bool:
        return any([*index.columns] == [column] for index in self._table.indexes)

    # ── what is said of several columns ──────────────────────────────────────

    def _relations(self) -> Iterator[str]:
        """For each reference the row that it leads to."""
        taken = {attribute_name(column.name) for column in self._table.columns}
        targets = [key.referred_table.name for key in self._table.foreign_key_constraints]
        for column in self._table.columns:
            key = self._key_of(column)
            name = snake_case(attribute_name(column.name)).removesuffix("_id")
            if key is None or name in taken or targets.count(key.referred_table.name) > 1:
                continue
            if key.referred_table is self._table:
                continue  # which end is which, nobody but a person knows
            taken.add(name)
            may_be_none = " | None" if column.nullable else ""
            yield f'{name}: Mapped["{class_name(key.referred_table.name)}{may_be_none}"] = relationship()'

    def _rest(self) -> Iterator[str]:
        arguments = [*self._several_columns()]
        if arguments:
            yield "__table_args__ = ("
            yield from (f"    {argument}," for argument in arguments)
            yield ")"

    def _several_columns(self) -> Iterator[str]:
        for key in sorted(self._table.foreign_key_constraints, key=lambda key: str(key.column_keys)):
            if len(key.columns) > 1:
                self.needs.add("from sqlalchemy import ForeignKeyConstraint")
                targets = ", ".join(quoted(each.target_fullname) for each in key.elements)
                yield f"ForeignKeyConstraint([{', '.join(map(quoted, key.column_keys))}], [{targets}])"
        for constraint in sorted(self._table.constraints, key=lambda each: str(each.name)):
            if isinstance(constraint, UniqueConstraint) and len(constraint.columns) > 1:
                self.needs.add("from sqlalchemy import UniqueConstraint")
                yield f"UniqueConstraint({', '.join(quoted(column.name) for column in constraint.columns)})"
        for check in sorted(self._checks()):
            self.needs.add("from sqlalchemy import CheckConstraint")
            yield f"CheckConstraint({check})"
        for index in sorted(self._table.indexes, key=lambda index: str(index.name)):
            if len(index.columns) > 1:
                self.needs.add("from sqlalchemy import Index")
                names = ", ".join(quoted(column.name) for column in index.columns)
                yield f"Index({quoted(str(index.name))}, {names}{', unique=True' if index.unique else ''})"

    def _checks(self) -> Iterator[str]:
        for constraint in self._table.constraints:
            if isinstance(constraint, CheckConstraint):
                said, name = quoted(str(constraint.sqltext)), str(constraint.name or "")
                # The model puts this in front of every name.
                name = name.removeprefix(f"ck_{self._table.name}_")
                yield f"{said}, name={quoted(name)}" if name else said


def _imports(texts: list[str], needs: set[str]) -> str:
    """The head of the file: the standard library, SQLAlchemy, sennit; only what the models use."""
    words = set(re.findall(r"\w+", "\n".join(texts)))
    ours = [name for name in ("Mapped", "Model", "column", "relationship") if name in words]
    standard = sorted(need for need in needs if "sqlalchemy" not in need)
    sql = sorted(need.removeprefix(_SQL) for need in needs if need.startswith(_SQL))
    blocks = [standard, [_SQL + ", ".join(sql)] if sql else [], [f"from sennit import {', '.join(ours)}"]]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def quoted(text: str) -> str:
    """As a literal of Python."""
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(str(text))


def _rules_of_sqlite(connection: Connection, table: Table) -> None:
    """What happens on delete is not reflected where the reference names no column."""
    rules: dict[int, tuple[list[str], str]] = {}
    for row in connection.execute(
        text("SELECT * FROM pragma_foreign_key_list(:table)"), {"table": table.name}
    ).mappings():
        rules.setdefault(row["id"], ([], row["on_delete"]))[0].append(row["from"])
    for key in table.foreign_key_constraints:
        for columns, rule in rules.values():
            if columns == key.column_keys and rule != "NO ACTION":
                key.ondelete = rule
