"""`Model`: a typed class that is a table, and that tells who watches it when it changes."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from sqlalchemy import Table
from sqlalchemy.orm import Mapped, Mapper
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept

from .mapping import map_to_table, refuse_reserved_names, snake_case
from .names import unknown_name
from .query import Query
from .registry import Program
from .rows import private_names
from .table_options import Groups, TableOptions, put_on_table, unknown_keyword

Op = Literal["insert", "update", "delete"]
Observer = TypeVar("Observer", bound=Callable[..., Any])


class Model(metaclass=DeclarativeAttributeIntercept):
    """Base of all models: `class Todo(Model): text: Mapped[str]`.

    Class keywords: `table="todos"` names the table (else the class's name in snake case); `order_by="at"`, `"-at"` or a
    list of those is the order of queries that name none; `unique=("team", "name")`, `index=("team", "at")` or a list of
    those; `check={"name": "ends > starts"}`; `comment=` for the database;
    `noun="news item"` and `plural="news"` for people, where the class's name does not say it; `soft_delete="deleted_at"`: deleted rows
    are marked and no longer found; `live=False` gives no change events; `abstract=True` is a base
    for models without a table of its own. Without a primary key the model gets `id: Mapped[int]`, which is never used
    twice. A column `version: Mapped[int]` makes the unit of work refuse stale writes with a Conflict.
    """

    __abstract__ = True
    __live__: ClassVar[bool] = True
    __noun__: ClassVar[str] = ""
    __plural__: ClassVar[str] = ""
    __soft_delete__: ClassVar[str | None] = None
    __options__: ClassVar[TableOptions]
    __order_by__: ClassVar[tuple[str, ...]] = ()
    __observers__: ClassVar[dict[str, list[Callable[..., Any]]]]
    __defaults__: ClassVar[dict[str, Any]] = {}
    __program__: ClassVar[Program]
    __table__: ClassVar[Table]
    __mapper__: ClassVar[Mapper[Any]]

    if TYPE_CHECKING:
        id: Mapped[Any]

    def __init_subclass__(
        cls,
        *,
        table: str | None = None,
        order_by: str | Iterable[str] = (),
        live: bool | None = None,
        abstract: bool = False,
        soft_delete: str | None = None,
        noun: str = "",
        plural: str = "",
        unique: Groups = (),
        index: Groups = (),
        check: Mapping[str, str] | None = None,
        comment: str | None = None,
        **options: Any,
    ) -> None:
        try:
            super().__init_subclass__(**options)
        except TypeError as error:
            if options:
                raise unknown_keyword(cls, options) from error
            raise
        cls.__abstract__ = abstract
        cls.__observers__ = {}
        if live is not None:
            cls.__live__ = live
        if order_by:
            cls.__order_by__ = (order_by,) if isinstance(order_by, str) else tuple(order_by)
        if soft_delete is not None:
            cls.__soft_delete__ = soft_delete
        cls.__noun__, cls.__plural__ = noun, plural
        cls.__options__ = TableOptions(unique, index, check, comment)
        refuse_reserved_names(cls)
        if not abstract:
            map_to_table(cls, table or snake_case(cls.__name__))
            put_on_table(cls)

    def __init__(self, **values: Any) -> None:
        cls = type(self)
        for name, value in values.items():
            if name not in cls.__mapper__.attrs and not hasattr(cls, name):
                raise unknown_name(cls, name)
            setattr(self, name, value)
        for name, default in cls.__defaults__.items():
            if name not in values:
                setattr(self, name, default() if callable(default) else default)

    @classmethod
    def where(cls, *conditions: Any, **equal: Any) -> Query[Self]:
        """The rows for which every condition holds: `Todo.where(Todo.id > 5, done=False)`. A value, no I/O.

        Raises SennitError `query.E002` for a name that the model does not have.
        """
        return Query(cls).where(*conditions, **equal)

    @classmethod
    def all(cls) -> Query[Self]:
        """Every row. A value, no I/O: `await db.all(Todo.all())`."""
        return Query(cls)

    @classmethod
    def on(cls, *ops: Op) -> Callable[[Observer], Observer]:
        """Call the decorated function with each `Change` of this model, after its commit, in the committing process.

        ops: "insert", "update", "delete"; none means all three. The function may be `async`. What it raises is logged.
        """

        def register(observer: Observer) -> Observer:
            for op in ops or ("insert", "update", "delete"):
                cls.__observers__.setdefault(op, []).append(observer)
            return observer

        return register

    def __repr__(self) -> str:
        return describe_row(type(self), self.__dict__)

    def __json__(self) -> dict[str, Any]:
        """What JSON shows: all columns that are not private, and the relations that are loaded."""
        return _json_values(self, ())


def _json_values(row: Model, around: tuple[Model, ...]) -> dict[str, Any]:
    """The public columns and loaded relations; not those that lead back to what is being shown."""
    loaded, private = row.__dict__, private_names(type(row))
    shown = {a.key: loaded[a.key] for a in row.__mapper__.column_attrs if a.key in loaded and a.key not in private}
    inside = (*around, row)
    for relation in row.__mapper__.relationships:
        related = loaded.get(relation.key)
        if isinstance(related, Model):
            if not any(related is shown_already for shown_already in inside):
                shown[relation.key] = _json_values(related, inside)
        elif related is not None:
            shown[relation.key] = [_json_values(item, inside) for item in related if all(item is not i for i in inside)]
        elif relation.key in loaded:
            shown[relation.key] = None
    return shown


def describe_row(model: type[Model], values: Mapping[str, Any]) -> str:
    """`<Todo id=1>`: the key only, because other columns may be secrets."""
    keys = [model.__mapper__.get_property_by_column(column).key for column in model.__table__.primary_key]
    return f"<{model.__name__} " + " ".join(f"{key}={values.get(key)!r}" for key in keys) + ">"
