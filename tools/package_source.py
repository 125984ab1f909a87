"""The package read as source, for the guards: its files, its imports, its public names. Nothing is imported or run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SENNIT = ROOT / "src" / "sennit"

_CYTHON_IMPORT = re.compile(
    r"^\s*(?:from\s+(?P<base>[.\w]+)\s+c?import\s+(?P<names>[^#\n]+)|c?import\s+(?P<plain>[.\w]+))"
)
_DYNAMIC = {"import_module", "__import__"}


@dataclass(frozen=True)
class Import:
    """`line` of `file` imports `module`, a dotted name inside the package such as `sennit.web.request`."""

    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def modules() -> list[Path]:
    """Every .py and .pyx file of the package."""
    return sorted(path for path in SENNIT.rglob("*.py*") if path.suffix in {".py", ".pyx"})


def packages() -> list[Path]:
    """Every `__init__.py`, the root's first."""
    return sorted(SENNIT.rglob("__init__.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def dotted(path: Path) -> str:
    """`sennit.web.request` for src/sennit/web/request.py, `sennit.web` for its `__init__.py`."""
    parts = path.relative_to(SENNIT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor(module: str) -> str:
    """The folder or file below the package that a module belongs to: `web` for `sennit.web.request`, `` for `sennit`."""
    return module.split(".")[1] if "." in module else ""


def imports() -> Iterator[Import]:
    """Every import of the package by itself, wherever it stands: in functions, for typing, by import_module("…")."""
    for path in modules():
        found = python_imports(path) if path.suffix == ".py" else cython_imports(path)
        yield from (each for each in found if each.module.split(".")[0] == "sennit")


def python_imports(path: Path) -> Iterator[Import]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(path, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from from_import(path, node.lineno, base, [alias.name for alias in node.names])
        elif isinstance(node, ast.Call) and called(node) in _DYNAMIC and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Import(path, node.lineno, absolute(path, name.value))


def cython_imports(path: Path) -> Iterator[Import]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if match := _CYTHON_IMPORT.match(line):
            names = [name.split()[0].strip("()") for name in (match["names"] or "").split(",") if name.strip(" ()")]
            yield from (
                from_import(path, number, match["base"], names)
                if match["base"]
                else [Import(path, number, match["plain"])]
            )


def from_import(path: Path, line: int, base: str, names: list[str]) -> Iterator[Import]:
    """`from base import names`: of the root each name is its own import where it is one of its modules."""
    module = absolute(path, base)
    for name in names:
        is_module = module == "sennit" and ((SENNIT / name).is_dir() or (SENNIT / f"{name}.py").exists())
        yield Import(path, line, f"{module}.{name}" if is_module else module)


def absolute(path: Path, name: str) -> str:
    """A relative module name made absolute, as the import system does it."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    here = dotted(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    return ".".join([*package[: len(package) - level + 1], *filter(None, [name.lstrip(".")])])


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def public_names(init: Path) -> list[str]:
    """The names an `__init__.py` re-exports (`from .x import Y as Y`), in its order, each once."""
    return list(re_exports(init))


def re_exports(init: Path) -> dict[str, str]:
    """Public name -> the relative module it comes from; of a compiled name and its twin, the first that is named."""
    found: dict[str, str] = {}
    for node in in_order(tree(init)):
        if isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                if alias.asname == alias.name and not alias.name.startswith("_"):
                    found.setdefault(alias.name, base)
    return found


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, as a reader meets them (ast.walk goes breadth first)."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from in_order(child)


def error_codes() -> dict[str, list[str]]:
    """Code -> the places that raise it, found by the literal `code="strand.E001"`."""
    found: dict[str, list[str]] = {}
    for path in modules():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for code in re.findall(r"""code\s*=\s*["']([a-z0-9]+\.E\d{3})["']""", line):
                found.setdefault(code, []).append(f"{path.relative_to(ROOT)}:{number}")
    return found
