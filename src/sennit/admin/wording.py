"""Names of models, columns and rows as people read them."""

import re
from typing import Any

from ..model.rows import key_of, model_of, private_names

NAMING = ("name", "title", "username", "label", "headline", "subject", "slug", "code", "email", "text")
"""Columns that say what a row is, the most telling first."""
MOST_CHARACTERS = 80


def words(name: str) -> str:
    """`published_at` -> `Published at`, `OrderLine` -> `Order line`, `author_id` -> `Author`, `is_active` -> `Active`."""
    parts = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", name.removesuffix("_id").removeprefix("is_")
    ).split()
    text = " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts) or name
    return text[:1].upper() + text[1:]


def plural(noun: str) -> str:
    """`Story` -> `Stories`, `Class` -> `Classes`; a model whose plural is another says so itself."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def noun_of(model: Any) -> str:
    """What one row of a model is called."""
    noun: str = model.__noun__ or words(model.__name__)
    return noun[:1].upper() + noun[1:]


def plural_of(model: Any) -> str:
    """What several rows of a model are called."""
    several: str = model.__plural__ or plural(noun_of(model))
    return several[:1].upper() + several[1:]


def label_for(model: Any, name: str) -> str:
    """What an attribute is called in forms and lists; a relation is called as the column that holds it."""
    mapper = model.__mapper__
    columns = [mapper.columns[name]] if name in mapper.columns else []
    if name in mapper.relationships:
        columns = list(mapper.relationships[name].local_columns)
    labels = {column.info.get("label") for column in columns if not column.primary_key or name in mapper.columns}
    return next((label for label in labels if label), "") or words(name)


def naming_column(model: Any) -> str | None:
    """The column by which rows of a model are called; never a private one."""
    columns, private = model.__mapper__.column_attrs, private_names(model)
    return next((name for name in NAMING if name in columns and name not in private), None)


def label_of(row: Any) -> str:
    """What a row is called: its own `__str__`, its naming column, or its model and key."""
    model = model_of(row)
    own = getattr(model, "__str__", None)
    column = naming_column(model)
    if own is not None and own is not object.__str__:
        text = str(own(row))
    else:
        text = str(getattr(row, column) or "") if column else ""
    return cut(text) or f"{noun_of(model)} {', '.join(str(part) for part in key_of(row))}"


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """One line of at most so many characters."""
    line = " ".join(text[: most * 2].split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
