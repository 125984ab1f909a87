"""The name that was probably meant, found from the exception and the frames it passed through.

Looks at names alone: no property is read, no `__dir__` or `__getattr__` of the program is called.
"""

import ast
import builtins
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import cast

from ..errors import did_you_mean
from .frames import tracebacks
from .masking import printable
from .source import file_lines, position_of, segment
from .values import fields_of

MOST_NAMES = 400
MOST_LISTED = 12

_MISSING = object()


def suggestion(exc: BaseException) -> str:
    """A sentence or two such as `Did you mean 'title'?`, "" when there is nothing to say. Never raises."""
    try:
        if "did you mean" in str(exc).lower():  # newer interpreters and our own errors say it themselves
            return ""
        for kind, find in _FINDERS:
            if isinstance(exc, kind):
                return printable(find(exc).strip()[:600])
        is_undefined = any(cls.__name__ == "UndefinedError" for cls in type(exc).__mro__)
        return _undefined_in_template(exc) if is_undefined else ""
    except Exception:
        return ""


def _last(exc: BaseException) -> TracebackType | None:
    found = None
    for found in tracebacks(exc.__traceback__):  # noqa: B007
        pass
    return found


def _nearest(wrong: str, names: Iterable[object]) -> str:
    known = [name for name in names if type(name) is str and name != wrong][: MOST_NAMES * 10]
    return did_you_mean(wrong[:100], known).strip()


# ── NameError ────────────────────────────────────────────────────────────────


def _name(exc: NameError) -> str:
    last, wrong = _last(exc), exc.name
    if last is None or not wrong or isinstance(exc, UnboundLocalError):
        return ""
    frame = last.tb_frame
    if wrong in _attributes(frame.f_locals.get("self", None)):
        return f"Did you mean 'self.{wrong}'?"
    near = _nearest(wrong, [*frame.f_locals, *frame.f_globals, *vars(builtins)])
    if wrong in sys.stdlib_module_names:
        return f"Did you forget 'import {wrong}'?"
    return near


# ── AttributeError ───────────────────────────────────────────────────────────


def _attribute(exc: AttributeError) -> str:
    wrong = exc.name
    if not wrong:
        return ""
    if exc.obj is None:
        return _none_before_dot(exc)
    return _nearest(wrong, _attributes(exc.obj))


def _none_before_dot(exc: AttributeError) -> str:
    last = _last(exc)
    tree = _failing_expression(last) if last else None
    if isinstance(tree, ast.Attribute):
        return f"{ast.unparse(tree.value)[:120]!r} is None here."
    return ""


def _attributes(value: object) -> list[str]:
    """Names that an object has, without asking it."""
    if value is None:
        return []
    if issubclass(type(value), ModuleType):
        return list(vars(value))
    names = dict.fromkeys(name for name, _ in fields_of(value))
    classes = value.__mro__ if issubclass(type(value), type) else type(value).__mro__  # type: ignore[attr-defined]
    for cls in classes:
        names.update(dict.fromkeys(vars(cls)))
    return list(names)


# ── KeyError ─────────────────────────────────────────────────────────────────


def _key(exc: KeyError) -> str:
    wrong = exc.args[0] if exc.args else None
    for traceback in reversed(list(tracebacks(exc.__traceback__))[-8:]):
        tree = _failing_expression(traceback)
        owner = _resolve(_mapping_part(tree), traceback.tb_frame) if tree is not None else _MISSING
        if issubclass(type(owner), dict):
            return _among_keys(wrong, list(dict.keys(owner)))  # type: ignore[arg-type]
    return ""


def _mapping_part(tree: ast.expr) -> ast.expr:
    """What is asked for the key: `d` in `d[key]`, `d.pop(key)`."""
    if isinstance(tree, ast.Subscript):
        return tree.value
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        return tree.func.value
    return tree


def _among_keys(wrong: object, keys: list[object]) -> str:
    if not keys:
        return "The dict is empty."
    if type(wrong) is int and str(wrong) in keys:
        return f"The keys are text: did you mean {str(wrong)!r}?"
    if type(wrong) is str and any(type(key) is int and str(key) == wrong for key in keys):
        return f"The keys are numbers: did you mean {wrong[:40]}?"
    near = _nearest(wrong, keys) if type(wrong) is str else ""
    listed = [repr(key[:60]) for key in keys[:MOST_LISTED] if type(key) is str]
    more = ", …" if len(keys) > len(listed) else ""
    return f"{near} The keys are {', '.join(listed)}{more}." if listed else near


# ── ImportError ──────────────────────────────────────────────────────────────


def _import(exc: ImportError) -> str:
    found = re.match(r"cannot import name '([^']+)' from '([^']+)'", str(exc))
    if found:
        module = sys.modules.get(found[2])
        return _nearest(found[1], vars(module)) if module is not None else ""
    if isinstance(exc, ModuleNotFoundError) and exc.name:
        return _module(exc.name)
    return ""


def _module(name: str) -> str:
    parent, _, last = name.rpartition(".")
    folders: list[str] | None = list(getattr(sys.modules.get(parent), "__path__", ())) if parent else None
    installed = [module.name for module in pkgutil.iter_modules(folders)]
    near = get_close_matches(last, [*installed, *(() if parent else sys.stdlib_module_names)], n=1)
    if near:
        return f"Did you mean {f'{parent}.{near[0]}' if parent else near[0]!r}?".replace("''", "'")
    return "" if parent else f"If it is a package of others: pip install {name}"


# ── TypeError ────────────────────────────────────────────────────────────────


def _keyword(exc: TypeError) -> str:
    last, message = _last(exc), str(exc)
    unexpected = re.search(r"got an unexpected keyword argument '(\w+)'", message)
    if unexpected and last:
        return _among_parameters(unexpected[1], last)
    invalid = re.match(r"'(\w+)' is an invalid keyword argument for (\w+)", message)  # SQLAlchemy's constructor
    if invalid and last:
        instance = last.tb_frame.f_locals.get("self")
        names = (
            [n for n in _attributes(instance) if not n.startswith("_")] if type(instance).__name__ == invalid[2] else []
        )
        return _nearest(invalid[1], names)
    return ""


def _among_parameters(wrong: str, traceback: TracebackType) -> str:
    tree = _failing_expression(traceback)
    function = _resolve(tree.func, traceback.tb_frame) if isinstance(tree, ast.Call) else _MISSING
    if issubclass(type(function), type):
        function = next((vars(c)["__init__"] for c in function.__mro__ if "__init__" in vars(c)), _MISSING)  # type: ignore[attr-defined]
    function = getattr(function, "__func__", function)
    if type(function) is not FunctionType:
        return ""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return f"{_nearest(wrong, names)} It takes {', '.join(n for n in names if n != 'self') or 'none'}."


# ── Jinja ────────────────────────────────────────────────────────────────────


def _undefined_in_template(exc: BaseException) -> str:
    """The names of the innermost template frame, whose locals are the template's values."""
    found = re.match(r"'(\w+)' is undefined", str(exc))
    frames = [t.tb_frame for t in tracebacks(exc.__traceback__) if "__jinja_exception__" in t.tb_frame.f_globals]
    if not found or not frames:
        return ""
    names = [name for name, value in frames[-1].f_locals.items() if not callable(value)]
    listed = f" The template was given {', '.join(sorted(names)[:MOST_LISTED])}." if names else ""
    return _nearest(found[1], frames[-1].f_locals) + listed


# ── the failing expression ───────────────────────────────────────────────────


def _failing_expression(traceback: TracebackType) -> ast.expr | None:
    lines = file_lines(traceback.tb_frame.f_code.co_filename, traceback.tb_frame.f_globals)
    text = segment(lines, position_of(traceback, lines))
    try:
        return ast.parse(f"({text})", mode="eval").body if 0 < len(text) < 4000 else None
    except SyntaxError:
        return None


def _resolve(tree: ast.expr, frame: FrameType) -> object:
    """The value of `a`, `a.b` or `a["b"]`, looked up in variables, fields and dicts; _MISSING for anything else."""
    if isinstance(tree, ast.Name):
        scopes: tuple[Mapping[str, object], ...] = (frame.f_locals, frame.f_globals, vars(builtins))
        return next((scope[tree.id] for scope in scopes if tree.id in scope), _MISSING)
    if isinstance(tree, ast.Attribute):
        return _field(_resolve(tree.value, frame), tree.attr)
    if isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Constant):
        owner, key = _resolve(tree.value, frame), tree.slice.value
        if type(owner) is dict:
            return cast(dict[object, object], owner).get(key, _MISSING)
        if type(owner) in (list, tuple) and type(key) is int and key < len(owner):  # type: ignore[arg-type]
            return owner[key]  # type: ignore[index]
    return _MISSING


def _field(owner: object, name: str) -> object:
    if owner is _MISSING:
        return _MISSING
    if issubclass(type(owner), ModuleType):
        return vars(owner).get(name, _MISSING)
    own = next((value for field, value in fields_of(owner) if field == name), _MISSING)
    if own is not _MISSING:
        return own
    classes = owner.__mro__ if issubclass(type(owner), type) else type(owner).__mro__  # type: ignore[attr-defined]
    return next((vars(cls)[name] for cls in classes if name in vars(cls)), _MISSING)


_FINDERS: tuple[tuple[type[BaseException], Callable[..., str]], ...] = (
    (NameError, _name),
    (AttributeError, _attribute),
    (KeyError, _key),
    (ImportError, _import),
    (TypeError, _keyword),
)
