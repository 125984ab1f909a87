"""The unit of work on a SQLAlchemy session: the calls of `db`, written once, for the loop and for threads alike.

Each method is synchronous. In a thread it is simply called; on the loop `AsyncSession.run_sync` calls it, and
SQLAlchemy awaits the driver underneath.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, TextClause, text
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.engine import Result
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, selectinload

from ..errors import SennitError
from .capture import begin_writing
from .changing import Deletion, Updating
from .fetch import by_key, first_value, missing, narrowed, only, page_rows
from .key_ranges import can_hold
from .outcome import Outcome
from .page import Page
from .plans import tuple_type
from .query import Query
from .rows import ReadOnlyRow, model_of, read_only
from .statement import count_of, select_of


class Work:
    """The calls of `db` on one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    # -- reading ----------------------------------------------------------------------------------------------------

    def all(self, query: Query[Any]) -> list[Any]:
        """All results."""
        if query.parts.shape == "page":
            return self.page(query).items
        return results(self.session.execute(tracked_select(query)))

    def first(self, query: Query[Any]) -> Any:
        """The first result, or None."""
        return next(iter(self.all(narrowed(query, 1))), None)

    def one(self, query: Query[Any]) -> Any:
        """The only result."""
        return only(self.all(narrowed(query, 2)), query)

    def scalar(self, query: Query[Any]) -> Any:
        """The first value of the first result."""
        return first_value(self.first(query))

    def page(self, query: Query[Any]) -> Page[Any]:
        """A page and the number of all rows."""
        total = self.session.execute(count_of(query.parts)).scalar_one()
        number, size = query.parts.page
        return Page(self.all(page_rows(query)), total, number, size)

    def resolve(self, query: Query[Any]) -> Any:
        """What the query stands for by its shape."""
        match query.parts.shape:
            case "rows" | "values":
                return self.all(query)
            case "first":
                return self.first(query)
            case "page":
                return self.page(query)
        return self.scalar(query)

    def find(self, model: Any, key: Any, load: Any = ()) -> Any:
        """The row with a primary key, or None; from memory when this unit has it and no relations are asked for."""
        query = by_key(model, key, load)
        if not can_hold(model, key, self.session.get_bind().dialect.name):
            return None
        return self.first(query) if load else self.session.get(model, key)

    def get(self, model: Any, key: Any, load: Any = ()) -> Any:
        """The row with a primary key. Raises NotFound."""
        found = self.find(model, key, load)
        if found is None:
            raise missing(model, key)
        return found

    def get_locked(self, model: Any, key: Any, load: Any = ()) -> Any:
        """The row as it is now, which nobody else can change until this unit ends. Raises NotFound."""
        self.begin_writing()
        statement = tracked_select(by_key(model, key, load)).with_for_update(of=model)
        if can_hold(model, key, self.session.get_bind().dialect.name):
            for found in results(self.session.execute(statement, execution_options=_AS_IT_IS)):
                return found
        raise missing(model, key)

    # -- changing ---------------------------------------------------------------------------------------------------

    def add(self, *rows: Any) -> None:
        """Store new rows with the next flush."""
        for row in rows:
            refuse_stranger(row, "db.add")
        self.session.add_all(rows)

    def delete(self, row: Any) -> None:
        """Delete a row with the next flush."""
        refuse_stranger(row, "db.delete")
        try:
            self.session.delete(row)
        except InvalidRequestError:
            if not sa_inspect(row).pending:
                raise
            self.session.expunge(row)  # added and deleted before anybody flushed

    def execute(self, statement: Any, parameters: dict[str, Any]) -> Outcome:
        """Run a text, a change or a SQLAlchemy statement."""
        self.session.flush()  # what was added before must be there for a statement that SQLAlchemy cannot look into
        if isinstance(statement, (Updating, Deletion)):
            outcome = outcome_of(self.session.execute(statement.statement()))
            self.refresh_expired()
            return outcome
        if isinstance(statement, Query):
            statement = select_of(statement.parts)
        return outcome_of(self.session.execute(_as_statement(statement), parameters or None))

    def begin_writing(self) -> None:
        """Take the right to write now, instead of with the first change."""
        begin_writing(self.session.connection())

    def refresh_expired(self) -> None:
        """Read again what a statement or a rolled back savepoint left unknown: reading it later would be hidden I/O."""
        for row in list(self.session.identity_map.values()):
            state: Any = sa_inspect(row)
            unknown = state.expired_attributes & {attribute.key for attribute in state.mapper.column_attrs}
            if not unknown:
                continue
            try:
                self.session.refresh(row, unknown)
            except InvalidRequestError:
                self.session.expunge(row)  # it is not there any more


_AS_IT_IS = {"populate_existing": True}


def tracked_select(query: Query[Any]) -> Select[Any]:
    """The statement for tracked objects, with its relations loaded by one more query each."""
    return select_of(query.parts).options(*_loaders(query.parts.model, query.parts.load))


def _loaders(model: Any, relations: Iterable[Any]) -> list[Any]:
    paths: dict[Any, Any] = {model: None}
    options = []
    for relation in relations:
        above = next(paths[known] for known in paths if issubclass(known, relation.property.parent.class_))
        path = selectinload(relation) if above is None else above.selectinload(relation)
        paths.setdefault(relation.property.mapper.class_, path)
        options.append(path)
    return options


def results(result: Result[Any]) -> list[Any]:
    """Rows of one value as that value, others as named tuples."""
    rows, names = result.all(), tuple(result.keys())
    width = len(rows[0]) if rows else 1
    if width == 1:
        return [row[0] for row in rows]
    # An alias without a name is among the values and not among the names.
    make = tuple_type(names if len(names) == width else (None,) * width)._make
    return [make(row) for row in rows]


def outcome_of(result: Any) -> Outcome:
    """Rows as named tuples, and how many rows were changed."""
    rowcount: int = getattr(result, "rowcount", -1)
    if not result.returns_rows:
        return Outcome([], rowcount)
    make = tuple_type(tuple(result.keys()))._make
    return Outcome([make(row) for row in result.all()], rowcount)


def _as_statement(statement: Any) -> Any:
    if isinstance(statement, str):
        _refuse_transaction_text(statement)
        return text(statement)
    if isinstance(statement, TextClause) or hasattr(statement, "_execute_on_connection"):
        return statement
    raise SennitError(
        code="model.E015",
        what=f"db.execute() was given a {type(statement).__name__}",
        fix='db.execute("update … where id = :id", id=1), db.execute(Todo.where(…).delete()), or a SQLAlchemy statement',
    )


def _refuse_transaction_text(statement: str) -> None:
    """Raise for a text that ends or begins a transaction: what it commits or undoes would be told wrongly."""
    words = statement.split(maxsplit=2)
    if (
        words
        and words[0].rstrip(";").lower() in ("begin", "commit", "end", "rollback")
        and "to" not in statement.lower().split()
    ):
        raise SennitError(
            code="model.E022",
            what=f"db.execute({statement!r}) would end or begin a transaction behind the unit of work's back",
            fix="async with db.transaction(): …, or db.commit() and db.rollback() on a unit that was begun by hand",
        )


def refuse_stranger(row: Any, call: str) -> None:
    """Raise for what cannot be stored: a read-only row (`model.E007`), or no model at all (`model.E016`)."""
    if isinstance(row, ReadOnlyRow) or issubclass(type(row), ReadOnlyRow):
        raise read_only(model_of(row).__name__, f"{call}() was given it")
    if not hasattr(type(row), "__mapper__"):
        raise SennitError(
            code="model.E016",
            what=f"{call}() was given a {type(row).__name__}, which is no model",
            fix=f"{call}(Todo(…)), or several: {call}(*todos)",
        )
