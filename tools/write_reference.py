"""Writes docs/reference/ and docs/errors/index.md from the source: public names with their signatures and docstrings,
the table of limits, the list of error codes. Run by `make docs`; the tests compare names, limits and codes.

Reads the source and imports nothing, so the same text comes out on every Python and with every extra missing.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from package_source import ROOT, SENNIT, absolute, dotted, packages, re_exports, tree

REFERENCE = ROOT / "docs" / "reference"
ERRORS = ROOT / "docs" / "errors"
NOTE = "<!-- written by `make docs` from the source: change it there -->\n"
WIDTH = 100

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    for stale in REFERENCE.glob("sennit*.md"):
        stale.unlink()
    pages = {f"{dotted(init)}.md": page(init) for init in packages() if re_exports(init)}
    for name, text in pages.items():
        (REFERENCE / name).write_text(text, "utf-8")
    (REFERENCE / "limits.md").write_text(limits_page(), "utf-8")
    (REFERENCE / "index.md").write_text(index(sorted(pages)), "utf-8")
    (ERRORS / "index.md").write_text(errors_index(), "utf-8")
    print(
        f"wrote docs/reference: {len(pages)} packages; docs/errors/index.md: {len(list(ERRORS.glob('*.E*.md')))} codes"
    )


ROUTING = "- [Routing](routing.md): paths, converters, precedence, hosts, mounts"
"""Written by hand, as prose that belongs to no single name."""


def index(names: list[str]) -> str:
    lines = [f"- [{name.removesuffix('.md')}]({name}): {summary(name)}" for name in names]
    return "\n".join(
        [NOTE, "# Reference", "", "- [Limits](limits.md): every bound and its default", ROUTING, *lines, ""]
    )


def summary(name: str) -> str:
    path = SENNIT.parent.joinpath(*name.removesuffix(".md").split(".")) / "__init__.py"
    return (ast.get_docstring(tree(path)) or "").split("\n")[0]


def page(init: Path) -> str:
    """The page of one package: its docstring, then each public name in reading order."""
    sections = [section(name, *definition(init, name)) for name in re_exports(init)]
    return "\n".join([NOTE, f"# {dotted(init)}", "", ast.get_docstring(tree(init)) or "", "", *sections])


def definition(init: Path, name: str) -> tuple[ast.stmt | None, str]:
    """The statement that defines a re-exported name, and its docstring; followed through further re-exports."""
    return look(file_of(absolute(init, re_exports(init)[name])), name)


def look(path: Path | None, name: str) -> tuple[ast.stmt | None, str]:
    if path is None:
        return None, ""
    body = tree(path).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, Function | ast.ClassDef) and node.name == name:
            return node, ast.get_docstring(node) or ""
        if name in assigned(node):
            return node, constant_docstring(after)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
            base = absolute(path, "." * node.level + (node.module or ""))
            original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
            if not base.startswith("sennit"):
                return None, f"`{base}.{original}`, re-exported."
            if (source := file_of(base)) != path:
                return look(source, original)
    submodule = file_of(f"{dotted(path)}.{name}")
    return None, (ast.get_docstring(tree(submodule)) or "").split("\n")[0] if submodule else ""


def file_of(module: str) -> Path | None:
    """The source of a module or package; of a compiled one its plain twin."""
    base = SENNIT.parent.joinpath(*module.split("."))
    twin = base.with_name(base.name.removeprefix("_"))
    choices = [base.with_suffix(".py"), base / "__init__.py", twin.with_suffix(".py")]
    return next((path for path in choices if path.exists()), None)


def assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def constant_docstring(node: ast.stmt | None) -> str:
    """The string that follows an assignment."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return dedent(node.value.value).strip()
    return ""


def section(name: str, node: ast.stmt | None, docstring: str) -> str:
    if isinstance(node, Function):
        return entry(f"### `{heading(node)}`", signature(node), docstring)
    if isinstance(node, ast.ClassDef):
        return "\n".join([entry(f"### `{name}`", class_line(node), docstring), *members(node)])
    if isinstance(node, ast.AnnAssign):
        return entry(f"### `{name}`", f"{name}: {ast.unparse(node.annotation)}", docstring)
    return entry(f"### `{name}`", "", docstring)


def members(node: ast.ClassDef) -> Iterator[str]:
    """The public methods of a class, `__init__` first where its signature says something, and its public fields."""
    if (init := method(node, "__init__")) and len(init.args.args) + len(init.args.kwonlyargs) > 1:
        yield entry("", f"{node.name}{arguments(init)}", ast.get_docstring(init) or "")
    fields = [line for line, _ in annotated_fields(node)]
    if fields:
        yield entry("", "\n".join(fields), "")
    for each in node.body:
        if isinstance(each, Function) and not each.name.startswith("_") and not is_overload(each):
            yield entry(f"#### `{node.name}.{each.name}`", signature(each), ast.get_docstring(each) or "")


def method(node: ast.ClassDef, name: str) -> Function | None:
    return next((each for each in node.body if isinstance(each, Function) and each.name == name), None)


def annotated_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for each, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and not each.target.id.startswith("_"):
            yield ast.unparse(each), constant_docstring(after)


def is_overload(node: Function) -> bool:
    return any(
        ast.unparse(decorator).endswith((".setter", ".deleter", "overload")) for decorator in node.decorator_list
    )


def heading(node: Function) -> str:
    return f"{node.name}()"


def class_line(node: ast.ClassDef) -> str:
    bases = ", ".join(map(ast.unparse, node.bases))
    return f"class {node.name}({bases})" if bases else f"class {node.name}"


def signature(node: Function) -> str:
    if any(ast.unparse(decorator) in {"property", "cached_property"} for decorator in node.decorator_list):
        return f"{node.name}: {ast.unparse(node.returns)}" if node.returns else node.name
    prefix = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{prefix} {node.name}{arguments(node)}"


def arguments(node: Function) -> str:
    """`(a: int, *, b: str = "x") -> None`, one parameter a line where it is long; `self` is left out."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    parts = list(parameters(node.args))
    short = f"({', '.join(parts)}){returns}"
    return short if len(short) + len(node.name) < WIDTH else "(\n    " + ",\n    ".join(parts) + f",\n){returns}"


def parameters(args: ast.arguments) -> Iterator[str]:
    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + [ast.unparse(value) for value in args.defaults]
    for number, (arg, default) in enumerate(zip(positional, defaults, strict=True)):
        if arg.arg not in {"self", "cls"}:
            yield parameter(ast.unparse(arg), default)
        if args.posonlyargs and number == len(args.posonlyargs) - 1 and number:
            yield "/"
    if args.vararg:
        yield "*" + ast.unparse(args.vararg)
    elif args.kwonlyargs:
        yield "*"
    for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield parameter(ast.unparse(arg), ast.unparse(value) if value else None)
    if args.kwarg:
        yield "**" + ast.unparse(args.kwarg)


def parameter(text: str, default: str | None) -> str:
    if default is None:
        return text
    return f"{text} = {default}" if ":" in text else f"{text}={default}"


def entry(title: str, code: str, docstring: str) -> str:
    parts = [title, f"```text\n{code}\n```" if code else "", docstring]
    return "\n\n".join(part for part in parts if part) + "\n"


def limits_page() -> str:
    """The limits of HTTP and of connections: name, default, what happens beyond it."""
    tables = [
        limits_table("HTTP: `App(limits={...})` and per route", SENNIT / "http" / "limits.py"),
        limits_table("Connections: `net.Limits(...)`", SENNIT / "net" / "limits.py"),
    ]
    text = (
        "Every bound has a finite default. Sizes are bytes, also written `64K`, `16M`, `1G` (powers of 1024); "
        "names that end in `_s` are seconds."
    )
    return "\n".join([NOTE, "# Limits", "", text, "", *tables])


def limits_table(title: str, path: Path) -> str:
    constants = {
        name: eval(ast.unparse(node.value), {}, {})  # our own source: numbers such as 1024 * 1024
        for node in tree(path).body
        if isinstance(node, ast.Assign)
        for name in assigned(node)
        if name in {"KIB", "MIB", "GIB"}
    }
    (limits,) = [node for node in tree(path).body if isinstance(node, ast.ClassDef) and node.name == "Limits"]
    rows = []
    for line, docstring in annotated_fields(limits):
        name, _, default = re.split(r": | = ", line, maxsplit=2)
        rows.append(f"| `{name}` | {readable(name, eval(default, {}, constants))} | {' '.join(docstring.split())} |")
    return "\n".join(
        [
            f"## {title}",
            "",
            "| limit | default | what it bounds, and what happens beyond it |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def readable(name: str, value: float | None) -> str:
    """64 KiB, 10 s, 10 000."""
    if value is None:
        return "none"
    if name.endswith("_s"):
        return f"{value:g} s"
    for size, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if value % size == 0 and value:
            return f"{int(value) // size} {unit}"
    return f"{int(value):,}".replace(",", " ")


def errors_index() -> str:
    rows = []
    for path in sorted(ERRORS.glob("*.E*.md")):
        code, _, title = path.read_text("utf-8").split("\n")[0].removeprefix("# ").partition(": ")
        rows.append(f"- [{code}]({path.name}): {title}")
    text = "Each error names its code; `sennit explain CODE` prints the same page in the terminal."
    return "\n".join([NOTE, "# Errors", "", text, "", *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
