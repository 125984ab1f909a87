"""What the names in a query stand for: equalities, orders, relations; a wrong one suggests the right one."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, ClauseElement

from ..errors import SennitError, did_you_mean


def unknown_name(model: type[Any], name: str) -> SennitError:
    """The error for a keyword that names nothing on the model."""
    names = list(model.__mapper__.attrs.keys())
    return SennitError(
        code="query.E002",
        what=f"{model.__name__} has no {name!r}.{did_you_mean(name, names)}",
        where=f"{model.__module__}.{model.__qualname__}",
        fix="it has: " + ", ".join(names),
    )


def equalities(model: Any, name: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """The (column attribute, value) pairs that `name=value` stands for."""
    if model is None:
        raise SennitError(
            code="query.E007",
            what=f"where({name}=…) on a query made from a select()",
            fix="give a condition: where(Order.status == 'open')",
        )
    if name in model.__table__.columns and name in model.__mapper__.columns:
        _refuse_list(model, name, value)
        return ((name, value),)
    mapper = model.__mapper__
    if name in mapper.column_attrs:
        return ((name, value),)
    if name not in mapper.relationships:
        raise unknown_name(model, name)
    return _relation_equalities(mapper.relationships[name], value)


def _relation_equalities(relation: Any, value: Any) -> tuple[tuple[str, Any], ...]:
    own, other = relation.parent, relation.mapper
    if relation.uselist:
        raise _no_relation(
            relation, f"is a list; ask {own.class_.__name__}.{relation.key}.contains(…) or .any(…) in a condition"
        )
    return tuple(
        (
            own.get_property_by_column(local).key,
            None if value is None else getattr(value, other.get_property_by_column(remote).key),
        )
        for local, remote in relation.local_remote_pairs
    )


def _refuse_list(model: Any, name: str, value: Any) -> None:
    if isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
        raise _not_one_value(model, name, value, f"{model.__name__}.{name} == …, or .in_(…) for a query")
    if isinstance(value, (list, tuple, set, frozenset)) and not isinstance(model.__table__.columns[name].type, JSON):
        raise _not_one_value(model, name, value, f"{model.__name__}.{name}.in_(…)")  # a JSON column holds lists


def _not_one_value(model: Any, name: str, value: object, condition: str) -> SennitError:
    return SennitError(
        code="query.E003",
        what=f"where({name}=…) compares with one value and was given a {type(value).__name__}",
        where=f"{model.__name__}.{name}",
        fix=f"where({condition})",
    )


def ordering(model: Any, statement: Any, name: str) -> Any:
    """The expression for an order such as "at" or "-at"."""
    expression = column_named(model, statement, name.removeprefix("-"))
    return expression.desc() if name.startswith("-") else expression


def column_named(model: Any, statement: Any, name: str) -> Any:
    """The model's column of that name, or that of a select() that was given. Raises SennitError `query.E002`."""
    if model is not None:
        if name not in model.__mapper__.column_attrs:
            raise unknown_name(model, name)
        return getattr(model, name)
    columns = statement.selected_columns
    if name not in columns:
        raise SennitError(
            code="query.E002",
            what=f"this select() gives no {name!r}.{did_you_mean(name, list(columns.keys()))}",
            fix=f"it gives {', '.join(columns.keys())}",
        )
    return columns[name]


def check_relations(model: Any, known: tuple[Any, ...], relations: Iterable[Any]) -> tuple[Any, ...]:
    """The relations, each checked to start at the model or at the target of one before it."""
    owners = [model, *(relation.property.mapper.class_ for relation in known)]
    checked = []
    for relation in relations:
        prop = getattr(relation, "property", None)
        if prop is None or not hasattr(prop, "mapper") or not any(issubclass(o, prop.parent.class_) for o in owners):
            raise _no_relation(relation, f"is not a relation of {' or '.join(o.__name__ for o in owners)}")
        owners.append(prop.mapper.class_)
        checked.append(relation)
    return tuple(checked)


def _no_relation(relation: object, why: str) -> SennitError:
    return SennitError(
        code="query.E004",
        what=f"{relation} {why}",
        fix="load(Article.author, User.team): each relation starts at the model or at one named before it",
    )
