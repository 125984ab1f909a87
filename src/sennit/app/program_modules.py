"""Which modules make up a program: the app's own, and those below its folder that it reaches.

Two programs in one folder and one process (a test-suite) stay apart: a module counts only if the program refers to it.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def program_modules(start: Iterable[str], root: Path) -> list[str]:
    """Names of the modules reached from `start` through what stands in their globals, files below `root` only."""
    found: dict[str, None] = {}
    waiting = [name for name in start if name in sys.modules]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(other for other in _referred_to(sys.modules[name]) if _is_below(other, root))
    return list(found)


def _referred_to(module: ModuleType) -> Iterator[str]:
    for value in list(vars(module).values()):
        name = value.__name__ if isinstance(value, ModuleType) else _defining_module(value)
        if name is not None:
            yield name


def _defining_module(value: Any) -> str | None:
    name = getattr(value, "__module__", None) if isinstance(value, type) or callable(value) else None
    return name if isinstance(name, str) else None


def _is_below(name: str, root: Path) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and Path(file).resolve().is_relative_to(root)
