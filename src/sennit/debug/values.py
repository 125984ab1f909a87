"""Values of a program as short text, without running a line of the program.

No `__repr__`, `__str__`, `__iter__`, `__getattr__` or property of a value is ever called: one of those may be what
failed, may wait for a database, may never end, may print a secret. Built-in types are written from their contents,
all other objects from their fields. Every step adds to the text, and the text has a greatest length: so the work is
bounded, whatever the value.
"""

import datetime as dt
import decimal
import enum
import ipaddress
import pathlib
import re
import types
import uuid
import zoneinfo
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from .masking import MASK, is_secret, mask_text, printable

MOST_CHARACTERS = 900
MOST_TEXT = 240
MOST_ITEMS = 24
MOST_FIELDS = 16
MOST_DEPTH = 4

_PLAIN: tuple[type, ...] = (
    dt.date, dt.timedelta, dt.timezone, decimal.Decimal, uuid.UUID, range,
    pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath, zoneinfo.ZoneInfo,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
)  # fmt: skip
"""Types of the standard library whose own `repr` is short and runs no foreign code."""

_KNOWN_ZONES = (type(None), dt.timezone, zoneinfo.ZoneInfo)
_ARGUMENTS: Any = vars(BaseException)["args"]
_NOT_SHOWN = frozenset({"_sa_instance_state", "__dict__", "__weakref__"})


class _Full(Exception):
    """The text has reached its greatest length."""


def describe(value: object, *, name: str = "", length: int = MOST_CHARACTERS) -> str:
    """The value as text of at most about `length` characters, hidden when `name` tells a secret. Never raises."""
    writer = _Writer(length)
    try:
        writer.named(name, value)
    except _Full:
        writer.parts.append(" …")
    except Exception as error:
        writer.parts.append(f"<cannot be shown: {type(error).__name__}>")
    return printable("".join(writer.parts))


def type_name(value: object) -> str:
    """The name of a value's class, qualified by its module unless it is built in. Never raises."""
    try:
        cls = type(value)
        module = type.__getattribute__(cls, "__module__")
        qualified = cls.__name__ if module in ("builtins", "__main__") else f"{module}.{cls.__qualname__}"
        return printable(qualified[:120])
    except Exception:
        return "object"


def fields_of(value: object) -> Iterator[tuple[str, object]]:
    """The fields that an object holds in its `__dict__` and slots; properties and `__getattr__` are not asked."""
    own = _instance_dict(value)
    if own is not None:
        yield from ((name, item) for name, item in list(dict.items(own)) if type(name) is str)
    for cls in type(value).__mro__:
        for name, member in list(vars(cls).items()):
            if type(member) is types.MemberDescriptorType and name not in _NOT_SHOWN:
                try:
                    yield name, member.__get__(value, cls)
                except AttributeError:  # a slot that was never filled
                    continue


def _instance_dict(value: object) -> dict[str, object] | None:
    """The real `__dict__`, also where a class has a property of that name."""
    for cls in type(value).__mro__:
        found = vars(cls).get("__dict__")
        if type(found) is types.GetSetDescriptorType:
            own = found.__get__(value, cls)
            return own if type(own) is dict else None
    return None


class _Writer:
    """Collects the pieces of one text and stops when it is full."""

    def __init__(self, length: int) -> None:
        self.parts: list[str] = []
        self.left = length
        self.depth = 0
        self.is_in_object = False

    def put(self, text: str) -> None:
        self.left -= len(text)
        self.parts.append(text)
        if self.left < 0:
            raise _Full

    def named(self, name: object, value: object) -> None:
        """A value under a name: hidden when the name tells a secret, unless it is empty, which is a common mistake."""
        if is_secret(name) and not _is_empty(value):
            self.put(MASK)
        else:
            self.value(value)

    def value(self, value: object) -> None:
        for cls, write in _WRITERS.items():
            if issubclass(type(value), cls):
                return write(self, value)
        if type(value) in _PLAIN or (type(value) is dt.datetime and type(value.tzinfo) in _KNOWN_ZONES):
            return self.put(_cut(repr(value), MOST_TEXT))
        return self.fields(value)

    def items(self, opening: str, items: Iterable[object], count: int, closing: str) -> None:
        self.put(opening)
        if self.depth >= MOST_DEPTH and count:
            self.put(f"… {count:,} items")
        else:
            self.depth += 1
            for number, item in enumerate(islice(items, MOST_ITEMS)):
                self.put(", " if number else "")
                self.value(item)
            self.depth -= 1
            if count > MOST_ITEMS:
                self.put(f", … {count - MOST_ITEMS:,} more")
        self.put(closing)

    def fields(self, value: object) -> None:
        """An object by its fields. One inside another is only named, or the first would drag the whole program in."""
        name = type(value).__qualname__
        shown = [] if self.is_in_object and not _is_record(value) else _shown_fields(value)
        if not shown or self.depth >= MOST_DEPTH:
            return self.put(f"<{name}>")
        self.put(f"{name}(")
        was_in_object, self.is_in_object, self.depth = self.is_in_object, True, self.depth + 1
        for number, (field, item) in enumerate(shown[:MOST_FIELDS]):
            self.put(f"{', ' if number else ''}{field[:60]}=")
            self.named(field, item)
        self.is_in_object, self.depth = was_in_object, self.depth - 1
        self.put(", …)" if len(shown) > MOST_FIELDS else ")")
        return None


def _is_record(value: object) -> bool:
    """Whether a class is made to hold fields: a dataclass or a struct."""
    return any("__dataclass_fields__" in vars(cls) or "__struct_fields__" in vars(cls) for cls in type(value).__mro__)


def _shown_fields(value: object) -> list[tuple[str, object]]:
    """The fields that tell something: no classes and functions, private ones only where there are no others."""
    code = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
    fields = [f for f in islice(fields_of(value), 200) if f[0] not in _NOT_SHOWN and not issubclass(type(f[1]), code)]
    return [f for f in fields if not f[0].startswith("_")] or fields


def _is_empty(value: object) -> bool:
    if value is None or type(value) is bool:
        return True
    return type(value) in (str, bytes, list, tuple, dict, set) and not value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _integer(w: _Writer, value: int) -> None:
    # Writing an integer takes time quadratic in its digits, and Python refuses past 4,300 of them.
    w.put(int.__repr__(value) if int.bit_length(value) < 400 else f"<an integer of {int.bit_length(value):,} bits>")


def _text(w: _Writer, value: str) -> None:
    length = str.__len__(value)
    # Masked before it is cut, so that no half of a secret escapes the pattern; the margin bounds the work.
    shown = mask_text(str.__getitem__(value, slice(0, MOST_TEXT + 400)))
    w.put(repr(shown[:MOST_TEXT]))
    if length > MOST_TEXT:
        w.put(f"… ({length:,} characters)")


def _octets(w: _Writer, value: bytes | bytearray) -> None:
    piece = bytes(memoryview(value)[: MOST_TEXT + 400]).decode("latin-1")
    w.put("b" + ascii(mask_text(piece)[:MOST_TEXT].replace(MASK, "********")))
    if len(memoryview(value)) > MOST_TEXT:
        w.put(f"… ({len(memoryview(value)):,} bytes)")


def _mapping(w: _Writer, value: dict[object, object]) -> None:
    count = dict.__len__(value)
    name = "" if type(value) is dict else type(value).__name__
    w.put(f"{name}{{")
    if w.depth >= MOST_DEPTH and count:
        w.put(f"… {count:,} items}}")
        return
    w.depth += 1
    for number, (key, item) in enumerate(islice(dict.items(value), MOST_ITEMS)):
        w.put(", " if number else "")
        w.value(key)
        w.put(": ")
        w.named(key, item)
    w.depth -= 1
    w.put(f", … {count - MOST_ITEMS:,} more}}" if count > MOST_ITEMS else "}")


def _tuple(w: _Writer, value: tuple[object, ...]) -> None:
    items = tuple.__getitem__(value, slice(0, MOST_ITEMS))
    names = getattr(type(value), "_fields", None) if type(value) is not tuple else None
    if type(names) is tuple:
        w.put(f"{type(value).__name__}(")
        for number, (name, item) in enumerate(zip(names, items, strict=False)):
            w.put(f"{', ' if number else ''}{name}=")
            w.named(name, item)
        return w.put(")")
    if tuple.__len__(value) == 2 and is_secret(items[0]):  # a header or form line: (name, value)
        w.put("(")
        w.value(items[0])
        w.put(", ")
        w.named(items[0], items[1])
        return w.put(")")
    count = tuple.__len__(value)
    return w.items("(", items, count, ",)" if count == 1 else ")")


def _sequence(kind: Any, opening: str, closing: str) -> Callable[[_Writer, object], None]:
    def write(w: _Writer, value: Any) -> None:
        name = "" if type(value) is kind and kind in (list, set) else f"{type(value).__name__}("
        count = kind.__len__(value)
        if kind in (set, frozenset) and not count:
            return w.put(f"{type(value).__name__}()")
        return w.items(name + opening, kind.__iter__(value), count, closing + (")" if name else ""))

    return write


def _enumeration(w: _Writer, value: enum.Enum) -> None:
    w.put(f"{type(value).__name__}.{object.__getattribute__(value, '_name_')}")


def _function(w: _Writer, value: types.FunctionType) -> None:
    code = value.__code__
    w.put(f"<function {value.__qualname__} at {pathlib.PurePath(code.co_filename).name}:{code.co_firstlineno}>")


def _exception(w: _Writer, value: BaseException) -> None:
    w.put(type(value).__name__)
    if w.depth >= 2:
        w.put("(…)")
        return
    w.depth += 1
    _tuple(w, _ARGUMENTS.__get__(value))
    w.depth -= 1


def _running(w: _Writer, value: object) -> None:
    w.put(f"<{type(value).__name__} {getattr(value, '__qualname__', '')}>")


def _method(w: _Writer, value: types.MethodType) -> None:
    w.put(f"<method {getattr(value.__func__, '__qualname__', '?')} of {type(value.__self__).__qualname__}>")


_WRITERS: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): lambda w, v: w.put("None"),
    enum.Enum: _enumeration,
    bool: lambda w, v: w.put("True" if v else "False"),
    int: _integer,
    float: lambda w, v: w.put(float.__repr__(v)),
    complex: lambda w, v: w.put(complex.__repr__(v)),
    str: _text,
    bytes: _octets,
    bytearray: _octets,
    dict: _mapping,
    tuple: _tuple,
    list: _sequence(list, "[", "]"),
    set: _sequence(set, "{", "}"),
    frozenset: _sequence(frozenset, "{", "}"),
    deque: _sequence(deque, "[", "]"),
    type: lambda w, v: w.put(f"<class {v.__module__}.{v.__qualname__}>"),
    BaseException: _exception,
    types.FunctionType: _function,
    types.BuiltinFunctionType: lambda w, v: w.put(f"<built-in function {v.__name__}>"),
    types.MethodType: _method,
    types.ModuleType: lambda w, v: w.put(f"<module {types.ModuleType.__getattribute__(v, '__name__')}>"),
    types.CoroutineType: _running,
    types.GeneratorType: _running,
    types.AsyncGeneratorType: _running,
    re.Pattern: lambda w, v: w.put(f"re.compile({v.pattern[:MOST_TEXT]!r})"),
    type(Ellipsis): lambda w, v: w.put("..."),
    type(NotImplemented): lambda w, v: w.put("NotImplemented"),
}
"""The first class that fits writes the value; an Enum that is also an int stands before int, bool before int."""
