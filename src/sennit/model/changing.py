"""`Model.where(…).update(…)` and `.delete()`: changes as values, run by `db.execute`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Update, delete, update

from ..errors import SennitError
from .soft_delete import mark_of
from .types import utcnow

if TYPE_CHECKING:
    from .query import Parts


class Updating:
    """Sets columns of all rows that a query finds, in one statement. A `version` column counts up with it."""

    __slots__ = ("parts", "values")

    def __init__(self, parts: "Parts", values: dict[str, Any]) -> None:
        _refuse_limited(parts)
        self.parts = parts
        self.values = values

    def statement(self) -> Update:
        """The SQLAlchemy statement."""
        model = self.parts.model
        values = dict(self.values)
        version = model.__mapper__.version_id_col
        if version is not None and model.__mapper__.get_property_by_column(version).key not in values:
            values[model.__mapper__.get_property_by_column(version).key] = version + 1
        return update(model).where(*conditions(self.parts)).values(**values)


class Deletion:
    """Deletes all rows that a query finds, in one statement; marks them where the model says `soft_delete=`."""

    __slots__ = ("parts",)

    def __init__(self, parts: "Parts") -> None:
        _refuse_limited(parts)
        self.parts = parts

    def statement(self) -> Delete | Update:
        """The SQLAlchemy statement."""
        name = mark_of(self.parts.model)
        if name is not None:
            return Updating(self.parts, {name: utcnow()}).statement()
        return delete(self.parts.model).where(*conditions(self.parts))


class Erasure(Deletion):
    """Removes all rows that a query finds, in one statement, whatever the model says of deleted rows."""

    __slots__ = ()

    def statement(self) -> Delete:
        """The SQLAlchemy statement."""
        return delete(self.parts.model).where(*conditions(self.parts))


def conditions(parts: "Parts") -> list[Any]:
    """The conditions of a query as expressions, equalities first."""
    return [getattr(parts.model, name) == value for name, value in parts.equal] + list(parts.conditions)


def _refuse_limited(parts: "Parts") -> None:
    narrowed = (parts.limit, parts.offset, parts.statement, parts.lock)
    if parts.shape == "rows" and not any(part is not None for part in narrowed) and not parts.joins + parts.group:
        return
    raise SennitError(
        code="query.E006",
        what="update() and delete() change all rows that the conditions find; a limit, page, join, group or select() has no meaning",
        fix="narrow it with where(…): Order.where(Order.id.in_(ids)).delete()",
    )
