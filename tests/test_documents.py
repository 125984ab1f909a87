"""The documents hold: links lead somewhere, code parses, what is generated is current, no address of one machine stays."""

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest

from package_source import ROOT
from write_reference import limits_page

SKIPPED = {".git", ".venv", "node_modules", "vendor", "build", "dist", "site", "results"}
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "changes/*.md", "requirements/*.md")
    for path in ROOT.glob(pattern)
    if not SKIPPED & set(path.relative_to(ROOT).parts)
)
TEXTS = set(".py .pyx .md .toml .txt .in .lock .json .sh .js .html .css .c".split()) | {""}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", DOCUMENTS, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:|#", link)]
    broken = [link for link in links if not (page.parent / link.partition("#")[0]).exists()]
    assert not broken, f"{name(page)} points to nothing: {broken}"


@pytest.mark.parametrize("page", [page for page in DOCUMENTS if "```python" in page.read_text("utf-8")], ids=name)
def test_python_in_the_documents_parses(page: Path) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        assert parses(code), code


def parses(code: str) -> bool:
    """A program, or lines cut out of one: indented, or a decorator whose function is left out."""
    for whole in (dedent(code), dedent(code).rstrip() + "\nasync def left_out(): ..."):
        try:
            ast.parse(whole)
        except SyntaxError:
            continue
        return True
    return False


def test_the_program_in_the_readme_is_the_beginning_of_hello_py() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    program = (ROOT / "examples" / "hello.py").read_text("utf-8")
    lines = [line for line in code.splitlines() if line and not line.startswith("from ")]
    assert [line for line in lines if line not in program.splitlines()] == []


def test_the_page_of_limits_is_current() -> None:
    assert (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8") == limits_page(), "run `make docs`"


def test_every_fragment_of_the_changelog_is_named_for_its_kind() -> None:
    kinds = {"added", "changed", "fixed", "deprecated", "removed", "security"}
    wrong = [path.name for path in (ROOT / "changes").glob("*.md") if path.stem.rpartition(".")[2] not in kinds]
    assert not wrong, f"name these <topic>.<one of {sorted(kinds)}>.md: {wrong}"


def committed_texts() -> list[Path]:
    """What a clone holds, as near as the file system tells: everything but what .gitignore names as a folder."""
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in TEXTS
        and not SKIPPED & set(path.relative_to(ROOT).parts)
        and not any(part.endswith(".egg-info") or part == "__pycache__" for part in path.parts)
        and not (path.relative_to(ROOT).parts[0].startswith(".") and path.parent.name != ".ci")
    ]


def test_nothing_names_a_folder_of_this_machine() -> None:
    # The checkout's own folder and the home folder, where they are specific enough to mean this machine.
    places = [f"{place}/" for place in (ROOT, Path.home()) if len(place.parts) > 1 and place != Path("/tmp")]
    wrong = [
        f"{name(path)}: {place}"
        for path in committed_texts()
        if (text := path.read_text("utf-8", "replace"))
        for place in places
        if place in text and path.suffix != ".c"
    ]
    assert not wrong, f"paths of this machine: {wrong}"


@pytest.mark.parametrize("lock", sorted([*ROOT.glob("requirements/*.lock"), ROOT / "package-lock.json"]), ids=name)
def test_a_lock_names_hashes_and_no_address_to_fetch_from(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert '"resolved"' not in text
    assert not re.findall(r"--(?:extra-)?index-url|--find-links|file://|@ ", text)
    pinned = re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[\w.-]+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE))
