"""Every error code that the source raises has a page in docs/errors, and every page has a code."""

import re
from pathlib import Path

import pytest

from package_source import ROOT, error_codes

PAGES = ROOT / "docs" / "errors"
HEADINGS = ["What happened", "Why", "How to mend it"]


def pages() -> list[Path]:
    return sorted(page for page in PAGES.glob("*.md") if page.stem != "index")


def test_every_code_has_a_page() -> None:
    without = {code: places for code, places in sorted(error_codes().items()) if not (PAGES / f"{code}.md").exists()}
    assert not without, f"write docs/errors/<code>.md for: {without}"


def test_every_page_has_a_code() -> None:
    left_over = [page.name for page in pages() if page.stem not in error_codes()]
    assert not left_over, f"nothing raises these any more: {left_over}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_says_what_happened_why_and_how_to_mend_it(page: Path) -> None:
    text = page.read_text("utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.match(rf"# {re.escape(page.stem)}: \S", prose), f"the first line is not `# {page.stem}: title`"
    assert re.findall(r"^## (.+)$", prose, re.MULTILINE) == HEADINGS
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert section.strip(), "a heading without text"


def test_the_index_lists_every_code() -> None:
    listed = re.findall(r"\]\((\w+\.E\d{3})\.md\)", (PAGES / "index.md").read_text("utf-8"))
    assert listed == [page.stem for page in pages()], "run `make docs`, which writes docs/errors/index.md anew"
