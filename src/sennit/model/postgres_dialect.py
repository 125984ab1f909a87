"""SQLAlchemy's dialect for plans, which are compiled before any result is there to tell the types of its columns."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects.postgresql.asyncpg import AsyncpgFloat, AsyncpgNumeric, PGDialect_asyncpg


class _Numeric(AsyncpgNumeric):
    """SQLAlchemy's asks for the column's OID; here the value tells."""

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any]:
        return _as_decimal if self.asdecimal else _as_float


class _Float(AsyncpgFloat):
    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any]:
        return _as_decimal if self.asdecimal else _as_float


def _as_decimal(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


class PlanDialect(PGDialect_asyncpg):
    """asyncpg's dialect, with numbers that need no OID."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.colspecs = {**self.colspecs, types.Numeric: _Numeric, types.Float: _Float}
