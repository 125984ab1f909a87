"""What `make autobahn` plays when it is told, and the table that it writes."""

from collections import Counter

import pytest

from conformance.websocket.cases import EVERY_CASE
from conformance.websocket.run import Row, chosen, table


def test_all_sections_are_played_unless_some_are_named():
    assert chosen([]) == EVERY_CASE
    assert [name.partition("-")[0] for name in EVERY_CASE] == ["1", "2", "3", "4", "5", "6", "7", "9", "10", "12", "13"]


@pytest.mark.parametrize(
    ("parts", "played"),
    [
        (["1", "10"], {"1-framing": ["1.*"], "10-auto-fragmentation": ["10.*"]}),
        (["9-limits"], {"9-limits": ["9.*"]}),
        (["12.1.1", "12.2.*"], {"12-deflate": ["12.1.1", "12.2.*"]}),
    ],
    ids=["numbers", "name", "cases"],
)
def test_a_section_is_named_by_its_number_its_name_or_a_case_of_it(parts, played):
    assert chosen(parts) == played


def test_a_section_that_there_is_not_is_told():
    with pytest.raises(SystemExit, match="no section '8'; there are 1-framing, "):
        chosen(["8"])


def test_the_table_has_a_line_for_each_section_and_a_column_for_each_process():
    rows = [
        Row("server", "7-close", Counter({"OK": 34, "INFORMATIONAL": 3}), 0),
        Row("client", "7-close", Counter({"OK": 36, "FAILED": 1}), 1),
    ]
    assert list(table(rows)) == [
        "| section | server | client |",
        "|---|---:|---:|",
        "| 7-close | 34 OK, 3 informational | 36 OK, 1 FAILED |",
    ]
