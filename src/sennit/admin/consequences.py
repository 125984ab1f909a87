"""What deleting a row does to others, told before it is done: what goes with it, what loses its reference, what forbids it."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from ..model import Database, Query
from ..model.rows import key_of, model_of
from .columns import attribute_of, target_of
from .wording import label_of, noun_of, plural_of

MOST_LABELS = 5
MOST_LEVELS = 6


class Consequence(NamedTuple):
    """number: rows of `title` that are concerned; labels: of the first few; level: how far from the row, 1 for its own."""

    title: str
    number: int
    labels: list[str]
    level: int


class Consequences(NamedTuple):
    deleted: list[Consequence]
    emptied: list[Consequence]
    forbidding: list[Consequence]


Models = Collection[Any]


class _Reference(NamedTuple):
    model: Any
    attribute: str
    rule: str


async def consequences_of(db: Database, row: Any, models: Models) -> Consequences:
    """Follows the foreign keys of `models`, as the database will."""
    found = Consequences([], [], [])
    model = model_of(row)
    for reference in _references_to(model, models):
        query = reference.model.where(getattr(reference.model, reference.attribute) == key_of(row)[0])
        await _follow(db, models, reference, query, found, 1)
    return found


async def _follow(
    db: Database, models: Models, reference: _Reference, query: Query[Any], found: Consequences, level: int
) -> None:
    count = await db.scalar(query.count())
    if not count:
        return
    rows = await db.all(query.limit(MOST_LABELS))
    group = {"CASCADE": found.deleted, "SET NULL": found.emptied, "SET DEFAULT": found.emptied}
    group.get(reference.rule, found.forbidding).append(
        Consequence(_title(reference.model, count), count, [label_of(each) for each in rows], level)
    )
    if reference.rule != "CASCADE" or level >= MOST_LEVELS:
        return
    for following in _references_to(reference.model, models):
        if following.model is not reference.model:
            inner = query.values(reference.model.__mapper__.primary_key[0])
            deeper = following.model.where(getattr(following.model, following.attribute).in_(inner))
            await _follow(db, models, following, deeper, found, level + 1)


def _references_to(model: Any, models: Models) -> Iterator[_Reference]:
    """Every foreign key to the model's own key. Of all models that share the database, also those of other programs:
    an article's author is an account of another strand."""
    for other in models:
        for column in other.__table__.columns:
            if target_of(column) is model:
                (key,) = column.foreign_keys
                yield _Reference(other, attribute_of(other, column), (key.ondelete or "").upper())


def _title(model: Any, count: int) -> str:
    noun = noun_of(model)
    return (noun if count == 1 else plural_of(model)).lower()
