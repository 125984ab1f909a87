from hypothesis import given
from hypothesis import strategies as st

from sennit.live.difference import difference
from sennit.live.region import Row

ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz")), unique_by=lambda row: row[0])


def apply(rows, steps):
    """What a browser does with the steps, each of which must find its row."""
    rows = list(rows)

    def at(key):
        return len(rows) if key is None else next(i for i, row in enumerate(rows) if row.key == key)

    for verb, key, *rest in steps:
        if verb == "-":
            rows.pop(at(key))
        elif verb == ">":
            row = rows.pop(at(key))
            rows.insert(at(rest[0]), row)
        elif verb == "+":
            rows.insert(at(rest[0]), Row(key, rest[1]))
        else:
            rows[at(key)] = Row(key, rest[0])
    return rows


@given(ROWS, ROWS)
def test_the_steps_turn_the_old_rows_into_the_new(old, new):
    old, new = [Row(*row) for row in old], [Row(*row) for row in new]
    assert apply(old, difference(old, new)) == new


def rows(keys):
    return [Row(key, "x") for key in keys]


def test_nothing_changed_needs_no_step():
    assert difference(rows("abc"), rows("abc")) == []


def test_one_row_moved_is_one_step():
    assert difference(rows("abcde"), rows("eabcd")) == [[">", "e", "a"]]
    assert difference(rows("abcde"), rows("bcdea")) == [[">", "a", None]]


def test_a_row_in_front_names_the_row_behind_it():
    assert difference(rows("bc"), rows("abc")) == [["+", "a", "b", "x"]]
