"""Numbers that no key can be: `/todos/99999999999999999999` is a row that is not there, not a failure."""

from typing import Any

from sqlalchemy import BigInteger, Integer, SmallInteger


def can_hold(model: Any, key: Any, dialect_name: str) -> bool:
    """Whether the columns of a model's key have room for the whole numbers in this one."""
    values = key if isinstance(key, tuple) else (key,)
    columns = model.__table__.primary_key.columns
    return all(
        type(value) is not int or -(1 << bits) <= value < 1 << bits
        for value, bits in zip(values, (_bits(column.type, dialect_name) for column in columns), strict=True)
    )


def _bits(kind: Any, dialect_name: str) -> int:
    """The bits of a number without its sign."""
    if dialect_name == "sqlite" or isinstance(kind, BigInteger) or not isinstance(kind, Integer):
        return 63
    return 15 if isinstance(kind, SmallInteger) else 31
