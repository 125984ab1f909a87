"""Decimal numbers that mean the same to every engine: refused where they would be rounded."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Numeric
from sqlalchemy.types import TypeDecorator

SQLITE_DIGITS = 15
"""What SQLite's binary numbers keep exactly."""


class ExactDecimal(TypeDecorator[Decimal]):
    """`precision` digits, `scale` of them behind the point. A number with more of them is no value of the column."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self._places = Decimal(1).scaleb(-scale)

    @property
    def python_type(self) -> type[Decimal]:
        """`Decimal`, for forms and consoles that are made from columns."""
        return Decimal

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        if dialect.name == "sqlite":
            return self._to_sqlite
        inner: Any = self.impl_instance.dialect_impl(dialect).bind_processor(dialect)
        return (lambda value: inner(self._checked(value))) if inner is not None else self._checked

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None] | None:
        return self._from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def _to_sqlite(self, value: Any) -> float | None:
        number = self._checked(value)
        if number is None:
            return None
        if len(number.normalize().as_tuple().digits) > SQLITE_DIGITS:
            raise ValueError(f"{number} has more than the {SQLITE_DIGITS} digits that SQLite keeps exactly")
        return float(number)

    def _from_sqlite(self, value: float | str | None) -> Decimal | None:
        return (
            None
            if value is None
            else Decimal(f"{value:.{self.scale}f}" if isinstance(value, float) else value).quantize(self._places)
        )

    def _checked(self, value: Any) -> Decimal | None:
        """The number, unless the column would change it."""
        if value is None:
            return None
        if type(value) is not Decimal and type(value) is not int:
            raise TypeError(f"{value!r} is a {type(value).__name__}, and the column holds Decimal")
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError(f"{number} is no number that can be stored")
        if number and number.adjusted() >= self.precision - self.scale:
            raise ValueError(f"{number} has more than {self.precision - self.scale} digits before the point")
        if number != round(number, self.scale):
            raise ValueError(f"{number} has more than {self.scale} digits behind the point")
        return number
