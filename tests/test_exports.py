"""A package's `__init__.py` says what is public and holds nothing else; the reference says the same names."""

import ast
import re
from pathlib import Path

import pytest

from package_source import ROOT, SENNIT, dotted, packages, public_names, tree

REFERENCE = ROOT / "docs" / "reference"
PUBLIC = [init for init in packages() if public_names(init)]


def reference_of(init: Path) -> Path:
    return REFERENCE / f"{dotted(init)}.md"


def headings(page: Path) -> set[str]:
    """The names of the third-level headings: ### `name`…"""
    return set(re.findall(r"^### `(\w+)", page.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("init", PUBLIC, ids=dotted)
def test_every_public_name_is_in_the_reference_and_no_other(init: Path) -> None:
    page = reference_of(init)
    assert page.exists(), f"{page.relative_to(ROOT)} is missing: run `make docs`"
    names = set(public_names(init))
    assert headings(page) == names, f"run `make docs`, which writes {page.relative_to(ROOT)} anew"


@pytest.mark.parametrize("init", [init for init in packages() if init.parent != SENNIT], ids=dotted)
def test_an_init_holds_one_docstring_and_re_exports(init: Path) -> None:
    module = tree(init)
    assert ast.get_docstring(module), f"{init.relative_to(ROOT)} has no docstring"
    wrong = [node.lineno for node in module.body[1:] if not is_re_export(node)]
    assert not wrong, f"{init.relative_to(ROOT)} holds more than re-exports, lines {wrong}"


def is_re_export(node: ast.stmt) -> bool:
    """`from .x import Y as Y`; also where a compiled name or its plain twin is chosen (`try`, `if TYPE_CHECKING`)."""
    if isinstance(node, ast.Try):
        return all(map(is_re_export, [*node.body, *(each for handler in node.handlers for each in handler.body)]))
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING" and all(map(is_re_export, [*node.body, *node.orelse]))
    if not isinstance(node, ast.ImportFrom):
        return False
    return node.module == "typing" or (node.level > 0 and all(alias.asname for alias in node.names))


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("sennit*.md")), ids=lambda page: page.stem)
def test_no_page_of_the_reference_is_left_over(page: Path) -> None:
    assert page in {reference_of(init) for init in PUBLIC}, "run `make docs`"
