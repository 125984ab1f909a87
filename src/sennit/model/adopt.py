"""Whatever may be read, as a query: our own, or any SQLAlchemy select() or union()."""

from typing import Any

from sqlalchemy import CompoundSelect, Select

from ..errors import SennitError
from .query import Parts, Query
from .unions import of_rows, of_values

Readable = Query[Any] | Select[Any] | CompoundSelect[Any]


def as_query(readable: Any, load: Any = ()) -> Query[Any]:
    """The query that was given, or one made of a select() or union(); with these relations loaded too.

    Raises SennitError `query.E008` for a select() with loader options, `query.E010` for something else.
    """
    query = readable if isinstance(readable, Query) else _adopted(readable)
    return query.load(*load) if load else query


def query_in(value: object) -> Query[Any] | None:
    """The query that a value stands for: itself, or a SQLAlchemy select() or union(); None for anything else."""
    return as_query(value) if isinstance(value, (Query, Select, CompoundSelect)) else None


def _adopted(readable: Any) -> Query[Any]:
    if isinstance(readable, CompoundSelect):
        return _adopted_compound(readable)
    if not isinstance(readable, Select):
        raise SennitError(
            code="query.E010",
            what=f"{type(readable).__name__} is not something that can be read",
            fix="give a query (Todo.where(…)) or a SQLAlchemy select(); changes and text go to db.execute(…)",
        )
    _refuse_options(readable)
    model = _only_model(readable)
    shape: Any = "rows" if model is not None else "values"
    return Query(parts=Parts(model=model, statement=readable, shape=shape))


def _only_model(statement: Select[Any]) -> Any:
    """The model whose rows a select() gives; None for values, aliases and several things at once."""
    described = statement.column_descriptions
    entity = described[0]["entity"] if len(described) == 1 and described[0]["expr"] is described[0]["entity"] else None
    return entity if isinstance(entity, type) else None


def _adopted_compound(statement: CompoundSelect[Any]) -> Query[Any]:
    models = {_only_model(member) if isinstance(member, Select) else None for member in statement.selects}
    (model,) = models if len(models) == 1 else (None,)
    if model is None:
        return Query(parts=of_values(Parts(None), statement))
    parts = of_rows(Parts(model), statement)
    if parts is None:
        name = model.__name__
        raise SennitError(
            code="query.E010",
            what=f"this union of {name} rows has an order, a limit or rows twice, which rows found by their keys have not",
            fix=f"order and limit the query instead: {name}.where(a).union({name}.where(b)).order_by(…).limit(…)",
        )
    return Query(parts=parts)


def _refuse_options(statement: Any) -> None:
    if getattr(statement, "_with_options", ()):
        raise SennitError(
            code="query.E008",
            what="this select() has .options(…), which not every db understands",
            fix="drop the options and name the relations: db.all(select(Article), load=[Article.author])",
        )
