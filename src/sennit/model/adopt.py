"""Whatever may be read, as a query: our own, or any SQLAlchemy select()."""

from typing import Any

from sqlalchemy import CompoundSelect, Select

from ..errors import SennitError
from .query import Parts, Query

Readable = Query[Any] | Select[Any]


def as_query(readable: Any, load: Any = ()) -> Query[Any]:
    """The query that was given, or one made of a select(); with these relations loaded too.

    Raises SennitError `query.E008` for a select() with loader options, `query.E010` for something else.
    """
    query = readable if isinstance(readable, Query) else _adopted(readable)
    return query.load(*load) if load else query


def _adopted(readable: Any) -> Query[Any]:
    if isinstance(readable, CompoundSelect):
        raise SennitError(
            code="query.E010",
            what="a union cannot be read by itself, because its columns belong to no statement",
            fix="wrap it: select(union(…).subquery())",
        )
    if not isinstance(readable, Select):
        raise SennitError(
            code="query.E010",
            what=f"{type(readable).__name__} is not something that can be read",
            fix="give a query (Todo.where(…)) or a SQLAlchemy select(); changes and text go to db.execute(…)",
        )
    _refuse_options(readable)
    described = readable.column_descriptions
    entity = described[0]["entity"] if len(described) == 1 and described[0]["expr"] is described[0]["entity"] else None
    is_model = isinstance(entity, type)
    shape: Any = "rows" if is_model else "values"
    return Query(parts=Parts(model=entity if is_model else None, statement=readable, shape=shape))


def _refuse_options(statement: Any) -> None:
    if getattr(statement, "_with_options", ()):
        raise SennitError(
            code="query.E008",
            what="this select() has .options(…), which not every db understands",
            fix="drop the options and name the relations: db.all(select(Article), load=[Article.author])",
        )
