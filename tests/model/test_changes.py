"""Whether a change can matter to what was read. The property itself is tested in test_soundness.py."""

import pytest

from sennit.model import Change, TableRead, change_matches


def read(columns=None, **equals):
    return TableRead("t", frozenset(equals.items()), None if columns is None else frozenset(columns))


def change(op, old=None, new=None, columns=None, table="t"):
    return Change(None, table, op, None, None if columns is None else frozenset(columns), old or {}, new or {})


@pytest.mark.parametrize(
    ("wanted", "given", "matches"),
    [
        (read(), change("insert"), True),
        (read(), change("insert", table="other"), False),
        (read(), change("any", table="*"), True),
        (TableRead("*"), change("insert", table="other"), True),
        (read(a=1), change("insert", new={"a": 1}), True),
        (read(a=1), change("insert", new={"a": 2}), False),
        (read(a=1), change("insert", new={"b": 2}), True),
        (read(a=1, b=2), change("insert", new={"a": 1, "b": 3}), False),
        (read(a=1), change("delete", old={"a": 1}), True),
        (read(a=1), change("delete", old={"a": 2}), False),
        (read(a=1), change("update", old={"a": 2}, new={"a": 3}), False),
        (read(a=1), change("update", old={"a": 1}, new={"a": 3}), True),
        (read(a=1), change("update", old={"a": 2}, new={"a": 1}), True),
        (read(a=1), change("update", old={"a": 2}), True),
        (read(a=1), change("any", old={"a": 2}, new={"a": 2}), True),
        (read(["b"]), change("update", columns=["c"]), False),
        (read(["b"]), change("update", columns=["b", "c"]), True),
        (read(["b"]), change("update"), True),
        (read([]), change("update", columns=["c"]), False),
        (read([]), change("insert"), True),
        (read(a=None), change("insert", new={"a": None}), True),
        (read(a=None), change("insert", new={"a": 1}), False),
    ],
)
def test_a_change_matches_unless_it_provably_cannot(wanted, given, matches):
    assert change_matches(wanted, given) is matches
