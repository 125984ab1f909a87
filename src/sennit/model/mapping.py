"""How a model class becomes a table: its key, its references, its version, its defaults."""

import re
from collections.abc import Callable
from typing import Any, NoReturn, get_args, get_origin

from sqlalchemy import CheckConstraint, Column, event
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from ..errors import SennitError
from .columns import foreign_key
from .registry import Program, programs
from .soft_delete import MARK, mark_column, mark_of
from .structs import StructJson, check_when_set
from .types import UtcDateTime, refuse_naive

RESERVED = frozenset(
    {"where", "all", "on", "changes", "query", "metadata", "registry", "live", "order_by", "table", "abstract"}
)
"""Names that `Model` or SQLAlchemy uses on the class, so that no column may have them."""


def snake_case(name: str) -> str:
    """`OrderLine` -> `order_line`, `HTTPLog` -> `http_log`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def refuse_reserved_names(cls: type[Any]) -> None:
    """Raise SennitError `model.E004` for a column or relation whose name the model needs for itself."""
    for name in {*cls.__dict__.get("__annotations__", {}), *_mapped_columns(cls)} & RESERVED:
        raise SennitError(
            code="model.E004",
            what=f"{name!r} cannot be a column of {cls.__name__}: models use that name themselves",
            where=f"{cls.__module__}.{cls.__qualname__}",
            fix=f'{name}_: Mapped[…] = column(name="{name}")',
        )


def _mapped_columns(cls: type) -> dict[str, MappedColumn[Any]]:
    return {name: value for name, value in cls.__dict__.items() if isinstance(value, MappedColumn)}


def map_to_table(cls: type[Any], table: str) -> None:
    """Register the model with its program and map it; `cls` has its class keywords set.

    Raises SennitError `model.E005` for a second model of a table, `model.E006` for inheritance from a table.
    """
    _refuse_table_inheritance(cls)
    program = _program_for(cls, table)
    cls.__program__ = program
    cls.__tablename__ = table
    _number_rows(cls)
    _mark_when_deleted(cls)
    _resolve_late_references(cls, table)
    _lock_by_version(cls)
    _fetch_computed(cls)
    cls.metadata = program.metadata
    program.registry.mapped(cls)
    program.models[cls.__name__] = cls
    _finish_table(cls)


def _program_for(cls: type[Any], table: str) -> Program:
    program = programs.of_module(cls.__module__)
    if table in program.metadata.tables:
        if "<locals>" not in cls.__qualname__:
            raise SennitError(
                code="model.E005",
                what=f"two models of {program.name!r} have the table {table!r}",
                where=f"{cls.__module__}.{cls.__qualname__}",
                fix=f'name one of them differently: class {cls.__name__}(Model, table="…")',
            )
        program = programs.replace(program)
    return program


def _refuse_table_inheritance(cls: type[Any]) -> None:
    for base in cls.__mro__[1:]:
        if "__table__" in base.__dict__:
            raise SennitError(
                code="model.E006",
                what=f"{cls.__name__} inherits from {base.__name__}, which has a table already",
                where=f"{cls.__module__}.{cls.__qualname__}",
                fix=f"put what they share into `class …(Model, abstract=True)`, or give {cls.__name__} a relation to it",
            )


def _number_rows(cls: type[Any]) -> None:
    """Give the model an `id` unless it, a mixin or its table arguments name a primary key."""
    if any(_declares_key(base) for base in cls.__mro__):
        return
    annotations = {"id": Mapped[int], **cls.__dict__.get("__annotations__", {})}
    cls.__annotations__ = annotations
    cls.id = mapped_column(primary_key=True, sort_order=-1)
    # Never give an id twice: a session, a link or an open page that names a deleted row must not find another one.
    cls.__table_args__ = _with_option(getattr(cls, "__table_args__", ()), "sqlite_autoincrement", True)


def _with_option(arguments: Any, name: str, value: object) -> tuple[Any, ...]:
    positional = [item for item in arguments if not isinstance(item, dict)] if not isinstance(arguments, dict) else []
    options = arguments if isinstance(arguments, dict) else next((i for i in arguments if isinstance(i, dict)), {})
    return (*positional, {**options, name: value})


def _declares_key(cls: type) -> bool:
    if any(column.column.primary_key for column in _mapped_columns(cls).values()):
        return True
    return any(_is_key_annotation(a) for a in cls.__dict__.get("__annotations__", {}).values())


def _is_key_annotation(annotation: Any) -> bool:
    """`Mapped[Annotated[int, mapped_column(primary_key=True)]]`, SQLAlchemy's way of sharing a key."""
    inner = get_args(annotation)[0] if get_origin(annotation) is Mapped else None
    extras = getattr(inner, "__metadata__", ())
    return any(isinstance(extra, MappedColumn) and extra.column.primary_key for extra in extras)


def _mark_when_deleted(cls: type[Any]) -> None:
    """Give a model with `soft_delete=` the column, unless it or a base declares it."""
    name = mark_of(cls)
    if name is not None and not any(name in base.__dict__.get("__annotations__", {}) for base in cls.__mro__):
        _annotate(cls, name, MARK)
        setattr(cls, name, mark_column())


def _resolve_late_references(cls: type[Any], table: str) -> None:
    for base in cls.__mro__:
        for name, mapped in _mapped_columns(base).items():
            late = mapped.column.info.get("late_reference")
            if late is None or (base is not cls and name in cls.__dict__):
                continue
            # What a mixin or an abstract base names may be another table for each of its models.
            own = mapped if base is cls else _own_copy(cls, base, name)
            own.column.info.pop("late_reference")
            own.column.append_foreign_key(foreign_key(_table_and_column(cls, table, late[0]), late[1]))


def _own_copy(cls: type[Any], base: type[Any], name: str) -> MappedColumn[Any]:
    """A column of a mixin as the model's own, so that it can be completed for this model alone."""
    own: MappedColumn[Any] = base.__dict__[name]._copy()
    _annotate(cls, name, base.__dict__.get("__annotations__", {}).get(name))
    setattr(cls, name, own)
    return own


def _annotate(cls: type[Any], name: str, annotation: Any) -> None:
    if annotation is not None:
        cls.__annotations__ = {**cls.__dict__.get("__annotations__", {}), name: annotation}


def _table_and_column(cls: type[Any], table: str, reference: str) -> str:
    owner, _, column = reference.rpartition(".")
    if owner in ("", cls.__name__):
        return f"{table}.{column}"
    known = cls.__program__.models.get(owner)
    # A class that comes later has the table that its name gives; `table.column` is left as it is by snake_case.
    return f"{known.__table__.name if known else snake_case(owner)}.{column}"


def _lock_by_version(cls: type[Any]) -> None:
    """Let the unit of work check and count up a `version`, if the model declares one."""
    declaring = [base for base in cls.__mro__ if "version" in base.__dict__.get("__annotations__", {})]
    if not declaring:
        # A child that the database has deleted with its parent is gone, which is what was asked for.
        cls.__mapper_args__ = {"confirm_deleted_rows": False, **getattr(cls, "__mapper_args__", {})}
        return
    if "version" not in cls.__dict__:
        _annotate(cls, "version", declaring[0].__dict__["__annotations__"]["version"])
        inherited = declaring[0].__dict__.get("version")
        cls.version = mapped_column(nullable=False) if inherited is None else inherited._copy()
    arguments = dict(getattr(cls, "__mapper_args__", {}))
    arguments.setdefault("version_id_col", cls.__dict__["version"])
    cls.__mapper_args__ = arguments


def _fetch_computed(cls: type[Any]) -> None:
    """Take computed values along with each write: reading them later would be hidden I/O."""
    columns = [mapped.column for base in cls.__mro__ for mapped in _mapped_columns(base).values()]
    if any(column.computed is not None for column in columns):
        cls.__mapper_args__ = {"eager_defaults": True, **getattr(cls, "__mapper_args__", {})}


def _finish_table(cls: type[Any]) -> None:
    cls.__table__.info["live"] = cls.__live__
    cls.__table__.info["model"] = cls
    cls.__defaults__ = {}
    for column in cls.__table__.columns:
        # By column: asking the mapper for its attributes would resolve relations, whose other ends come later.
        _finish_column(cls, cls.__mapper__.get_property_by_column(column).key, column)


def _finish_column(cls: type[Any], key: str, column: Column[Any]) -> None:
    check = column.info.get("check")
    if check is not None:
        cls.__table__.append_constraint(CheckConstraint(check, name=column.name))
    if isinstance(column.type, UtcDateTime):
        _refuse_naive_values(cls, key)
    if column.computed is not None:
        _refuse_setting(cls, key)
    if isinstance(column.type, StructJson):
        check_when_set(getattr(cls, key), column.type, f"{cls.__name__}.{key}")
    default: Any = column.default
    if default is not None and default.is_scalar:
        cls.__defaults__[key] = default.arg
    elif default is not None and default.is_callable:
        # SQLAlchemy wraps the function to take its execution context; a model's default takes nothing.
        cls.__defaults__[key] = _without_context(default.arg)


def _without_context(wrapped: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: wrapped(None)


def _refuse_setting(cls: type[Any], key: str) -> None:
    def refuse(target: object, value: object, old: object, initiator: object) -> NoReturn:
        raise SennitError(
            code="model.E046",
            what=f"{cls.__name__}.{key} was set, and the database computes it",
            where=f"{cls.__name__}.{key}",
            fix="set the columns that it is computed from; its new value is there after db.flush()",
        )

    event.listen(getattr(cls, key), "set", refuse)


def _refuse_naive_values(cls: type[Any], key: str) -> None:
    where = f"{cls.__name__}.{key}"

    def check(target: object, value: object, old: object, initiator: object) -> None:
        refuse_naive(value, where)

    event.listen(getattr(cls, key), "set", check)
