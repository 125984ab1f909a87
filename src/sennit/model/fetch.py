"""Reading into read-only rows: each call gives a piece of work that yields statements and is given their tuples.

No connection is touched here; a backend runs the work on whatever driver it has, in a thread or on the loop.
"""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.sql.compiler import SQLCompiler

from ..errors import NotFound, SennitError
from .adopt import as_query
from .page import Page
from .plans import Plans, Tuples
from .query import Query
from .related import load_relations
from .rows import key_names

Statement = tuple[str, tuple[Any, ...]]
"""SQL for the driver, and its parameters in order."""

Steps = Generator[Statement, Tuples, Any]
"""Yields statements, is sent the tuples of each, and returns the result."""

CHUNK = 200
"""Rows of a stream that are in memory at once."""


class Work(NamedTuple):
    """steps: begins anew with each call, so that work whose connection died can be done again. needs_snapshot: it has
    several statements, which must see the database as of one moment."""

    steps: Callable[[], Steps]
    needs_snapshot: bool = False


class Stream(NamedTuple):
    """A statement whose tuples are read piece by piece; rows: the steps that make rows of one piece."""

    statement: Statement
    rows: Callable[[Tuples], Steps]


class Fetch:
    """Makes work out of queries, with the plans of one engine."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def all(self, query: Query[Any]) -> Work:
        """All results, as a list."""
        if query.parts.shape == "page":
            return _then(self.page(query), lambda page: page.items)
        plan, load, model = self._plans.of(query), query.parts.load, query.parts.model
        statement = plan.rendered(query.identity)

        def steps() -> Steps:
            return plan.build((yield statement))

        def steps_with_relations() -> Steps:
            rows = plan.build((yield statement))
            yield from load_relations(self._plans, model, rows, load)
            return rows

        return Work(steps_with_relations, needs_snapshot=True) if load else Work(steps)

    def first(self, query: Query[Any]) -> Work:
        """The first result, or None."""
        return _then(self.all(narrowed(query, 1)), lambda rows: next(iter(rows), None))

    def one(self, query: Query[Any]) -> Work:
        """The only result. The work raises NotFound for none and SennitError `query.E009` for several."""
        return _then(self.all(narrowed(query, 2)), lambda rows: only(rows, query))

    def scalar(self, query: Query[Any]) -> Work:
        """The first value of the first result, or None."""
        return _then(self.first(query), first_value)

    def page(self, query: Query[Any]) -> Work:
        """A page and the number of all rows, as of the same moment."""
        number, size = query.parts.page
        rows, total = self.all(page_rows(query)), self._plans.of_count(query)
        count = total.rendered(query.identity)

        def steps() -> Steps:
            (found,) = total.build((yield count))
            return Page((yield from rows.steps()), found, number, size)

        return Work(steps, needs_snapshot=True)

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

    def text(self, statement: str, parameters: dict[str, Any]) -> Statement:
        """A text with `:name` parameters as the driver wants it."""
        compiled = text(statement).compile(dialect=self._plans.dialect)
        assert isinstance(compiled, SQLCompiler)
        values = compiled.construct_params(parameters)
        return compiled.string, tuple(values[name] for name in compiled.positiontup or ())

    def stream(self, query: Query[Any]) -> Stream:
        """The results, to be read at most CHUNK at a time."""
        plan = self._plans.of(query)

        def rows(tuples: Tuples) -> Steps:
            found = plan.build(tuples)
            yield from load_relations(self._plans, query.parts.model, found, query.parts.load)
            return found

        return Stream(plan.rendered(query.identity), rows)


def _then(work: Work, finish: Callable[[Any], Any]) -> Work:
    """The work, and what is made of its result."""

    def steps() -> Steps:
        return finish((yield from work.steps()))

    return Work(steps, work.needs_snapshot)


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
