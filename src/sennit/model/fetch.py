"""Reading into read-only rows: each call gives a piece of work for a connection, whatever thread it is run in."""

import sqlite3
from collections.abc import Callable, Generator
from typing import Any

from sqlalchemy import text
from sqlalchemy.sql.compiler import SQLCompiler

from ..errors import NotFound, SennitError
from .adopt import as_query
from .outcome import Outcome
from .page import Page
from .plans import Plan, Plans, tuple_type
from .query import Query
from .related import load_relations
from .rows import key_names

Work = Callable[[sqlite3.Connection], Any]

CHUNK = 200
"""Rows of a stream that are in memory at once."""


class Fetch:
    """Makes work out of queries, with the plans of one engine."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def all(self, query: Query[Any]) -> Work:
        """All results, as a list."""
        if query.parts.shape == "page":
            page = self.page(query)
            return lambda connection: page(connection).items
        plan, load = self._plans.of(query), query.parts.load
        sql, parameters = plan.rendered(query.identity)
        if not load:
            return lambda connection: plan.build(run(connection, sql, parameters).fetchall())
        return lambda connection: self._with_relations(connection, plan, sql, parameters, query)

    def first(self, query: Query[Any]) -> Work:
        """The first result, or None."""
        rows = self.all(narrowed(query, 1))
        return lambda connection: next(iter(rows(connection)), None)

    def one(self, query: Query[Any]) -> Work:
        """The only result. The work raises NotFound for none and SennitError `query.E009` for several."""
        rows = self.all(narrowed(query, 2))
        return lambda connection: only(rows(connection), query)

    def scalar(self, query: Query[Any]) -> Work:
        """The first value of the first result, or None."""
        first = self.first(query)
        return lambda connection: first_value(first(connection))

    def page(self, query: Query[Any]) -> Work:
        """A page and the number of all rows, as of the same moment."""
        number, size = query.parts.page
        rows, total = self.all(page_rows(query)), self._plans.of_count(query)
        count, parameters = total.rendered(query.identity)

        def work(connection: sqlite3.Connection) -> Page[Any]:
            with snapshot(connection):
                (found,) = total.build(run(connection, count, parameters).fetchall())
                return Page(rows(connection), found, number, size)

        return work

    def resolve(self, query: Query[Any]) -> Work:
        """What the query stands for by its shape."""
        match query.parts.shape:
            case "rows" | "values":
                return self.all(query)
            case "first":
                return self.first(query)
            case "page":
                return self.page(query)
        return self.scalar(query)

    def execute(self, statement: str, parameters: dict[str, Any]) -> Work:
        """The rows of a text that reads."""
        compiled = text(statement).compile(dialect=self._plans.dialect)
        assert isinstance(compiled, SQLCompiler)
        values = compiled.construct_params(parameters)
        positional = tuple(values[name] for name in compiled.positiontup or ())
        return lambda connection: _outcome(run(connection, compiled.string, positional))

    def stream(self, query: Query[Any], connection: sqlite3.Connection) -> Generator[list[Any], None, None]:
        """The results in lists of at most CHUNK, read as they are asked for."""
        plan = self._plans.of(query)
        cursor = run(connection, *plan.rendered(query.identity))
        while tuples := cursor.fetchmany(CHUNK):
            rows = plan.build(tuples)
            load_relations(connection, self._plans, query.parts.model, rows, query.parts.load)
            yield rows

    def _with_relations(
        self, connection: sqlite3.Connection, plan: Plan, sql: str, parameters: tuple[Any, ...], query: Query[Any]
    ) -> list[Any]:
        with snapshot(connection):
            rows = plan.build(run(connection, sql, parameters).fetchall())
            load_relations(connection, self._plans, query.parts.model, rows, query.parts.load)
        return rows


def run(connection: sqlite3.Connection, sql: str, parameters: tuple[Any, ...]) -> sqlite3.Cursor:
    """Execute; a whole number that no column can hold (`/todos/99999999999999999999`) is compared, not refused."""
    try:
        return connection.execute(sql, parameters)
    except OverflowError:
        return connection.execute(
            sql, tuple(float(p) if type(p) is int and abs(p) >= 1 << 63 else p for p in parameters)
        )


class snapshot:
    """Several statements that see the database as of one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_outermost = not connection.in_transaction

    def __enter__(self) -> None:
        if self._is_outermost:
            self._connection.execute("BEGIN")

    def __exit__(self, *error: object) -> None:
        if self._is_outermost:
            self._connection.execute("COMMIT")


def by_key(model: Any, key: Any, load: Any = ()) -> Query[Any]:
    """The query for one row by its primary key, a tuple for a composite one."""
    values = key if isinstance(key, tuple) else (key,)
    names = key_names(model)
    if len(values) != len(names):
        raise SennitError(
            code="query.E011",
            what=f"{model.__name__} has the key ({', '.join(names)}) and was asked for {key!r}",
            where=model.__name__,
            fix=f"give {'a tuple in that order' if len(names) > 1 else 'one value'}",
        )
    query: Query[Any] = Query(model).where(**dict(zip(names, values, strict=True)))
    return (query.load(*load) if load else query).first()


def missing(query_or_model: Any, key: Any = None) -> NotFound:
    """The 404 for a row that is not there."""
    model = query_or_model.parts.model if isinstance(query_or_model, Query) else query_or_model
    name = getattr(model, "__name__", "row")
    return NotFound(detail=f"There is no {name} {key!r}." if key is not None else f"There is no such {name}.")


def only(rows: list[Any], query: Query[Any]) -> Any:
    """The single result of a list of at most two."""
    if not rows:
        raise missing(query)
    if len(rows) > 1:
        raise SennitError(
            code="query.E009",
            what=f"db.one() found more than one row: {query!r}",
            fix="narrow the query, or ask db.first(…) for the first of several",
        )
    return rows[0]


def first_value(result: Any) -> Any:
    """The first of several values, or the value itself."""
    return result[0] if isinstance(result, tuple) else result


def page_rows(query: Query[Any]) -> Query[Any]:
    """The rows of the page that a query of shape "page" asks for."""
    number, size = query.parts.page
    start = (query.parts.offset or 0) + (number - 1) * size
    most = size if query.parts.limit is None else max(0, min(size, query.parts.limit - (number - 1) * size))
    shape: Any = "values" if query.parts.columns else "rows"
    return Query(parts=query.parts._replace(limit=most, offset=start, shape=shape, page=(0, 0)))


def narrowed(query: Query[Any], most: int) -> Query[Any]:
    """The query for at most this many results."""
    limit = query.parts.limit
    if query.parts.aggregate or query.parts.shape == "exists" or (limit is not None and limit <= most):
        return query
    return query.limit(most)


def paged(readable: Any, number: int, size: int) -> Query[Any]:
    """The query for `db.page(q, number, size)`."""
    return as_query(readable).page(number, size)


def _outcome(cursor: sqlite3.Cursor) -> Outcome:
    if cursor.description is None:
        return Outcome([], cursor.rowcount)
    row = tuple_type(tuple(column[0] for column in cursor.description))
    return Outcome([row._make(values) for values in cursor.fetchall()], cursor.rowcount)
