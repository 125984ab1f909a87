"""Queries compiled once: SQL, where its values come from, and how its tuples become results.

SQLAlchemy makes the SQL; after that the values of an equal query go straight to the driver.
"""

import collections
import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Dialect, Integer, Select, bindparam, inspect
from sqlalchemy.sql.compiler import SQLCompiler

from .failures import Unfit
from .keys import Identity
from .query import Parts, Query
from .rows import Converter, or_none, row_builder
from .statement import count_of, select_of

MAX_PLANS = 1000

Tuples = Sequence[tuple[Any, ...]]


class Source(NamedTuple):
    """Where a parameter's value is found: by name among the query's own values, by position in its binds, or fixed."""

    own: str | None
    place: int | None
    fixed: Any
    convert: Converter

    def value(self, own: dict[str, Any], binds: Sequence[BindParameter[Any]]) -> Any:
        """The value for a query equal in structure, not yet converted for the driver."""
        if self.own is not None:
            return own[self.own]
        return self.fixed if self.place is None else binds[self.place].effective_value


class Plan:
    """One compiled statement. `rendered(identity)` gives the SQL and its parameters, `build(tuples)` the results."""

    def __init__(self, statement: Select[Any], identity: Identity, dialect: Dialect) -> None:
        self.build, flat = _results(statement, dialect)
        compiled = flat.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self._compiled = compiled
        self._dialect = dialect
        self.sql = compiled.string
        self._sources = {name: _source(bind, name, identity, dialect) for bind, name in compiled.bind_names.items()}
        # An IN list has a parameter for each value, so its SQL differs from one list to the next.
        self._expands = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self._in_order = [self._sources[name] for name in (() if self._expands else compiled.positiontup or ())]
        self.is_reusable = _all_found(self._sources.values(), identity)

    def rendered(self, identity: Identity) -> tuple[str, tuple[Any, ...]]:
        """The SQL text and the parameters for a query that is equal in structure to the one compiled."""
        if self._expands:
            return self._expanded(identity)
        own, binds = dict(identity.own), identity.binds
        values = []
        for source in self._in_order:
            value = source.value(own, binds)
            values.append(value if source.convert is None else _converted(source.convert, value))
        return self.sql, tuple(values)

    def _expanded(self, identity: Identity) -> tuple[str, tuple[Any, ...]]:
        own, binds = dict(identity.own), identity.binds
        given = {self._compiled.binds[name].key: s.value(own, binds) for name, s in self._sources.items()}
        state = self._compiled.construct_expanded_state(given, escape_names=False)
        converters: dict[str, Any] = {name: source.convert for name, source in self._sources.items()}
        converters.update(state.processors)
        values = [(converters.get(name), state.parameters[name]) for name in state.positiontup or ()]
        return state.statement, tuple(_converted(convert, value) if convert else value for convert, value in values)


def _converted(convert: Callable[[Any], Any], value: Any) -> Any:
    try:
        return convert(value)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unfit(repr(value)) from error


def _source(bind: BindParameter[Any], name: str, identity: Identity, dialect: Dialect) -> Source:
    convert: Converter = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if any(name == own for own, _ in identity.own):
        return Source(name, None, None, convert)
    place = _place(bind, identity.binds)
    # A parameter that comes from nowhere was put there by the compiler, such as the 0 of OFFSET 0.
    return Source(None, place, bind.effective_value if place is None else None, convert)


def _place(bind: BindParameter[Any], binds: Sequence[BindParameter[Any]]) -> int | None:
    for index, original in enumerate(binds):
        # Compiling may have copied the parameter; a copy knows what it was made from.
        if original is bind or original in bind._cloned_set or original.key == bind.key:
            return index
    return None


def _all_found(sources: Iterable[Source], identity: Identity) -> bool:
    """Whether every value of the query reached the SQL; if not, keeping the plan would answer with an old value."""
    found = list(sources)
    places = {source.place for source in found if source.place is not None}
    names = {source.own for source in found if source.own is not None}
    return places == set(range(len(identity.binds))) and names == {name for name, _ in identity.own}


# -- results --------------------------------------------------------------------------------------------------------


class _Segment(NamedTuple):
    """Neighbouring columns of a result that make one value: a model's row, or a plain value."""

    width: int
    build: Callable[[Iterable[tuple[Any, ...]]], list[Any]]


def _results(statement: Select[Any], dialect: Dialect) -> tuple[Callable[[Tuples], list[Any]], Select[Any]]:
    """The builder for a statement's results, and the statement with every entity spelled out as its columns."""
    columns: list[Any] = []
    segments: list[_Segment] = []
    names: list[str] = []
    for described in statement.column_descriptions:
        found = _columns_of(described)
        segment = _segment(described, found, dialect)
        if _is_entity(described) and len(statement.column_descriptions) > 1:
            segment = segment._replace(build=or_none(inspect(described["entity"]).mapper.class_, segment.build))
        segments.append(segment)
        columns += found
        names.append(described["name"])
    return _builder(segments, names), statement.with_only_columns(*columns, maintain_column_froms=True)


def _columns_of(described: Any) -> list[Any]:
    if not _is_entity(described):
        return [described["expr"]]
    return [getattr(described["entity"], a.key) for a in described["type"].__mapper__.column_attrs]


def _is_entity(described: Any) -> bool:
    return described["entity"] is not None and described["expr"] is described["entity"]


def _segment(described: Any, columns: list[Any], dialect: Dialect) -> _Segment:
    if _is_entity(described):
        converters = [_result_converter(column.type, dialect) for column in columns]
        return _Segment(len(columns), row_builder(inspect(described["entity"]).mapper.class_, converters))
    converter = _result_converter(described["type"], dialect)
    if converter is None:
        return _Segment(1, lambda tuples: [value for (value,) in tuples])
    return _Segment(1, lambda tuples: [converter(value) for (value,) in tuples])


def _result_converter(type_: Any, dialect: Dialect) -> Converter:
    convert: Converter = type_.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _builder(segments: list[_Segment], names: list[str]) -> Callable[[Tuples], list[Any]]:
    if len(segments) == 1:
        return segments[0].build
    result = tuple_type(tuple(names))

    def build(tuples: Tuples) -> list[Any]:
        parts, start = [], 0
        for width, build_segment in segments:
            parts.append(build_segment([values[start : start + width] for values in tuples]))
            start += width
        return [result._make(values) for values in zip(*parts, strict=True)]

    return build


@functools.lru_cache(1000)
def tuple_type(names: tuple[str | None, ...]) -> Any:
    """A named tuple for a result of several values; a value without a usable name is reached by index."""
    return collections.namedtuple("Row", [name or "_" for name in names], rename=True)  # noqa: PYI024


# -- the cache ------------------------------------------------------------------------------------------------------


class Plans:
    """The plans of one engine, the least used thrown away beyond MAX_PLANS."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._kept: collections.OrderedDict[Any, Plan] = collections.OrderedDict()
        self._lock = threading.Lock()  # plans for relations are made in the threads that read

    def of(self, query: "Query[Any]") -> Plan:
        """The plan of a query's rows."""
        return self._find(query.identity.structure, query.parts, query.identity, select_of)

    def of_count(self, query: "Query[Any]") -> Plan:
        """The plan that counts the rows of a page's query."""
        structure = query.identity.structure
        return self._find(structure and ("count", structure), query.parts, query.identity, count_of)

    def of_made(self, key: Any, make: Callable[[], Select[Any]], identity: Identity) -> Plan:
        """A plan for a statement that the framework makes itself, under a key of its own."""
        return self._keep(key, lambda: Plan(make(), identity, self.dialect))

    def _find(self, key: Any, parts: Parts, identity: Identity, make: Callable[..., Select[Any]]) -> Plan:
        return self._keep(key, lambda: Plan(make(parts, _parameter), identity, self.dialect))

    def _keep(self, key: Any, make: Callable[[], Plan]) -> Plan:
        if key is None:
            return make()
        with self._lock:
            plan = self._kept.get(key)
            if plan is not None:
                self._kept.move_to_end(key)
                return plan
        plan = make()
        if plan.is_reusable:
            with self._lock:
                self._kept[key] = plan
                if len(self._kept) > MAX_PLANS:
                    self._kept.popitem(last=False)
        return plan


def _parameter(name: str, value: Any, type_: Any) -> Any:
    return bindparam(name, value, type_=type_ if type_ is not None else Integer())
