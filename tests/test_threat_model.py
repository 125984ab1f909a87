"""The threat model holds: every threat has a row, and every test that a row names is there."""

import re

import pytest

from package_source import ROOT

PAGE = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
ROWS = {row[0]: row[3] for row in re.findall(r"^\| (R\d+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)}
NAMED = sorted(
    {(path, name) for cell in ROWS.values() for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)}
)
SOURCE = ROOT / "src" / "sennit"


def test_r52_every_threat_has_a_row():
    assert list(ROWS) == [f"R{number}" for number in range(1, 56)]


@pytest.mark.parametrize("threat", ROWS)
def test_a_row_names_a_test_or_says_what_it_waits_for(threat):
    assert re.fullmatch(r"waits for .+|(`tests/[\w/]+\.py::\w+`(<br>)?)+", ROWS[threat])


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda value: value.rpartition("/")[2])
def test_every_test_that_is_named_exists(path, name):
    text = (ROOT / path).read_text("utf-8")
    assert re.search(rf"^\s*(?:async )?def {name}\(|^{name} = ", text, re.MULTILINE), f"{path} has no {name}"


def test_a_test_that_is_named_for_a_threat_stands_in_its_row():
    """Who adds `test_r15_…` adds it to the table, too."""
    missing = [
        f"{path.relative_to(ROOT)}::{name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in re.findall(r"^\s*(?:async )?def (test_r\d\d_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
        if f"{path.relative_to(ROOT)}::{name}" not in PAGE
    ]
    assert not missing, f"name these in docs/explanation/threat-model.md: {missing}"
