"""Read-only rows: what a query gives where nothing may be changed. A class generated once for each model.

It has a slot for each column and relation, and the model's own methods, properties and constants. A slot costs a
third of a tracked attribute, and nothing is remembered for a later flush.
"""

import functools
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, NoReturn

from ..errors import SennitError
from .relations import not_loaded

_NOT_COPIED = frozenset({"__init__", "__new__", "__init_subclass__", "__setattr__", "__delattr__", "__getattr__"})


class ReadOnlyRow:
    """Base of all generated row classes; says what kind of thing it is and refuses to be changed."""

    __slots__ = ()
    __model__: Any
    __columns__: tuple[str, ...]
    __relations__: tuple[str, ...]

    def __getattr__(self, name: str) -> NoReturn:
        # Reached only for a slot without a value, or a name that does not exist.
        if name in type(self).__relations__:
            raise not_loaded(type(self).__model__.__name__, name)
        if name == "_sa_instance_state":
            raise read_only(
                type(self).__model__.__name__, "it was given to the unit of work; give its key: author_id=user.id"
            )
        raise AttributeError(f"{type(self).__model__.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise read_only(type(self).__model__.__name__, f"{name} was set on it")

    def __delattr__(self, name: str) -> NoReturn:
        raise read_only(type(self).__model__.__name__, f"{name} was deleted from it")

    def __eq__(self, other: object) -> bool:
        """Equal to any row of the same model and key, also to a tracked one."""
        if self is other:
            return True
        return model_of(other) is type(self).__model__ and key_of(self) == key_of(other)

    def __hash__(self) -> int:
        return hash((type(self).__model__, key_of(self)))

    def __repr__(self) -> str:
        names = key_names(type(self).__model__)
        return (
            f"<{type(self).__model__.__name__} " + " ".join(f"{name}={getattr(self, name)!r}" for name in names) + ">"
        )

    def __json__(self) -> dict[str, Any]:
        cls = type(self)
        shown = {name: getattr(self, name) for name in cls.__columns__ if name not in private_names(cls.__model__)}
        shown.update({name: getattr(self, name) for name in cls.__relations__ if is_loaded(self, name)})
        return shown


def read_only(model_name: str, what: str) -> SennitError:
    """The error for changing a row that was read where nothing may be written."""
    return SennitError(
        code="model.E007",
        what=f"this {model_name} was read for showing only, and {what}",
        where=model_name,
        fix="change it in a handler for POST, PUT, PATCH or DELETE, in `async with app.database() as db`, "
        "or mark the GET with writes=True; there db.get(…) gives an object that can be changed",
    )


def is_loaded(row: ReadOnlyRow, relation: str) -> bool:
    """Whether a relation came with the row."""
    try:
        type(row).__dict__[relation].__get__(row)
    except AttributeError:
        return False
    return True


def model_of(value: object) -> Any:
    """The model of a row or tracked object, None for anything else."""
    kind = type(value)
    if issubclass(kind, ReadOnlyRow):
        return kind.__model__
    return kind if hasattr(kind, "__mapper__") else None


@functools.cache
def key_names(model: Any) -> tuple[str, ...]:
    """The attributes that make up a model's primary key."""
    return tuple(model.__mapper__.get_property_by_column(column).key for column in model.__table__.primary_key)


@functools.cache
def private_names(model: Any) -> frozenset[str]:
    """The attributes declared with `column(private=True)`."""
    return frozenset(a.key for a in model.__mapper__.column_attrs if getattr(a.columns[0], "info", {}).get("private"))


def key_of(row: Any) -> tuple[Any, ...]:
    """The values of a row's primary key."""
    return tuple(getattr(row, name) for name in key_names(model_of(row)))


@functools.cache
def row_class(model: Any) -> type[ReadOnlyRow]:
    """The class of read-only rows of a model."""
    mapper = model.__mapper__
    columns, relations = tuple(a.key for a in mapper.column_attrs), tuple(r.key for r in mapper.relationships)
    slots = tuple(sorted((*columns, *relations)))
    members = {
        **_members(model, {*slots, *(s.key for s in mapper.synonyms), *(c.key for c in mapper.composites)}),
        "__slots__": slots,
        "__module__": model.__module__,
        "__qualname__": model.__qualname__,
        "__doc__": model.__doc__,
        "__model__": model,
        "__columns__": columns,
        "__relations__": relations,
        # isinstance(row, Article), match patterns and super() in the model's methods look here.
        "__class__": property(lambda self: model),
        "_raw": _raw_class(model.__name__, slots),
    }
    return type(model.__name__, (ReadOnlyRow,), members)


def _raw_class(name: str, slots: tuple[str, ...]) -> type[ReadOnlyRow]:
    """A row while it is being filled: the same slots without the guard. It is finished by changing its class."""
    # Both must be object's own for the interpreter to store straight into the slots.
    unguarded = {"__slots__": slots, "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(f"Raw{name}", (ReadOnlyRow,), unguarded)


def _members(model: Any, mapped: set[str]) -> dict[str, Any]:
    """What the model and its bases define themselves, the nearest definition last."""
    from .base import Model

    found: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        if base not in (object, Model):
            for name, value in base.__dict__.items():
                if name not in mapped and _is_copied(name, value):
                    found[name] = _for_rows(model, name, value)
    return found


def _is_copied(name: str, value: object) -> bool:
    if name.startswith("_sa_") or name in ("metadata", "registry", "_raw"):
        return False
    if name.startswith("__") and name.endswith("__"):
        return isinstance(value, FunctionType) and name not in _NOT_COPIED
    return True


def _for_rows(model: Any, name: str, value: Any) -> Any:
    if isinstance(value, classmethod):
        return staticmethod(getattr(model, name))  # bound to the model, not to the row class
    if isinstance(value, functools.cached_property):
        return property(value.func)  # a row has no dict to cache in
    return value


Converter = Callable[[Any], Any] | None


def row_builder(model: Any, converters: list[Converter]) -> Callable[[Iterable[tuple[Any, ...]]], list[Any]]:
    """A function from the driver's tuples to rows of a model; one converter (or None) for each column, in order.

    The loop is written out for the model's columns: the plain way, a setter call for each value, takes twice as long.
    """
    cls = row_class(model)
    lines = ["def build(tuples):", "    rows = []", "    append = rows.append"]
    names = [f"v{index}" for index in range(len(cls.__columns__))]
    lines.append(f"    for {', '.join(names)}, in tuples:")
    lines.append("        row = new(raw)")
    for index, (column, converter) in enumerate(zip(cls.__columns__, converters, strict=True)):
        lines.append(f"        row.{column} = " + (f"c{index}(v{index})" if converter else f"v{index}"))
    lines += ["        row.__class__ = cls", "        append(row)", "    return rows"]
    scope: dict[str, Any] = {f"c{i}": c for i, c in enumerate(converters) if c}
    scope.update(new=object.__new__, raw=cls._raw, cls=cls)  # type: ignore[attr-defined]
    # The names are attribute names of a class that exists, not input.
    exec("\n".join(lines), scope)
    return scope["build"]  # type: ignore[no-any-return]


Builder = Callable[[Iterable[tuple[Any, ...]]], list[Any]]


def or_none(model: Any, build: Builder) -> Builder:
    """A builder that gives None for a row without a key: an outer join has found no partner."""
    places = [row_class(model).__columns__.index(name) for name in key_names(model)]

    def build_some(tuples: Iterable[tuple[Any, ...]]) -> list[Any]:
        known = list(tuples)
        rows = zip(known, build(known), strict=True)
        return [None if all(values[place] is None for place in places) else row for values, row in rows]

    return build_some


def set_relation(cls: type[ReadOnlyRow], relation: str) -> Callable[[ReadOnlyRow, Any], None]:
    """The setter that fills a relation of a finished row."""
    return cls.__dict__[relation].__set__  # type: ignore[no-any-return]
