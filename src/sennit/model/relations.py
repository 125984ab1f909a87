"""`relationship(...)`: never loads by itself, and follows the foreign key's `on_delete`."""

import sys
from typing import Any, NoReturn

from sqlalchemy import Column, Table
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import Mapped, Relationship, RelationshipDirection, RelationshipProperty
from sqlalchemy.orm.strategies import _LazyLoader

from ..errors import SennitError, did_you_mean


class NotLoaded(SennitError, DontWrapMixin):
    """A relation was read that its query did not load."""


def not_loaded(model_name: str, relation: str) -> NotLoaded:
    """The error for a relation that was not loaded, with the option that loads it."""
    return NotLoaded(
        code="model.E003",
        what=f"{model_name}.{relation} was not loaded with this {model_name}, and reading it now would be hidden I/O",
        where=f"{model_name}.{relation}",
        fix=f"ask for it: .load({model_name}.{relation}) on the query, or db.get(…, load=[{model_name}.{relation}])",
    )


class Relation(Relationship[Any]):
    """SQLAlchemy's relationship whose cascades are those of the foreign key, so that both always say the same."""

    inherit_cache = True

    def do_init(self) -> None:
        """Resolve the target and what follows from it."""
        self.find_target()
        super().do_init()

    def find_target(self) -> None:
        """Resolve the target, also when the annotation is a string that names an imported model of another program."""
        if isinstance(self.argument, str) and self.argument.isidentifier():
            self.argument = _model_named(self.argument, self.parent.class_, self.key)

    def _setup_join_conditions(self) -> None:
        """As SQLAlchemy finds them; a list leaves out rows that are marked as deleted."""
        given = self.local_remote_pairs, self.remote_side
        super()._setup_join_conditions()
        mark = getattr(self.mapper.class_, "__soft_delete__", None)
        if mark is None or self.uselist is False or self.direction is RelationshipDirection.MANYTOONE:
            return
        column = self.mapper.local_table.columns[self.mapper.columns[mark].key]
        stands = column._annotate({"remote": True}).is_(None)
        if self.secondaryjoin is None:
            self._init_args.primaryjoin.resolved = self.primaryjoin & stands
        else:
            self._init_args.secondaryjoin.resolved = self.secondaryjoin & stands
        self.local_remote_pairs, self.remote_side = given
        super()._setup_join_conditions()

    def _post_init(self) -> None:
        # The direction is known from here on, and the unit of work's part of the relation is made by super().
        if self.direction is RelationshipDirection.ONETOMANY and not self.viewonly and not self.passive_deletes:
            self._follow_on_delete({column for _, column in self.local_remote_pairs})
        super()._post_init()

    def _follow_on_delete(self, remote: set[Any]) -> None:
        rule = on_delete_of(remote)
        # Never touch the children's keys in Python: the database applies its rule, or refuses, and we say Conflict.
        self.passive_deletes = True if rule else "all"
        if rule == "CASCADE":
            orphans = "" if any(column.nullable for column in remote) else ", delete-orphan"
            self.cascade = f"save-update, merge, delete{orphans}"


def _model_named(name: str, owner: Any, relation: str) -> Any:
    """The model of that name in the owner's program, else the one that its module has imported."""
    models = owner.__program__.models
    found = models.get(name) or getattr(sys.modules.get(owner.__module__), name, None)
    if hasattr(found, "__mapper__"):
        return found
    raise SennitError(
        code="model.E023",
        what=f"{owner.__name__}.{relation} is a relation to {name!r}, which is no model.{did_you_mean(name, list(models))}",
        where=f"{owner.__module__}.{owner.__qualname__}",
        fix="name a model of this program, or import the other one into this module",
    )


def on_delete_of(columns: set[Column[Any]]) -> str | None:
    """What the database does to rows that hold these foreign keys: CASCADE, SET NULL, SET DEFAULT or None (refuse)."""
    rules = {key.ondelete.upper() for column in columns for key in column.foreign_keys if key.ondelete}
    return rules.pop() if len(rules) == 1 and rules <= {"CASCADE", "SET NULL", "SET DEFAULT"} else None


@RelationshipProperty.strategy_for(lazy="sennit")
class _NeverLoads(_LazyLoader):
    """SQLAlchemy's `lazy="raise"` with an error that says what to write."""

    __slots__ = ()

    def __init__(self, parent: Any, strategy_key: Any) -> None:
        super().__init__(parent, strategy_key)
        self._raise_always = True

    def _invoke_raise_load(self, state: Any, passive: Any, lazy: str) -> NoReturn:
        raise not_loaded(self.parent_property.parent.class_.__name__, self.parent_property.key)


def relationship(
    *,
    back_populates: str | None = None,
    order_by: Any = False,
    foreign_keys: Any = None,
    remote_side: Any = None,
    secondary: Table | str | None = None,
    primaryjoin: Any = None,
    secondaryjoin: Any = None,
    viewonly: bool = False,
    overlaps: str | None = None,
) -> Mapped[Any]:
    """A relation to another model, named by the annotation: `author: Mapped[User] = relationship()`.

    What happens to children when their parent is deleted is the foreign key's `on_delete`. The parameters are those
    of `sqlalchemy.orm.relationship`. Reading a relation that was not loaded raises SennitError `model.E003`.
    """
    options: dict[str, Any] = {"overlaps": overlaps} if overlaps else {}
    return Relation(
        secondary=secondary,
        back_populates=back_populates,
        order_by=order_by,
        foreign_keys=foreign_keys,
        remote_side=remote_side,
        primaryjoin=primaryjoin,
        secondaryjoin=secondaryjoin,
        viewonly=viewonly,
        lazy="sennit",  # type: ignore[arg-type]
        **options,
    )
