"""`many_to_many()`: a relation whose table in between makes itself."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped

from ..errors import SennitError
from .relations import Relation


class ManyToMany(Relation):
    """A relation over a table of the two keys, which is made when both models are known."""

    inherit_cache = True
    link: Table | None = None
    link_name: str | None = None
    partner: str | None = None

    def do_init(self) -> None:
        """Make the table in between, or take the one that the other side has made."""
        self.find_target()
        self._setup_entity()
        if self.link is None:
            shared = self._link_of_partner()
            self.link = self._made() if shared is None else shared
        self._init_args.secondary.argument = self.link
        if self.entity.mapper is self.parent:
            self._join_with_itself(self.link)
        super().do_init()

    def _post_init(self) -> None:
        # The rows in between go with either row, by the database.
        self.passive_deletes = True
        super()._post_init()

    def _link_of_partner(self) -> Table | None:
        other = self.entity.mapper._props.get(self.partner) if self.partner else None
        return other.link if isinstance(other, ManyToMany) else None

    def _made(self) -> Table:
        owner, target = self.parent.class_.__table__, self.entity.mapper.class_.__table__
        name = self.link_name or "_".join(sorted((owner.name, target.name)))
        metadata = self.parent.class_.__program__.metadata
        if name in metadata.tables:
            raise self._taken(name)
        prefix = "to_" if owner is target else ""
        return Table(name, metadata, *_keys(owner, "", None), *_keys(target, prefix, True))

    def _join_with_itself(self, link: Table) -> None:
        """Both keys lead to the same table, so it must be said which is which; the other side reads them swapped."""
        table = self.parent.class_.__table__
        here, there = (_is_key_of(link, table, prefix) for prefix in ("", "to_"))
        other = self.entity.mapper._props.get(self.partner) if self.partner else None
        if isinstance(other, ManyToMany) and other is not self and other._init_args.primaryjoin.argument is not None:
            here, there = there, here
        self._init_args.primaryjoin.argument, self._init_args.secondaryjoin.argument = here, there

    def _taken(self, name: str) -> SennitError:
        own = f"{self.parent.class_.__name__}.{self.key}"
        return SennitError(
            code="model.E047",
            what=f"{own} would have the table {name!r}, which is there already",
            where=f"{self.parent.class_.__module__}.{self.parent.class_.__qualname__}",
            fix='if they are two sides of one relation, name the other side on each: many_to_many(back_populates="…"); '
            'if not, many_to_many(table="…")',
        )


def _keys(table: Table, prefix: str, index: bool | None) -> list[Column[Any]]:
    """A column for each key of a table. index: for the second half of the key, which a lookup from there needs."""
    return [
        Column(
            f"{prefix}{table.name}_{key.name}",
            key.type,
            ForeignKey(key, ondelete="CASCADE"),
            primary_key=True,
            index=index,
        )
        for key in table.primary_key
    ]


def _is_key_of(link: Table, table: Table, prefix: str) -> Any:
    pairs = [(key, link.columns[f"{prefix}{table.name}_{key.name}"]) for key in table.primary_key]
    condition: Any = pairs[0][0] == pairs[0][1]
    for own, other in pairs[1:]:
        condition &= own == other
    return condition


def many_to_many(*, back_populates: str | None = None, order_by: Any = False, table: str | None = None) -> Mapped[Any]:
    """A list of other rows, each of which may be in many lists: `tags: Mapped[list[Tag]] = many_to_many()`.

    The table in between is made by itself, called after both (`article_tag`) or as `table` says; its rows go with
    either side. back_populates: the name of the same relation on the other model. Raises SennitError `model.E047` for
    a second relation with the same table.
    """
    relation = ManyToMany(back_populates=back_populates, order_by=order_by, lazy="sennit")  # type: ignore[arg-type]
    relation.link_name = table
    relation.partner = back_populates
    return relation
