"""Search: the words of a text, each somewhere in the columns that a registration names."""

from functools import reduce
from operator import or_
from typing import Any

from .columns import is_plain_text, public_columns

MOST_CHARACTERS = 200
MOST_WORDS = 8


def search_column(model: Any, name: str) -> Any:
    """The column of `title` or, through relations, of `author.username`; None when a search may not look there."""
    *path, last = name.split(".")
    for step in path:
        relation = model.__mapper__.relationships.get(step)
        if relation is None:
            return None
        model = relation.mapper.class_
    column = public_columns(model).get(last)
    return column if column is not None and is_plain_text(column) else None


def search_condition(model: Any, names: tuple[str, ...], text: str) -> Any:
    """The condition of rows in which every word stands somewhere; None when there is nothing to look for."""
    words = text.replace("\0", " ")[:MOST_CHARACTERS].split()[:MOST_WORDS]
    if not words or not names:
        return None
    found = [reduce(or_, [_contains(model, name.split("."), word) for name in names]) for word in words]
    return reduce(lambda left, right: left & right, found)


def _contains(model: Any, path: list[str], word: str) -> Any:
    """`%` and `_` in the word mean themselves."""
    attribute = getattr(model, path[0])
    if len(path) == 1:
        return attribute.icontains(word, autoescape=True)
    relation = model.__mapper__.relationships[path[0]]
    inner = _contains(relation.mapper.class_, path[1:], word)
    return attribute.any(inner) if relation.uselist else attribute.has(inner)
